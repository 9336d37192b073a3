// Anthropic's form: input_tokens does not include cached tokens; cache reads and writes are counted
// separately; thinking is part of output_tokens.
#include <algorithm>

#include "pricing/usage_fields.h"

namespace gvm::pricing {

namespace {

// cache_creation_input_tokens, and its split by how long the cache keeps them. False when it cannot
// be used.
bool read_writes(const Value& raw, Usage& usage) {
  auto& flags = usage.flags;
  const auto all = first_count(&raw, {"cache_creation_input_tokens"}, flags);
  const auto* split = field(&raw, "cache_creation");
  const auto minutes = first_count(split, {"ephemeral_5m_input_tokens"}, flags);
  const auto hour = first_count(split, {"ephemeral_1h_input_tokens"}, flags);
  const auto parts = minutes.value + hour.value;
  if (all.usable && split != nullptr && parts != all.value) flags.set(Flag::split_mismatch);
  usage.cache_write_1h = hour.value;
  usage.cache_write = std::max(all.value, parts) - hour.value;
  return !all.malformed && !minutes.malformed && !hour.malformed;
}

void flag_unpriced(const Value& raw, Flags& flags) {
  const auto* tier = field(&raw, "service_tier");
  const bool other_tier = tier != nullptr && tier->as_string() != "standard";
  const auto* tools = field(&raw, "server_tool_use");
  const bool paid_tools = is_positive(field(tools, "web_search_requests"));
  if (other_tier || paid_tools) flags.set(Flag::unpriced_units);
}

}  // namespace

void read_anthropic(const Value& raw, const CallBounds& bounds, Usage& usage) {
  auto& flags = usage.flags;
  Sides sides{.input = first_count(&raw, {"input_tokens"}, flags),
              .output = first_count(&raw, {"output_tokens"}, flags),
              .total = {}};
  const auto read = first_count(&raw, {"cache_read_input_tokens"}, flags);
  usage.cache_read = read.value;
  const bool cache_usable = read_writes(raw, usage) && !read.malformed;
  if (!cache_usable) sides.input = {};  // the amount of input is not known
  flag_unpriced(raw, flags);
  usage.known = fill_missing(sides, bounds, flags);
  if (!usage.known) return;
  usage.input = sides.input.value;
  if (!cache_usable) usage.cache_read = usage.cache_write = usage.cache_write_1h = 0;
  const auto thinking =
      first_count(field(&raw, "output_tokens_details"), {"thinking_tokens"}, flags);
  usage.reasoning = std::min(thinking.value, sides.output.value);
  usage.output = sides.output.value - usage.reasoning;
}

}  // namespace gvm::pricing
