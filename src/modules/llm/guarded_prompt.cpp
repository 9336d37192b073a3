#include "llm/guarded_prompt.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "base/error_detail.h"
#include "base/json.h"
#include "guarded/in_turn.h"
#include "guarded/moderate.h"
#include "llm/audited.h"
#include "llm/model_judge.h"
#include "llm/prompt_data.h"
#include "money/rational.h"
#include "text/json.h"

namespace gvm::llm {
namespace {

using guarded::Refusal;
using guarded::SessionGuards;

// The texts of a prompt, of its own: rules may look at them on another thread.
struct Texts {
  std::optional<std::string> system;
  std::string user;
  std::vector<std::string> stop;
  Value extra;
  std::shared_ptr<const guard::SystemTexts> guarded;  // what no answer may repeat

  std::size_t bytes() const {
    std::size_t sum = (system ? system->size() : 0) + user.size() + guarded::text_bytes(extra);
    for (const auto& each : stop) sum += each.size();
    return sum;
  }
};

Texts texts_of(const provider::Prompt& prompt) {
  Texts texts{std::nullopt, std::string(prompt.user_message.view()), prompt.sampling.stop,
              prompt.extra, nullptr};
  if (prompt.system_message) texts.system = std::string(prompt.system_message->view());
  return texts;
}

void put_back(Texts& texts, provider::Prompt& prompt) {
  if (texts.system && *texts.system != prompt.system_message->view())
    prompt.system_message = Blob(std::move(*texts.system));
  if (texts.user != prompt.user_message.view()) prompt.user_message = Blob(std::move(texts.user));
  prompt.sampling.stop = std::move(texts.stop);
  prompt.extra = std::move(texts.extra);
}

Result<void> pass_text(SessionGuards& guards, std::string& text, const guarded::Beside& beside) {
  auto passed = guards.pass(guard::Stage::input, text, beside);
  if (!passed) return fail(std::move(passed).error().error);
  text = std::move(*passed);
  return {};
}

Result<void> pass_texts(SessionGuards& guards, Texts& texts, guard::Effort* effort) {
  const guarded::Beside whole{.effort = effort};
  const guarded::Beside part{.scope = guard::Scope::places, .effort = effort};
  if (texts.system)
    if (auto passed = pass_text(guards, *texts.system, whole); !passed) return passed;
  if (auto passed = pass_text(guards, texts.user, whole); !passed) return passed;
  for (auto& stop : texts.stop)
    if (auto passed = pass_text(guards, stop, part); !passed) return passed;
  if (auto passed = guards.pass_strings(guard::Stage::input, texts.extra, part); !passed)
    return fail(std::move(passed).error().error);
  texts.guarded = guards.texts_of_prompt(texts.system);
  return {};
}

// An answer on its way to the script. What was refused is of no more use, so a look that begins
// anew begins with what was given.
struct Passing {
  const Value given;
  Value data;
  provider::Format format;
  std::shared_ptr<const guard::SystemTexts> texts;
  std::optional<Refusal> refusal;
};

// A JSON answer may be text already; a mask in it must stay JSON.
void pass_answer(SessionGuards& guards, Passing& passing, guard::Effort* effort) {
  const guarded::Beside beside{.prompt_texts = passing.texts.get(), .effort = effort};
  passing.refusal.reset();
  passing.data = passing.given;
  const auto text = passing.data.as_string();
  if (passing.format == provider::Format::json && text) {
    auto parsed = text::parse_json(*text);
    if (parsed) {
      const auto before = json::write(*parsed);
      auto passed = guards.pass(guard::Stage::output, *parsed, beside);
      if (!passed) passing.refusal = std::move(passed).error();
      auto after = json::write(*parsed);
      if (after != before) passing.data = Value::string(std::move(after));
      return;
    }
  }
  auto passed = guards.pass(guard::Stage::output, passing.data, beside);
  if (!passed) passing.refusal = std::move(passed).error();
}

void put_values_back(const SessionGuards& guards, provider::Format format, Value& data) {
  const auto text = data.as_string();
  if (format != provider::Format::json || !text) return guards.restore(data);
  auto parsed = text::parse_json(*text);
  if (!parsed) return guards.restore(data);
  const auto before = json::write(*parsed);
  guards.restore(*parsed);
  auto after = json::write(*parsed);
  if (after != before) data = Value::string(std::move(after));
}

std::string text_of(const Value& data) {
  const auto text = data.as_string();
  return text ? std::string(*text) : json::write(data);
}

// The answer was made, so it is paid. Its kind lets routing go on to the next model.
provider::CallFailure failure_of(Refusal refusal, provider::ProviderAnswer& answer) {
  provider::CallFailure failure(std::move(refusal.error), routing::ErrorKind::content_refused,
                                provider::CallStage::meaning);
  if (failure.code() == codes::kCancelled) failure.kind = routing::ErrorKind::cancelled;
  failure.request_sent = failure.answer_began = true;
  failure.said = detail_of(failure.error);
  failure.usage = std::move(answer.usage);
  return failure;
}

// The only lines of the log that have texts of prompts and answers: as the guards left them.
bool shows_texts(const dispatch::RunContext& context) {
  return context.log_content && context.logger.enabled(log::Level::trace);
}

constexpr std::size_t kLoggedBytes = 8 * kKiB;  // of one text

Value logged(std::string_view text) {
  return Value::string(to_valid_utf8(text.substr(0, kLoggedBytes)));
}

void log_prompt(const dispatch::RunContext& context, const provider::Prompt& prompt) {
  if (!shows_texts(context)) return;
  const auto system = prompt.system_message ? prompt.system_message->view() : std::string_view();
  context.logger.write(log::Level::trace, "prompt",
                       {{"system", logged(system)}, {"user", logged(prompt.user_message.view())}});
}

void log_answer(const dispatch::RunContext& context, const Result<dispatch::PromptAnswer>& answer) {
  if (!answer || !shows_texts(context)) return;
  const auto& got = answer->answer;
  context.logger.write(log::Level::trace, "answer",
                       {{"record", Value::string(got.record)},
                        {"answer", logged(got.judged ? *got.judged : text_of(got.data))}});
}

// So that whoever sees the trace finds the decision record.
void note_record(trace::Span& span, const Result<dispatch::PromptAnswer>& answer) {
  if (!span.recorded()) return;
  if (answer) return span.set("genvm.record", answer->answer.record);
  const Value* record = answer.error().ctx().find("record");
  if (record != nullptr) span.set("genvm.record", record->as_string().value_or(""));
}

}  // namespace

std::shared_ptr<GuardedPrompt> GuardedPrompt::make(LlmServices& services,
                                                   const dispatch::ResolvedPrompt& prompt) {
  auto guards = services.guards();
  if (guards == nullptr || !guards->enforce()) return nullptr;
  return std::make_shared<GuardedPrompt>(services, std::move(guards), prompt);
}

GuardedPrompt::GuardedPrompt(LlmServices& services, std::shared_ptr<SessionGuards> guards,
                             const dispatch::ResolvedPrompt& prompt)
    : services_(services), guards_(std::move(guards)), format_(prompt.format), data_(prompt.data) {}

guarded::Asking GuardedPrompt::asking() const {
  const auto context = services_.run_context();
  return {context.call.http, model_judge(context, costs_, data_)};
}

asio::awaitable<Result<void>> GuardedPrompt::enter(provider::Prompt& prompt, Deadline deadline) {
  const auto given = std::make_shared<const Texts>(texts_of(prompt));
  const auto texts = std::make_shared<Texts>();
  const auto bytes = given->bytes();
  guarded::Look look = [given, texts, guards = guards_](guard::Effort* effort) -> Result<Value> {
    *texts = *given;
    auto passed = pass_texts(*guards, *texts, effort);
    if (!passed) return fail(std::move(passed).error());
    return Value::null();
  };
  auto passed = co_await guarded::in_turn(bytes, std::move(look));
  if (!passed) co_return fail(std::move(passed).error());
  texts_ = std::move(texts->guarded);
  const bool moderated = guarded::is_moderated(guards_->module(), guard::Stage::input);
  std::string shown;
  if (moderated) shown = texts->system ? *texts->system + "\n\n" + texts->user : texts->user;
  put_back(*texts, prompt);
  if (!moderated) co_return Result<void>();
  guarded::Asking whom = asking();
  auto refusal = co_await guarded::moderate(guards_, guard::Stage::input, std::move(shown),
                                            std::move(whom), deadline);
  if (refusal) co_return fail(std::move(refusal->error));
  co_return Result<void>();
}

asio::awaitable<void> GuardedPrompt::clean(provider::CallFailure& failure) {
  struct Cleaning {
    Error error;
    std::string said;
    std::optional<provider::Correction> correction;
  };
  const Cleaning before{failure.error, failure.said, failure.correction};
  const auto state = std::make_shared<Cleaning>(before);
  const auto bytes = guarded::text_bytes(failure.ctx()) + failure.said.size() +
                     (failure.correction ? failure.correction->size() : 0);
  guarded::Look look = [before, state, guards = guards_](guard::Effort* effort) -> Result<Value> {
    const auto cleaned = [&](std::string_view text) {
      return guards->cleaned(guard::Stage::output, text, effort);
    };
    *state = before;
    guards->clean(guard::Stage::output, state->error, effort);
    state->said = cleaned(before.said);
    if (state->correction) {
      auto& [answer, fault] = *state->correction;
      answer = cleaned(answer);
      fault = cleaned(fault);
    }
    return Value::null();
  };
  auto done = co_await guarded::in_turn(bytes, std::move(look));
  if (!done) {
    failure.error = std::move(done).error();
    failure.said.clear();
    failure.correction.reset();
    co_return;
  }
  failure.error = std::move(state->error);
  failure.said = std::move(state->said);
  failure.correction = std::move(state->correction);
}

asio::awaitable<Result<Value>> GuardedPrompt::restore(Value answer) {
  if (!guards_->may_restore()) co_return std::move(answer);
  const auto bytes = guarded::text_bytes(answer);
  const auto own = std::make_shared<Value>(std::move(answer).to_owned());
  std::function<Result<Value>()> work = [own, guards = guards_,
                                         format = format_]() -> Result<Value> {
    put_values_back(*guards, format, *own);
    return std::move(*own);
  };
  auto restored = co_await guarded::in_turn(bytes, std::move(work));
  co_return restored;
}

asio::awaitable<dispatch::AnswerCheck::Next> GuardedPrompt::look(provider::Exchanged& exchanged,
                                                                 Deadline deadline) {
  if (!exchanged) {
    co_await clean(exchanged.error());
    co_return Next::usual;
  }
  const auto next = co_await look_at_answer(exchanged, deadline);
  co_return next;
}

asio::awaitable<dispatch::AnswerCheck::Next> GuardedPrompt::look_at_answer(
    provider::Exchanged& exchanged, Deadline deadline) {
  const auto passing =
      std::make_shared<Passing>(std::move(exchanged->data), Value(), format_, texts_, std::nullopt);
  const auto bytes = guarded::text_bytes(passing->given);
  guarded::Look look = [passing, guards = guards_](guard::Effort* effort) -> Result<Value> {
    pass_answer(*guards, *passing, effort);
    return Value::null();
  };
  auto done = co_await guarded::in_turn(bytes, std::move(look));
  std::optional<Refusal> refusal;
  if (!done) {
    refusal = Refusal{std::move(done).error()};
  } else {
    refusal = std::move(passing->refusal);
    exchanged->data = std::move(passing->data);
  }
  if (!refusal && guarded::is_moderated(guards_->module(), guard::Stage::output)) {
    std::string shown = text_of(exchanged->data);
    guarded::Asking whom = asking();
    auto said = co_await guarded::moderate(guards_, guard::Stage::output, std::move(shown),
                                           std::move(whom), deadline);
    refusal = std::move(said);
  }
  if (!refusal) {
    if (services_.audit() || services_.run_context().log_content)
      exchanged->judged = text_of(exchanged->data);
    auto restored = co_await restore(std::move(exchanged->data));
    if (restored) {
      exchanged->data = std::move(*restored);
      co_return Next::usual;
    }
    refusal = Refusal{std::move(restored).error()};
  }
  const auto next = refusal->fails_over ? Next::usual : Next::end_prompt;
  exchanged = std::unexpected(failure_of(std::move(*refusal), *exchanged));
  co_return next;
}

void GuardedPrompt::add_costs(dispatch::PromptAnswer& answer) const {
  answer.nano_usd += costs_->nano_usd;
  const auto gen = money::Rational(answer.answer.consumed_gen) + money::Rational(costs_->gen);
  answer.answer.consumed_gen = gen.numerator();
}

asio::awaitable<Result<dispatch::PromptAnswer>> run_guarded(LlmServices& services,
                                                            dispatch::ResolvedPrompt prompt,
                                                            Deadline deadline) {
  dispatch::RunContext context = services.run_context();
  const auto engine = context.engine;  // of the candidates
  AuditedPrompt audited(services, prompt.format);
  auto ready = audited.ready();
  if (!ready) co_return fail(std::move(ready).error());
  const auto guarded = GuardedPrompt::make(services, prompt);
  if (guarded) {
    auto passed = co_await guarded->enter(prompt.prompt, deadline);
    if (!passed) {
      audited.ends(passed.error());
      co_return fail(std::move(passed).error());
    }
  }
  const auto& candidates = engine->router->candidates();
  const bool personal = co_await look_for_personal_data(candidates, prompt.prompt);
  prompt.holds_personal_data = personal;
  audited.sends(prompt.prompt);
  log_prompt(context, prompt.prompt);
  context.check = guarded;
  auto answer = co_await dispatch::run_prompt(std::move(context), std::move(prompt), deadline);
  note_record(services.call_span(), answer);
  if (answer && guarded) guarded->add_costs(*answer);
  audited.ends(answer, candidates);
  log_answer(services.run_context(), answer);
  co_return answer;
}

}  // namespace gvm::llm
