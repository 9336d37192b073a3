#include "billing/call_size.h"

#include <algorithm>

#include "base/json.h"
#include "provider/call_request.h"
#include "text/json_view.h"

namespace gvm::billing {
namespace {

// Fields of the operator's or a script's own may make a call longer than its prompt says.
void add_extra(CallSize& size, const Value& extra) {
  if (const auto* fields = extra.as_map(); fields == nullptr || fields->empty()) return;
  size.prompt_tokens += json::write(extra).size();
  const auto number = [&](std::string_view pointer) {
    constexpr std::int64_t kMost = 1 << 30;  // products stay far below the limit of 64 bits
    const std::int64_t found = text::integer_at(extra, pointer).value_or(0);
    return static_cast<std::uint64_t>(std::clamp<std::int64_t>(found, 0, kMost));
  };
  for (const auto limit : {"/max_tokens", "/max_completion_tokens", "/options/num_predict",
                           "/generationConfig/maxOutputTokens"})
    size.answer_tokens = std::max(size.answer_tokens, number(limit));
  size.answer_tokens *=
      std::max({std::uint64_t{1}, number("/n"), number("/generationConfig/candidateCount")});
}

}  // namespace

CallSize size_of(const provider::Prompt& prompt, const config::ModelConfig& model,
                 std::uint64_t assumed_max_tokens) {
  CallSize size;
  size.prompt_tokens = kFrameTokens + prompt.user_message.view().size();
  if (prompt.system_message) size.prompt_tokens += prompt.system_message->view().size();
  if (prompt.correction) size.prompt_tokens += prompt.correction->size();
  size.images = prompt.images.size();
  size.prompt_tokens += size.images * kImageTokens;
  provider::Prompt limited;
  limited.max_tokens = prompt.max_tokens;
  provider::apply_rules(limited, model);
  size.answer_tokens = limited.max_tokens ? *limited.max_tokens : assumed_max_tokens;
  add_extra(size, model.extra);
  add_extra(size, prompt.extra);
  return size;
}

}  // namespace gvm::billing
