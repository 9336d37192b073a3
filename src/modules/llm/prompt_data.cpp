#include "llm/prompt_data.h"

#include <functional>
#include <string>
#include <utility>

#include "base/json.h"
#include "guard/personal.h"
#include "guarded/in_turn.h"

namespace gvm::llm {
namespace {

// Everything of it that a provider gets as text.
std::string texts_of(const provider::Prompt& prompt) {
  std::string all;
  const auto add = [&all](std::string_view text) {
    all += text;
    all += '\n';
  };
  if (prompt.system_message) add(prompt.system_message->view());
  add(prompt.user_message.view());
  for (const auto& stop : prompt.sampling.stop) add(stop);
  if (guarded::text_bytes(prompt.extra) > 0) add(json::write(prompt.extra));
  return all;
}

}  // namespace

asio::awaitable<bool> look_for_personal_data(const dispatch::Candidates& candidates,
                                             const provider::Prompt& prompt) {
  if (!candidates.look_for_personal_data()) co_return false;
  auto texts = texts_of(prompt);
  const auto bytes = texts.size();
  std::function<Result<Value>()> work = [texts = std::move(texts)]() -> Result<Value> {
    return Value::boolean(guard::holds_personal_data(texts));
  };
  const auto found = co_await guarded::in_turn(bytes, std::move(work));
  const bool* held = found ? found->as_bool() : nullptr;
  co_return held == nullptr || *held;
}

bool may_hold_personal_data(const dispatch::Candidates& candidates,
                            const provider::Prompt& prompt) {
  if (!candidates.look_for_personal_data()) return false;
  const auto texts = texts_of(prompt);
  return texts.size() > guarded::kOnLaneBytes || guard::holds_personal_data(texts);
}

}  // namespace gvm::llm
