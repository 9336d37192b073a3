#include "pricing/gen.h"

#include <fmt/format.h>

#include "base/error_codes.h"
#include "pricing/codes.h"

namespace gvm::pricing {

namespace {

constexpr std::size_t kGenBits = 256;
constexpr std::size_t kShownBytes = 64;  // of a rate in an error
constexpr std::size_t kMaxRateBits = 1024;

Result<money::Rational> parse_positive(std::string_view text, std::string_view what) {
  auto rate = money::Rational::parse(text);
  if (rate && rate->sign() > 0) return std::move(*rate);
  return fail(
      codes::kBadGenRate, Fatality::fatal,
      fmt::format("{}: got \"{}\", expected a number above 0", what, text.substr(0, kShownBytes)));
}

}  // namespace

Result<GenRate> GenRate::make(money::Rational gen_per_usd) {
  const bool bounded = gen_per_usd.numerator().bit_length() <= kMaxRateBits &&
                       gen_per_usd.denominator().bit_length() <= kMaxRateBits;
  if (gen_per_usd.sign() > 0 && bounded) return GenRate(std::move(gen_per_usd));
  return fail(
      codes::kBadGenRate, Fatality::fatal,
      fmt::format("gen per USD: expected a number above 0 of at most {} bits", kMaxRateBits));
}

Result<GenRate> GenRate::parse(std::string_view gen_per_usd) {
  auto rate = parse_positive(gen_per_usd, "gen per USD");
  if (!rate) return std::unexpected(std::move(rate.error()));
  return make(std::move(*rate));
}

Result<GenRate> GenRate::from_time_units(std::string_view gen_per_time_unit,
                                         std::string_view time_units_per_usd) {
  const auto gen = parse_positive(gen_per_time_unit, "gen per time unit");
  if (!gen) return std::unexpected(gen.error());
  const auto units = parse_positive(time_units_per_usd, "time units per USD");
  if (!units) return std::unexpected(units.error());
  return make(*gen * *units);
}

money::Rational gen_of(const Usd& cost, const GenRate& rate) {
  return cost.to_rational() * rate.gen_per_usd();
}

Result<Integer> consumed_gen(const Usd& cost, const GenRate& rate) {
  auto gen = gen_of(cost, rate).ceil();
  if (gen.bit_length() <= kGenBits) return gen;
  return fail(
      codes::kTooLarge, Fatality::fatal,
      fmt::format("consumed gen: got {} bits, expected at most {}", gen.bit_length(), kGenBits));
}

}  // namespace gvm::pricing
