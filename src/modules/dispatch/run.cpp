#include "dispatch/run.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/error_codes.h"
#include "dispatch/report.h"
#include "net/pause.h"

namespace gvm::dispatch {
namespace {

using routing::ErrorKind;

// One call of the prompt while it is under way.
struct Running {
  explicit Running(routing::Attempt attempt) : plan(attempt) {}

  routing::Attempt plan;
  RoutedCall call;
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

class PromptRun {
 public:
  PromptRun(RunContext context, PromptWish wish, Deadline deadline)
      : context_(std::move(context)),
        wish_(std::move(wish)),
        deadline_(context_.engine->router->prompt_deadline(deadline)),
        router_(*context_.engine->router),
        prices_(context_.engine->spending->prices()),
        report_(context_, choice_, log::Level::warn) {}

  asio::awaitable<Result<PromptAnswer>> run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    wake_.emplace(co_await asio::this_coro::executor);
    choose(context_, wish_, *prices_, deadline_, choice_);
    ++context_.facts->prompts;
    failover_.emplace(router_.health(), router_.retries(), choice_.decision.ranking,
                      choice_.request, router_.failover_policy(deadline_));
    auto result = co_await try_candidates();
    if (result) {
      report_.answered(result->candidate);
    } else {
      report_.failed(result.error());
      result.error().with("record", Value::string(choice_.decision.id));
      context_.call.catalog->redactor().redact(result.error());
    }
    co_return result;
  }

 private:
  asio::awaitable<Result<PromptAnswer>> try_candidates() {
    for (;;) {
      const routing::Action action = failover_->next(Clock::now());
      if (const auto* over = std::get_if<routing::GiveUp>(&action))
        co_return fail(report_.give_up(*over));
      if (const auto* wait = std::get_if<routing::Wait>(&action)) {
        auto paused = co_await net::pause_until(Deadline::at(wait->until));
        if (!paused) co_return fail(std::move(paused).error());
        continue;
      }
      const auto plan = std::get<routing::Attempt>(action);
      auto winner = co_await race(plan);
      if (winner) co_return answer_of(*winner);
      const bool cancelled = co_await is_cancelled();
      if (cancelled) co_return fail(codes::kCancelled, Fatality::user, "the prompt was cancelled");
    }
  }

  // One call, or two side by side when the first is slow. The one that answered, or null. What was
  // begun has ended when this returns.
  asio::awaitable<RunningPtr> race(routing::Attempt plan) {
    std::vector<RunningPtr> racers;
    racers.push_back(std::make_shared<Running>(plan));
    const auto patience = router_.hedging()
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
    const auto second = failover_->hedge(now);
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

  // One call from its pause to its bill.
  asio::awaitable<void> call(RunningPtr racer) {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto& plan = racer->plan;
    RoutedCall& called = racer->call;
    if (plan.delay > routing::Duration::zero()) {
      auto paused = co_await net::pause_until(Deadline::at(Clock::now() + plan.delay));
      if (!paused) {
        called.refusal = std::move(paused).error();
        called.kind = ErrorKind::cancelled;
        called.outcome = routing::Outcome::failure(ErrorKind::cancelled);
        called.ended = Clock::now();
      }
    }
    if (!called.refusal) {
      CallOrder order = order_for(*racer);
      co_await make_call(context_, std::move(order), deadline_, called);
    }
    racer->ended = true;
  }

  CallOrder order_for(const Running& racer) {
    const auto id = racer.plan.candidate;
    CallOrder order;
    order.candidate = id;
    order.urgency = racer.plan.urgency;
    order.tokens = choice_.request.tokens;
    order.call.format = wish_.request.format;
    order.call.prompt = wish_.prompt_for(*router_.candidates().target(id).model->config);
    order.prices = prices_;
    order.record = choice_.decision.id;
    order.on_sending = [this, second = racer.hedge] {
      if (!second) router_.hedges().count_call();
      wake_->cancel();
    };
    return order;
  }

  // Tells the state machine and the report how a call ended.
  void settle(const Running& racer) {
    const auto id = racer.plan.candidate;
    const RoutedCall& call = racer.call;
    if (!call.admitted) return failover_->not_admitted(id);
    if (call.is_too_dear()) {
      failover_->refused(id, *call.kind);
    } else {
      failover_->ended(id, call.outcome, Clock::now());
    }
    report_.add(id, call, racer.hedge);
  }

  Result<PromptAnswer> answer_of(Running& racer) {
    PromptAnswer answer;
    answer.candidate = racer.plan.candidate;
    answer.answer = std::move(**racer.call.exchanged);
    answer.answer.record = choice_.decision.id;
    answer.nano_usd = report_.nano_usd();
    auto gen = report_.consumed_gen();
    if (!gen) return fail(std::move(gen).error());
    answer.answer.consumed_gen = std::move(*gen);
    return answer;
  }

  RunContext context_;
  PromptWish wish_;
  Deadline deadline_;
  Router& router_;
  std::shared_ptr<const pricing::Catalog> prices_;
  PromptChoice choice_;
  PromptReport report_;
  std::optional<routing::Failover> failover_;
  std::optional<asio::steady_timer> wake_;
  std::size_t running_ = 0;
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

asio::awaitable<Result<PromptAnswer>> run_prompt(RunContext context, PromptWish wish,
                                                 Deadline deadline) {
  PromptRun run(std::move(context), std::move(wish), deadline);
  auto result = co_await run.run();
  co_return result;
}

}  // namespace gvm::dispatch
