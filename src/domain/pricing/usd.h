#pragma once
// An amount of money, never negative, exact to 10^-18 USD: that is the price of one token when
// prices per million tokens have 12 decimals. Rounded once, up to nano-USD, when a call is settled.
// A value type.
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "money/rational.h"

namespace gvm::pricing {

__extension__ typedef unsigned __int128 Uint128;

inline constexpr std::uint64_t kAttoPerPico = 1'000'000;
inline constexpr std::uint64_t kAttoPerNano = 1'000'000'000;
inline constexpr std::uint64_t kAttoPerUsd = 1'000'000'000'000'000'000;

// A more expensive call is an error of a provider or of a catalogue. The bound keeps the sums of a
// ledger far below the limit of 64 bits.
inline constexpr std::int64_t kMaxUsdPerCall = 1'000'000;
inline constexpr std::int64_t kNanoPerUsd = 1'000'000'000;

class Usd {
 public:
  static constexpr int kDecimals = 18;

  constexpr Usd() = default;
  static constexpr Usd from_atto(Uint128 atto) { return Usd(atto); }
  static constexpr Usd from_pico(std::uint64_t pico) { return Usd(Uint128{pico} * kAttoPerPico); }
  // A negative number becomes zero.
  static constexpr Usd from_nano(std::int64_t nano) {
    return Usd(nano > 0 ? Uint128(nano) * kAttoPerNano : 0);
  }
  // "0.0024", "1.2e-05": exact to 18 decimals, further ones rounded up. Empty for what is no
  // decimal, is negative, or above kMaxUsdPerCall.
  static std::optional<Usd> parse(std::string_view decimal);
  // The shortest decimal that reads back as this double: the text that the JSON contained.
  static std::optional<Usd> from_double(double value);

  constexpr Uint128 atto() const { return atto_; }
  constexpr bool is_zero() const { return atto_ == 0; }
  // Rounded up; empty above kMaxUsdPerCall.
  std::optional<std::int64_t> nano_up() const;
  money::Rational to_rational() const;
  std::string to_string() const;  // "0.0232856": all decimals, no trailing zeros

  // Amounts of one call: their sums are far below 2^128.
  friend constexpr Usd operator+(Usd a, Usd b) { return Usd(a.atto_ + b.atto_); }
  friend constexpr auto operator<=>(const Usd&, const Usd&) = default;

 private:
  constexpr explicit Usd(Uint128 atto) : atto_(atto) {}
  Uint128 atto_ = 0;
};

}  // namespace gvm::pricing
