#include "envelope/request.h"

#include <array>
#include <span>

#include "base/error_codes.h"
#include "envelope/fields.h"
#include "envelope/image.h"
#include "envelope/variant.h"

namespace gvm::envelope {
namespace {

constexpr std::size_t kFuelBits = 256;

constexpr std::array<std::string_view, 3> kEqComparativeSlots{"leader_answer", "validator_answer",
                                                              "principle"};
constexpr std::array<std::string_view, 3> kLeaderSlots{"task", "criteria", "input"};
constexpr std::array<std::string_view, 4> kValidatorSlots{"task", "criteria", "input", "output"};

std::span<const std::string_view> slots_of(Template kind) {
  switch (kind) {
    case Template::eq_comparative:
      return kEqComparativeSlots;
    case Template::eq_non_comparative_leader:
      return kLeaderSlots;
    case Template::eq_non_comparative_validator:
      return kValidatorSlots;
  }
  return {};
}

Integer read_fuel_field(Fields& request, std::string_view key) {
  Integer fuel = request.non_negative(key);
  if (fuel.bit_length() > kFuelBits) request.complain(key, "expected an integer below 2^256");
  return fuel;
}

// wire.md, "Requests": the field has two names. When a host sends both, the values must be equal.
Integer read_fuel(Fields& request) {
  constexpr std::string_view kOlder = "remaining_fuel_as_gen";
  constexpr std::string_view kNewer = "remaining_time_fee_gen_wei";
  if (!request.has(kNewer)) return read_fuel_field(request, kOlder);
  Integer fuel = read_fuel_field(request, kNewer);
  if (request.has(kOlder) && read_fuel_field(request, kOlder) != fuel)
    request.complain(kNewer, "differs from remaining_fuel_as_gen");
  return fuel;
}

Result<LlmRequest> parse_prompt(Value message, Reading reading) {
  PromptRequest prompt;
  Fields request(std::move(message), "Prompt", codes::kMalformedRequest, reading);
  prompt.remaining_fuel = read_fuel(request);
  Fields payload(request, "payload");
  prompt.response_format =
      static_cast<ResponseFormat>(payload.one_of("response_format", {"text", "json"}, 0));
  prompt.prompt = payload.string("prompt");
  prompt.images = payload.list_of_bytes("images");
  if (auto error = payload.finish()) return fail(std::move(*error));
  if (auto error = request.finish()) return fail(std::move(*error));
  if (auto error = check_images(prompt.images)) return fail(std::move(*error));
  return prompt;
}

Result<LlmRequest> parse_template(Value message, Reading reading) {
  TemplateRequest result;
  Fields request(std::move(message), "PromptTemplate", codes::kMalformedRequest, reading);
  result.remaining_fuel = read_fuel(request);
  Fields payload(request, "payload");
  const std::size_t kind =
      payload.one_of("template", {template_name(Template::eq_comparative),
                                  template_name(Template::eq_non_comparative_leader),
                                  template_name(Template::eq_non_comparative_validator)});
  result.kind = static_cast<Template>(kind);
  std::vector<Value::Map::Entry> slots;
  for (const auto name : slots_of(result.kind)) {
    slots.emplace_back(Blob::borrow(name), Value::string(payload.string(name)));
  }
  result.slots = Value::Map::from_entries(std::move(slots));
  if (auto error = payload.finish()) return fail(std::move(*error));
  if (auto error = request.finish()) return fail(std::move(*error));
  return result;
}

}  // namespace

std::string_view response_format_name(ResponseFormat format) {
  return format == ResponseFormat::text ? "text" : "json";
}

std::string_view template_name(Template kind) {
  switch (kind) {
    case Template::eq_comparative:
      return "EqComparative";
    case Template::eq_non_comparative_leader:
      return "EqNonComparativeLeader";
    case Template::eq_non_comparative_validator:
      return "EqNonComparativeValidator";
  }
  return "unknown";
}

Result<LlmRequest> parse_llm_request(Value message, Generation generation) {
  auto variant = parse_variant(std::move(message), {"Prompt", "PromptTemplate"});
  if (!variant) return fail(std::move(variant.error()));
  const Reading reading = reading_of(generation);
  return variant->index == 0 ? parse_prompt(std::move(variant->payload), reading)
                             : parse_template(std::move(variant->payload), reading);
}

}  // namespace gvm::envelope
