#pragma once
// Reads counts and amounts of a usage object. Included by usage_*.cpp only.
#include <initializer_list>
#include <limits>
#include <string_view>

#include "pricing/usage.h"

namespace gvm::pricing {

// 2^53: the largest whole number that every JSON reader keeps exactly. Sums of a few such numbers
// fit 64 bits.
inline constexpr std::uint64_t kMaxCount = std::uint64_t{1} << 53;
inline constexpr std::uint64_t kHugeCount = std::numeric_limits<std::uint32_t>::max();

// A count. `usable` is false when it is absent (not flagged) or cannot be used (flagged).
struct Count {
  std::uint64_t value = 0;
  bool usable = false;
  bool malformed = false;  // present, but cannot be used
};

// The field `key` of `object`; null pointer when `object` is no map or the field is null.
const Value* field(const Value* object, std::string_view key);

Count read_count(const Value* value, Flags& flags);
// The first of `keys` that is present.
Count first_count(const Value* object, std::initializer_list<std::string_view> keys, Flags& flags);
bool is_positive(const Value* value);

// An amount in USD, as number or text; malformed ones are flagged and empty.
std::optional<Usd> read_usd(const Value* value, Flags& flags);

// Input and output as a provider counts them, before missing counts are filled in.
struct Sides {
  Count input;   // all prompt tokens, or those beside the cached ones
  Count output;  // all output tokens
  Count total;
};

// Fills a missing side with total - other, else with the caller's bound. False when neither is
// known.
bool fill_missing(Sides& sides, const CallBounds& bounds, Flags& flags);

// One function per form. They leave `known` false when a side stays unknown.
void read_openai(const Value& raw, const CallBounds& bounds, Usage& usage);
void read_anthropic(const Value& raw, const CallBounds& bounds, Usage& usage);
void read_google(const Value& raw, const CallBounds& bounds, Usage& usage);
void read_ollama(const Value& raw, const CallBounds& bounds, Usage& usage);

}  // namespace gvm::pricing
