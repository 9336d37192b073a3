// Google's form: promptTokenCount includes cachedContentTokenCount. thoughtsTokenCount and
// toolUsePromptTokenCount are not part of it or of candidatesTokenCount. totalTokenCount is the sum
// of all four. Counts of zero are missing from its JSON.
#include "pricing/usage_fields.h"

namespace gvm::pricing {

namespace {

bool has_other_modality(const Value& raw, std::string_view key,
                        std::initializer_list<std::string_view> priced) {
  const auto* details = field(&raw, key);
  const auto* list = details == nullptr ? nullptr : details->as_array();
  if (list == nullptr) return false;
  for (const auto& item : *list) {
    const auto* modality = field(&item, "modality");
    bool found = modality == nullptr || !is_positive(field(&item, "tokenCount"));
    for (const auto name : priced) found = found || modality->as_string() == name;
    if (!found) return true;
  }
  return false;
}

// Images in the prompt cost the same as text. Sound does not, and neither does any output other
// than text.
void flag_unpriced(const Value& raw, Flags& flags) {
  if (has_other_modality(raw, "promptTokensDetails", {"TEXT", "IMAGE", "DOCUMENT"}) ||
      has_other_modality(raw, "candidatesTokensDetails", {"TEXT"}))
    flags.set(Flag::unpriced_units);
}

// candidatesTokenCount is missing when the answer is empty; the total then tells the count.
void restore_left_out_zero(Sides& sides, std::uint64_t beside) {
  const bool absent = !sides.output.usable && !sides.output.malformed;
  if (!absent || !sides.input.usable || !sides.total.usable) return;
  if (sides.total.value == sides.input.value + beside) sides.output = {.value = 0, .usable = true};
}

// Compares the total with its parts, after missing counts were filled in.
void check_total(const Sides& sides, std::uint64_t tools, Usage& usage) {
  if (!sides.total.usable) return;
  const auto parts = sides.input.value + tools + usage.output + usage.reasoning;
  if (sides.total.value == parts) return;
  if (sides.total.value > parts) {
    usage.output += sides.total.value - parts;
    return usage.flags.set(Flag::hidden_output);
  }
  const bool thoughts_inside =
      sides.total.value + usage.reasoning == parts && usage.reasoning <= usage.output;
  if (thoughts_inside) usage.output -= usage.reasoning;
  if (!thoughts_inside) usage.flags.set(Flag::total_mismatch);
}

}  // namespace

void read_google(const Value& raw, const CallBounds& bounds, Usage& usage) {
  auto& flags = usage.flags;
  Sides sides{.input = first_count(&raw, {"promptTokenCount"}, flags),
              .output = first_count(&raw, {"candidatesTokenCount"}, flags),
              .total = first_count(&raw, {"totalTokenCount"}, flags)};
  const auto thoughts = first_count(&raw, {"thoughtsTokenCount"}, flags);
  const auto tools = first_count(&raw, {"toolUsePromptTokenCount"}, flags);
  const auto cached = first_count(&raw, {"cachedContentTokenCount"}, flags);
  flag_unpriced(raw, flags);
  const auto beside = thoughts.value + tools.value;
  restore_left_out_zero(sides, beside);
  // fill_missing subtracts one side from the total, so that side must not contain anything else.
  Sides alone = sides;
  if (alone.total.value >= beside)
    alone.total.value -= beside;
  else
    alone.total = {};
  usage.known = fill_missing(alone, bounds, flags);
  if (!usage.known) return;
  sides.input = alone.input;
  usage.reasoning = thoughts.value;
  usage.output = alone.output.value;
  usage.cache_read = cached.value;
  const bool beside_prompt = cached.value > sides.input.value;
  if (beside_prompt) flags.set(Flag::cached_above_input);
  usage.input = sides.input.value + tools.value - (beside_prompt ? 0 : cached.value);
  if (!flags.has(Flag::input_assumed) && !flags.has(Flag::output_assumed))
    check_total(sides, tools.value, usage);
}

}  // namespace gvm::pricing
