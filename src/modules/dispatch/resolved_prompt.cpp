#include "dispatch/resolved_prompt.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error_codes.h"

namespace gvm::dispatch {
namespace {

constexpr std::uint64_t kBytesPerToken = 3;  // of ordinary text

}  // namespace

provider::Prompt PromptWish::prompt_for(const config::ModelConfig& model) const {
  provider::Prompt prompt = request.prompt.borrowed();
  if (!model.sampling.temperature.preset && !prompt.sampling.temperature)
    prompt.sampling.temperature = request.default_temperature;
  if (!model.max_tokens.preset && !prompt.max_tokens)
    prompt.max_tokens = request.default_max_tokens;
  return prompt;
}

Result<PromptWish> wish_of(provider::PromptRequest request, const Candidates& candidates) {
  PromptWish wish;
  if (!request.strategy.empty()) {
    wish.strategy = routing::parse_strategy(request.strategy);
    if (!wish.strategy)
      return fail(codes::kScriptBadArgument, Fatality::fatal,
                  fmt::format("llm.rs: strategy: expected priority, weighted, least_busy, latency, "
                              "cheapest or usage, found \"{}\"",
                              request.strategy));
  }
  for (const auto& name : request.exclude) {
    const auto found = candidates.named(name.provider, name.model);
    wish.excluded.insert(wish.excluded.end(), found.begin(), found.end());
  }
  wish.request = std::move(request);
  return wish;
}

std::uint32_t estimated_tokens(const provider::Prompt& prompt,
                               std::optional<std::uint32_t> default_max) {
  std::uint64_t bytes = prompt.user_message.view().size();
  if (prompt.system_message) bytes += prompt.system_message->view().size();
  const std::uint64_t tokens =
      bytes / kBytesPerToken + prompt.max_tokens.value_or(default_max.value_or(0));
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(tokens, UINT32_MAX));
}

}  // namespace gvm::dispatch
