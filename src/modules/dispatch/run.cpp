#include "dispatch/run.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>

#include "base/error_codes.h"
#include "dispatch/data_rules.h"
#include "dispatch/report.h"
#include "net/pause.h"
#include "routing/single_model.h"

namespace gvm::dispatch {
namespace {

using routing::ErrorKind;

// One call of the prompt while it is under way.
struct Running {
  explicit Running(routing::Attempt attempt) : plan(attempt) {}

  routing::Attempt plan;
  CandidateCall call;
  bool hedge = false;
  bool ended = false;
  asio::cancellation_signal cancel;

  bool answered() const { return ended && call.answered(); }
};
using RunningPtr = std::shared_ptr<Running>;

asio::awaitable<bool> is_cancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

// How the two kinds of prompts differ, apart from their plan.
struct RunPolicy {
  Deadline deadline;
  log::Level failures = log::Level::warn;  // the level at which the log hears of failed calls
  bool hedging = false;
};

RunPolicy policy_of(const ResolvedPrompt& prompt, const Router& router, Deadline deadline) {
  if (prompt.only) return {.deadline = deadline, .failures = log::Level::debug};
  return {.deadline = router.prompt_deadline(deadline), .hedging = router.hedging()};
}

routing::RepeatPolicy repeat_policy(const config::RetryConfig& retry, Deadline deadline) {
  return {.attempts = static_cast<unsigned>(std::max(1, retry.attempts)),
          .backoff = {.first = retry.backoff, .longest = retry.max_backoff},
          .statuses = retry.on_statuses,
          .network_errors = retry.on_network_errors,
          .deadline = deadline.when()};
}

class PromptRun {
 public:
  PromptRun(RunContext context, ResolvedPrompt prompt, Deadline deadline)
      : context_(std::move(context)),
        prompt_(std::move(prompt)),
        router_(*context_.engine->router),
        policy_(policy_of(prompt_, router_, deadline)),
        prices_(context_.engine->spending->prices()),
        report_(context_, choice_, policy_.failures) {}

  asio::awaitable<Result<PromptAnswer>> run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    wake_.emplace(co_await asio::this_coro::executor);
    choose(context_, prompt_, *prices_, policy_.deadline, choice_);
    ++context_.facts->prompts;
    if (auto kept = kept_by_data_rules(router_.candidates(), choice_, prompt_.only.has_value())) {
      fail_with(*kept);
      co_return fail(std::move(*kept));
    }
    plan_ = make_plan();
    auto result = co_await try_candidates();
    if (result) {
      report_.answered(result->candidate);
    } else {
      fail_with(result.error());
    }
    co_return result;
  }

 private:
  std::unique_ptr<routing::Plan> make_plan() {
    const auto& [decision, request, snapshot] = choice_;
    if (!prompt_.only)
      return std::make_unique<routing::Failover>(router_.health(), router_.retries(),
                                                 decision.ranking, request,
                                                 router_.failover_policy(policy_.deadline));
    return std::make_unique<routing::SingleModel>(
        router_.health(), routing::candidates_of(decision.ranking), request.tokens, request.seed,
        repeat_policy(prompt_.only->backend->config->retry, policy_.deadline));
  }

  void fail_with(Error& error) {
    report_.failed(error);
    error.with("record", Value::string(choice_.decision.id));
    if (prompt_.only) {
      error.with("provider", Value::string(prompt_.only->backend->config->name));
      error.with("model", Value::string(prompt_.only->model->config->name));
    }
    context_.call.catalog->redactor().redact(error);
  }

  Error error_of(const routing::GiveUp& over) const {
    return prompt_.only ? report_.last_error() : report_.give_up(over);
  }

  asio::awaitable<Result<PromptAnswer>> try_candidates() {
    for (;;) {
      const routing::Action action = plan_->next(Clock::now());
      if (const auto* over = std::get_if<routing::GiveUp>(&action)) co_return fail(error_of(*over));
      if (const auto* wait = std::get_if<routing::Wait>(&action)) {
        auto paused = co_await net::pause_until(Deadline::at(wait->until));
        if (!paused) co_return fail(std::move(paused).error());
        continue;
      }
      const auto plan = std::get<routing::Attempt>(action);
      auto winner = co_await race(plan);
      if (winner) co_return answer_of(*winner);
      if (refused_) co_return fail(std::move(*refused_));
      const bool cancelled = co_await is_cancelled();
      if (cancelled) co_return fail(codes::kCancelled, Fatality::user, "the prompt was cancelled");
    }
  }

  // Makes one call, or a second one beside it when the first is slow. Returns the call that
  // answered, or null. All calls have ended when this returns.
  asio::awaitable<RunningPtr> race(routing::Attempt plan) {
    std::vector<RunningPtr> racers;
    racers.push_back(std::make_shared<Running>(plan));
    const auto patience = policy_.hedging && !plan.correction
                              ? router_.hedges().when(router_.health().latencies(plan.candidate))
                              : std::nullopt;
    if (patience) {
      co_await call_side_by_side(racers, *patience);
    } else {
      co_await call(racers[0]);
    }
    RunningPtr winner;
    for (auto& racer : racers) {
      settle(*racer);
      if (!winner && racer->answered()) winner = racer;
    }
    co_return winner;
  }

  asio::awaitable<void> call_side_by_side(std::vector<RunningPtr>& racers,
                                          routing::Duration patience) {
    launch(racers[0]);
    const bool slow = co_await is_slow(*racers[0], patience);
    if (slow) hedge(racers);
    bool cancelled = co_await is_cancelled();
    while (running_ > 0 && !any_answered(racers) && !cancelled) {
      co_await woken(Deadline::never());
      cancelled = co_await is_cancelled();
    }
    for (auto& racer : racers)
      if (!racer->ended) racer->cancel.emit(asio::cancellation_type::terminal);
    while (running_ > 0) co_await woken(Deadline::never());
  }

  // Whether it is still under way that long after it left. The pause before it and the queue of its
  // backend do not count: they say nothing about how fast it answers.
  asio::awaitable<bool> is_slow(const Running& racer, routing::Duration patience) {
    bool cancelled = false;
    while (!racer.ended && !cancelled) {
      const auto until = racer.call.began
                             ? Deadline::at(routing::after(*racer.call.began, patience))
                             : Deadline::never();
      if (until.expired()) co_return true;
      co_await woken(until);
      cancelled = co_await is_cancelled();
    }
    co_return false;
  }

  void hedge(std::vector<RunningPtr>& racers) {
    const auto now = Clock::now();
    if (!router_.hedges().may_hedge(now)) return;
    const auto second = plan_->hedge(now);
    if (!second) return router_.hedges().give_back();
    racers.push_back(std::make_shared<Running>(*second));
    racers.back()->hedge = true;
    launch(racers.back());
  }

  static bool any_answered(const std::vector<RunningPtr>& racers) {
    return std::ranges::any_of(racers, [](const auto& racer) { return racer->answered(); });
  }

  void launch(const RunningPtr& racer) {
    ++running_;
    auto slot = racer->cancel.slot();
    asio::co_spawn(wake_->get_executor(), call(racer),
                   asio::bind_cancellation_slot(slot, [this, racer](std::exception_ptr failure) {
                     racer->ended = true;
                     --running_;
                     wake_->cancel();
                     if (failure) std::rethrow_exception(failure);
                   }));
  }

  asio::awaitable<void> woken(Deadline until) {
    wake_->expires_at(until.when());
    constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
    const auto [error] = co_await wake_->async_wait(kToken);
    (void)error;
  }

  // One call, from the pause before it to its charge.
  asio::awaitable<void> call(RunningPtr racer) {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto& plan = racer->plan;
    CandidateCall& called = racer->call;
    if (plan.delay > routing::Duration::zero()) {
      auto paused = co_await net::pause_until(Deadline::at(Clock::now() + plan.delay));
      if (!paused) {
        called.refuse(std::move(paused).error(), ErrorKind::cancelled);
      }
    }
    if (!called.refusal) {
      CandidateCallSpec spec = spec_for(*racer);
      co_await call_candidate(context_, std::move(spec), policy_.deadline, called);
    }
    if (context_.check && called.exchanged) {
      const auto next = co_await context_.check->look(*called.exchanged, policy_.deadline);
      called.ends_prompt = next == AnswerCheck::Next::end_prompt;
      called.judge_again();
    }
    racer->ended = true;
  }

  CandidateCallSpec spec_for(const Running& racer) {
    const auto id = racer.plan.candidate;
    CandidateCallSpec spec;
    spec.candidate = id;
    spec.urgency = racer.plan.urgency;
    spec.tokens = choice_.request.tokens;
    spec.call.format = prompt_.format;
    spec.call.schema = prompt_.schema;
    spec.call.prompt = prompt_.prompt_for(*router_.candidates().target(id).model->config);
    if (const auto wrong = corrections_.find(model_of(id));
        racer.plan.correction && wrong != corrections_.end())
      spec.call.prompt.correction = wrong->second;
    spec.prices = prices_;
    spec.record = choice_.decision.id;
    spec.on_sending = [this, second = racer.hedge] {
      if (policy_.hedging && !second) router_.hedges().count_call();
      wake_->cancel();
    };
    return spec;
  }

  // Tells the state machine and the report how a call ended.
  void settle(const Running& racer) {
    const auto id = racer.plan.candidate;
    const CandidateCall& call = racer.call;
    if (!call.admitted) return plan_->not_admitted(id);
    if (calls_++ > 0) count_retry(id);
    if (const auto* failure = call.failure(); failure && failure->correction)
      corrections_.insert_or_assign(model_of(id), *failure->correction);
    if (call.is_too_dear()) {
      plan_->refused(id, *call.kind);
    } else {
      plan_->ended(id, call.outcome, Clock::now());
    }
    if (call.ends_prompt && call.error() != nullptr) refused_ = *call.error();
    report_.add(id, call, {.hedge = racer.hedge, .correction = racer.plan.correction});
  }

  std::uint32_t model_of(routing::CandidateId id) const { return router_.set().facts(id).model; }

  void count_retry(routing::CandidateId id) {
    auto& row = context_.call.counters->at(router_.candidates().target(id).model->counters);
    row.retries.fetch_add(1, std::memory_order_relaxed);
  }

  PromptAnswer answer_of(Running& racer) {
    PromptAnswer answer;
    answer.candidate = racer.plan.candidate;
    answer.answer = std::move(**racer.call.exchanged);
    answer.answer.record = choice_.decision.id;
    answer.nano_usd = report_.nano_usd();
    // Calls are reserved within 256 bits of gen each. Should their sum be more, the answer, which
    // is paid, is not lost for that.
    if (auto gen = report_.consumed_gen()) answer.answer.consumed_gen = std::move(*gen);
    return answer;
  }

  RunContext context_;
  ResolvedPrompt prompt_;
  Router& router_;
  RunPolicy policy_;
  std::shared_ptr<const pricing::PriceCatalog> prices_;
  PromptChoice choice_;
  PromptReport report_;
  std::unique_ptr<routing::Plan> plan_;
  std::optional<asio::steady_timer> wake_;
  // By model: what is wrong with its last answer.
  std::map<std::uint32_t, provider::Correction> corrections_;
  std::optional<Error> refused_;  // what came may not be used, and ends the prompt
  std::size_t running_ = 0;
  std::size_t calls_ = 0;
};

}  // namespace

Value PromptAnswer::to_value(const Candidates& candidates) && {
  const auto& chosen = (*candidates.set())[candidate];
  Value value = std::move(answer).to_value();
  auto& map = *value.as_map();
  map.set("provider", Value::string(chosen.backend));
  map.set("model", Value::string(chosen.model));
  map.set("cost", Value::string(pricing::Usd::from_nano(nano_usd).to_string()));
  return value;
}

asio::awaitable<Result<PromptAnswer>> run_prompt(RunContext context, ResolvedPrompt prompt,
                                                 Deadline deadline) {
  PromptRun run(std::move(context), std::move(prompt), deadline);
  auto result = co_await run.run();
  co_return result;
}

}  // namespace gvm::dispatch
