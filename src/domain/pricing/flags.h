#pragma once
// What was unusual about a usage or a cost, for decision records, metrics and alarms. Nothing is
// guessed or left out silently.
#include <cstdint>
#include <string_view>
#include <vector>

namespace gvm::pricing {

enum class Flag : std::uint8_t {
  // A count is missing, or is not a whole number from 0 to 2^53. The flag says what was used in its
  // place.
  missing_input,
  missing_output,
  input_from_total,   // total - output
  output_from_total,  // total - input
  input_assumed,      // the caller's bound
  output_assumed,     // the caller's bound
  // A field has an unusual or unusable value.
  string_count,      // "12" for 12; counted
  fractional_count,  // 1.5; rounded up
  huge_count,        // beyond 32 bits; counted
  negative_count,    // not usable
  oversized_count,   // beyond 2^53; not usable
  malformed_count,   // a text without a number, a boolean, a list; not usable
  // Fields that contradict each other.
  total_mismatch,      // total is less than its parts
  hidden_output,       // total is more than its parts: the rest is counted as output
  cache_beside_input,  // cached tokens are not part of the prompt's, against the provider's form
  cached_above_input,  // as above, known only from the cached tokens being more
  split_mismatch,      // a count and its parts differ: the larger is taken
  // Money.
  malformed_reported_cost,
  reported_cost_missing,  // configured to win, not there: computed from prices
  unpriced_units,         // searches, audio, another service tier: no price covers them
  cache_write_assumed,    // its own price is missing: another price was used
};

std::string_view flag_name(Flag flag);

class Flags {
 public:
  constexpr Flags() = default;
  constexpr void set(Flag flag) { bits_ |= bit(flag); }
  constexpr bool has(Flag flag) const { return (bits_ & bit(flag)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr Flags operator|(Flags other) const { return Flags(bits_ | other.bits_); }
  std::vector<std::string_view> names() const;  // in the order of Flag
  friend constexpr bool operator==(Flags, Flags) = default;

 private:
  constexpr explicit Flags(std::uint32_t bits) : bits_(bits) {}
  static constexpr std::uint32_t bit(Flag flag) { return 1U << static_cast<unsigned>(flag); }
  std::uint32_t bits_ = 0;
};

}  // namespace gvm::pricing
