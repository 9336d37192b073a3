#pragma once
// The cost of a call, in every unit that a budget can have. Money is in whole nano-USD; gen needs
// up to 256 bits. A value type.
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/integer.h"

namespace gvm::store {

enum class Unit : std::uint8_t { usd, tokens, requests, gen };
inline constexpr std::array<std::string_view, 4> kUnitNames{"usd", "tokens", "requests", "gen"};
std::string_view unit_name(Unit unit);
std::optional<Unit> parse_unit(std::string_view name);

struct Amounts {
  // The largest nano_usd, tokens and requests of one call: a million USD, 10^15 tokens.
  static constexpr std::int64_t kMost = 1'000'000'000'000'000;
  static constexpr std::size_t kMostGenBits = 256;

  std::int64_t nano_usd = 0;
  std::int64_t tokens = 0;
  std::int64_t requests = 0;
  Integer gen;

  Integer in(Unit unit) const;  // usd: in nano-USD
  friend bool operator==(const Amounts&, const Amounts&) = default;
};

// INVALID_AMOUNT, naming a field that is negative or exceeds its bound.
Result<void> check(const Amounts& amounts);

// Exact, whatever the size.
Integer sum(const Integer& a, const Integer& b);
Integer difference(const Integer& a, const Integer& b);

}  // namespace gvm::store
