#include "dispatch/resolved_prompt.h"

#include <algorithm>

namespace gvm::dispatch {
namespace {

constexpr std::uint64_t kBytesPerToken = 3;  // of ordinary text

}  // namespace

provider::Prompt ResolvedPrompt::prompt_for(const config::ModelConfig& model) const {
  provider::Prompt sent = prompt.borrowed();
  if (!model.sampling.temperature.preset && !sent.sampling.temperature)
    sent.sampling.temperature = default_temperature;
  if (!model.max_tokens.preset && !sent.max_tokens) sent.max_tokens = default_max_tokens;
  return sent;
}

Result<ResolvedPrompt> resolve_single_step(provider::ProviderCall call,
                                           const provider::Catalog& catalog) {
  auto found = catalog.find(call.provider, call.model);
  if (!found) return fail(std::move(found).error());
  ResolvedPrompt resolved;
  resolved.format = call.format;
  resolved.schema = std::move(call.schema);
  resolved.prompt = std::move(call.prompt);
  resolved.data = std::move(call.data);
  resolved.only = *found;
  return resolved;
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
