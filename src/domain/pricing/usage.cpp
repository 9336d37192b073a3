#include "pricing/usage.h"

#include <array>

#include "pricing/usage_fields.h"

namespace gvm::pricing {

namespace {

bool has_any(const Value& raw, std::initializer_list<std::string_view> keys) {
  for (const auto key : keys)
    if (raw.find(key) != nullptr) return true;
  return false;
}

UsageForm form_of(const Value& raw, config::Provider provider) {
  if (raw.as_map() == nullptr) return UsageForm::none;
  if (has_any(raw, {"promptTokenCount", "candidatesTokenCount", "totalTokenCount"}))
    return UsageForm::google;
  if (has_any(raw, {"prompt_eval_count", "eval_count"})) return UsageForm::ollama;
  if (has_any(raw, {"prompt_tokens", "completion_tokens", "prompt_cache_miss_tokens"}))
    return UsageForm::openai_chat;
  if (!has_any(raw, {"input_tokens", "output_tokens"})) return UsageForm::none;
  if (has_any(raw, {"cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation"}))
    return UsageForm::anthropic;
  const bool responses =
      provider != config::Provider::anthropic || field(&raw, "input_tokens_details") != nullptr;
  return responses ? UsageForm::openai_responses : UsageForm::anthropic;
}

// The fields in which gateways report the cost of a call.
std::optional<Usd> reported_cost(const Value& raw, Flags& flags) {
  if (const auto* cost = field(&raw, "cost")) {
    // Perplexity: {"total_cost": 0.015, ...}
    if (cost->as_map() != nullptr) return read_usd(field(cost, "total_cost"), flags);
    auto own = read_usd(cost, flags);
    // OpenRouter with the operator's own provider key: `cost` is the fee of OpenRouter, and the
    // provider bills its part separately.
    const auto* byok = field(&raw, "is_byok");
    if (!own || byok == nullptr || byok->as_bool() == nullptr || !*byok->as_bool()) return own;
    const auto upstream =
        read_usd(field(field(&raw, "cost_details"), "upstream_inference_cost"), flags);
    if (!upstream) return std::nullopt;
    return *own + *upstream;
  }
  // xAI: 10^10 ticks are one dollar.
  if (const auto* ticks = field(&raw, "cost_in_usd_ticks")) {
    constexpr std::uint64_t kAttoPerTick = 100'000'000;
    Flags of_ticks;
    const auto count = read_count(ticks, of_ticks);
    if (!count.usable) flags.set(Flag::malformed_reported_cost);
    if (count.usable) return Usd::from_atto(Uint128{count.value} * kAttoPerTick);
    return std::nullopt;
  }
  return read_usd(field(&raw, "estimated_cost"), flags);  // DeepInfra
}

}  // namespace

std::string_view usage_form_name(UsageForm form) {
  static constexpr std::array<std::string_view, 6> kNames = {
      "none", "openai_chat", "openai_responses", "anthropic", "google", "ollama"};
  return kNames[static_cast<std::size_t>(form)];
}

Usage read_usage(const Value& raw, config::Provider provider, const CallBounds& bounds) {
  Usage usage;
  usage.images = bounds.images;
  usage.form = form_of(raw, provider);
  usage.reported_cost = reported_cost(raw, usage.flags);
  switch (usage.form) {
    case UsageForm::none:
      usage.flags.set(Flag::missing_input);
      usage.flags.set(Flag::missing_output);
      break;
    case UsageForm::openai_chat:
    case UsageForm::openai_responses:
      read_openai(raw, bounds, usage);
      break;
    case UsageForm::anthropic:
      read_anthropic(raw, bounds, usage);
      break;
    case UsageForm::google:
      read_google(raw, bounds, usage);
      break;
    case UsageForm::ollama:
      read_ollama(raw, bounds, usage);
      break;
  }
  return usage;
}

}  // namespace gvm::pricing
