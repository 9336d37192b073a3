#pragma once
// Prompts and answers on their way through the configured guards, below scripts.
#include <memory>

#include "dispatch/answer_check.h"
#include "dispatch/run.h"
#include "guarded/moderate.h"
#include "llm/services.h"
#include "provider/prompt.h"

namespace gvm::llm {

namespace asio = boost::asio;

// What judges of models cost, beside the prompt's own calls.
struct JudgeCosts {
  Integer gen;
  std::int64_t nano_usd = 0;
};

// One prompt of a session whose guards are enforced: masks or refuses its texts before any copy of
// them is made, then looks at what each call brought. Awaited on the session's lane, which
// `services` belongs to. The prompt's `system_message` counts as a system text.
class GuardedPrompt final : public dispatch::AnswerCheck {
 public:
  // Null without guards, and with such that are not enforced.
  static std::shared_ptr<GuardedPrompt> make(LlmServices& services,
                                             const dispatch::ResolvedPrompt& prompt);

  GuardedPrompt(LlmServices& services, std::shared_ptr<guarded::SessionGuards> guards,
                const dispatch::ResolvedPrompt& prompt);

  // `prompt` outlives the awaiting. GUARD_BLOCKED, GUARD_MASK_FAILED, GUARD_BAD_TEXT,
  // GUARD_UNAVAILABLE, TOO_LARGE.
  asio::awaitable<Result<void>> enter(provider::Prompt& prompt, Deadline deadline);
  asio::awaitable<Next> look(provider::Exchanged& exchanged, Deadline deadline) override;

  // What the judges took, beside the prompt's own calls.
  void add_costs(dispatch::PromptAnswer& answer) const;

 private:
  guarded::Asking asking() const;
  asio::awaitable<Next> look_at_answer(provider::Exchanged& exchanged, Deadline deadline);
  asio::awaitable<void> clean(provider::CallFailure& failure);
  // With values in place of their placeholders.
  asio::awaitable<Result<Value>> restore(Value answer);

  LlmServices& services_;
  std::shared_ptr<guarded::SessionGuards> guards_;
  provider::Format format_;
  config::DataDemand data_;                          // of backends, models that judge too
  std::shared_ptr<const guard::SystemTexts> texts_;  // of this prompt; null: none to guard
  std::shared_ptr<JudgeCosts> costs_ = std::make_shared<JudgeCosts>();
};

// dispatch::run_prompt() with the session's guards around it. `services` outlives the awaiting.
asio::awaitable<Result<dispatch::PromptAnswer>> run_guarded(LlmServices& services,
                                                            dispatch::ResolvedPrompt prompt,
                                                            Deadline deadline);

}  // namespace gvm::llm
