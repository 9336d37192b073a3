#pragma once
// What a provider says a call used. Absent means that it did not say.
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/value.h"

namespace gvm::provider {

struct TokenUsage {
  std::optional<std::uint64_t> input;
  std::optional<std::uint64_t> output;
  std::optional<std::uint64_t> total;
  std::optional<std::uint64_t> cache_read;
  std::optional<std::uint64_t> cache_write;
  std::optional<std::uint64_t> image_units;
  Value raw_usage;  // the provider's own object

  // {input, output, total, cache_read, cache_write, image_units, raw_usage}, as scripts see it.
  Value to_value() const;
};

// A count at `pointer` ("/usage/prompt_tokens"); empty when absent or not a whole number >= 0.
std::optional<std::uint64_t> count_at(const Value& body, std::string_view pointer);
// input + output when both are there, without overflow.
std::optional<std::uint64_t> sum_of(std::optional<std::uint64_t> a, std::optional<std::uint64_t> b);

}  // namespace gvm::provider
