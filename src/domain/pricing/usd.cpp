#include "pricing/usd.h"

#include <fmt/format.h>

#include <charconv>

namespace gvm::pricing {

namespace {

constexpr std::size_t kMostDigits = 30;  // 10^30 fits 128 bits
constexpr int kMostExponent = 64;

struct Decimal {
  Uint128 digits = 0;
  int exponent = 0;  // of ten
};

bool read_exponent(std::string_view text, int& out) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int exponent = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, exponent);
  if (error != std::errc() || stop != end) return false;
  out += exponent;
  return exponent >= -kMostExponent && exponent <= kMostExponent;
}

std::optional<Decimal> split(std::string_view text) {
  Decimal out;
  if (const auto e = text.find_first_of("eE"); e != std::string_view::npos) {
    if (!read_exponent(text.substr(e + 1), out.exponent)) return std::nullopt;
    text = text.substr(0, e);
  }
  std::size_t digits = 0;
  bool after_point = false;
  for (const char c : text) {
    if (c == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (c < '0' || c > '9' || ++digits > kMostDigits) return std::nullopt;
    out.digits = out.digits * 10 + static_cast<unsigned>(c - '0');
    if (after_point) --out.exponent;
  }
  if (digits == 0) return std::nullopt;
  return out;
}

constexpr Uint128 kMaxAtto = Uint128{kAttoPerUsd} * kMaxUsdPerCall;

}  // namespace

std::optional<Usd> Usd::parse(std::string_view decimal) {
  const auto number = split(decimal);
  if (!number) return std::nullopt;
  Uint128 atto = number->digits;
  int shift = number->exponent + kDecimals;
  for (; shift > 0 && atto != 0; --shift) {
    if (atto > kMaxAtto) return std::nullopt;
    atto *= 10;
  }
  bool inexact = false;
  for (; shift < 0 && atto != 0; ++shift) {
    inexact = inexact || atto % 10 != 0;
    atto /= 10;
  }
  if (inexact) ++atto;
  if (atto > kMaxAtto) return std::nullopt;
  return Usd(atto);
}

std::optional<Usd> Usd::from_double(double value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  if (error != std::errc()) return std::nullopt;
  return parse({text, static_cast<std::size_t>(end - text)});
}

std::optional<std::int64_t> Usd::nano_up() const {
  if (atto_ > kMaxAtto) return std::nullopt;
  return static_cast<std::int64_t>((atto_ + kAttoPerNano - 1) / kAttoPerNano);
}

money::Rational Usd::to_rational() const {
  const std::uint64_t limbs[] = {static_cast<std::uint64_t>(atto_),
                                 static_cast<std::uint64_t>(atto_ >> 64)};
  const auto whole = money::Rational(Integer::from_limbs(limbs, false));
  return *whole.divided_by(money::Rational(Integer::from_u64(kAttoPerUsd)));
}

std::string Usd::to_string() const {
  const auto whole = static_cast<std::uint64_t>(atto_ / kAttoPerUsd);
  const auto rest = static_cast<std::uint64_t>(atto_ % kAttoPerUsd);
  if (rest == 0) return fmt::format("{}", whole);
  auto text = fmt::format("{}.{:018}", whole, rest);
  text.resize(text.find_last_not_of('0') + 1);
  return text;
}

}  // namespace gvm::pricing
