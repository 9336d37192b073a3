#include "llm/prompt_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/error_codes.h"
#include "llm/decision.h"
#include "llm/error_kind.h"
#include "llm/permit.h"
#include "net/pause.h"

namespace gvm::llm {
namespace {

using routing::CandidateId;
using routing::ErrorKind;
using routing::Time;

constexpr std::uint64_t kBytesPerToken = 3;  // of ordinary text, for what is only an estimate

std::int64_t micros(routing::Duration span) {
  return std::chrono::duration_cast<routing::microseconds>(span).count();
}

// One call of the prompt while it is under way, and how it ended.
struct Running {
  routing::Attempt plan{};
  bool hedge = false;
  bool ended = false;
  bool admitted = true;  // false: its candidate was taken meanwhile
  std::optional<Attempted> attempted;
  std::optional<Error> refusal;   // before anything was sent
  std::optional<ErrorKind> kind;  // empty: it answered
  routing::Outcome outcome;
  Bill bill;
  std::int64_t reserved = 0;
  Time began{};
  asio::cancellation_signal cancel;

  bool answered() const { return ended && attempted && !kind; }
  const Error* error() const {
    if (refusal) return &*refusal;
    return attempted && !attempted->answer ? &attempted->answer.error() : nullptr;
  }
};
using RunningPtr = std::shared_ptr<Running>;

class PromptRun {
 public:
  PromptRun(RunContext context, PromptWish wish, Deadline deadline)
      : context_(std::move(context)),
        wish_(std::move(wish)),
        deadline_(context_.engine->router->prompt_deadline(deadline)),
        router_(*context_.engine->router),
        spending_(*context_.engine->spending),
        prices_(spending_.prices()),
        came_(Clock::now()) {}

  asio::awaitable<Result<PromptAnswer>> run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    wake_.emplace(co_await asio::this_coro::executor);
    prepare();
    ++context_.facts->prompts;
    failover_.emplace(router_.health(), router_.retries(), decision_.ranking, request_,
                      router_.failover_policy(deadline_));
    auto result = co_await try_candidates();
    record(result ? "ok" : std::string(result.error().code()));
    if (!result) {
      result.error().with("record", Value::string(decision_.id));
      context_.call.catalog->redactor().redact(result.error());
    }
    co_return result;
  }

  RankedView look() {
    prepare();
    return {std::move(decision_.ranking), std::move(snapshot_)};
  }

 private:
  void prepare() {
    const SessionFacts& facts = *context_.facts;
    decision_.id = fmt::format("{}-{}", facts.session, facts.prompts);
    decision_.at = std::chrono::system_clock::now();
    decision_.policy = router_.policy_hash();
    decision_.prices = prices_->hash();
    request_.needs_json = wish_.request.format != Format::text;
    request_.needs_image = !wish_.request.prompt.images.empty();
    request_.tokens = estimated_tokens();
    request_.seed = routing::scramble(facts.seed + facts.prompts);
    request_.now = came_;
    request_.excluded = wish_.excluded;
    const auto policy =
        wish_.strategy ? router_.rank_policy(*wish_.strategy) : router_.rank_policy();
    look_at_costs(policy);
    router_.health().snapshot(came_, snapshot_);
    routing::rank(router_.set(), policy, request_, snapshot_, decision_.ranking);
    decision_.strategy = std::string(routing::name_of(policy.strategy));
    decision_.seed = request_.seed;
    decision_.needs_json = request_.needs_json;
    decision_.needs_image = request_.needs_image;
    decision_.tokens = request_.tokens;
    decision_.excluded = wish_.excluded;
  }

  std::uint32_t estimated_tokens() const {
    const std::uint64_t bytes =
        wish_.request.prompt.user_message.view().size() +
        (wish_.request.prompt.system_message ? wish_.request.prompt.system_message->view().size()
                                             : 0);
    const std::uint64_t tokens =
        bytes / kBytesPerToken +
        wish_.request.prompt.max_tokens.value_or(wish_.request.default_max_tokens.value_or(0));
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(tokens, UINT32_MAX));
  }

  // Costs by candidate, where the choice or a limit looks at them.
  void look_at_costs(const routing::RankPolicy& policy) {
    const auto limit = router_.failover_policy(deadline_).limits.cost;
    if (policy.strategy != routing::Strategy::cheapest && !limit) return;
    request_.cost_limit = limit;
    for (CandidateId id = 0; id < router_.set().size(); ++id) {
      const Target& target = router_.candidates().target(id);
      decision_.costs.push_back(spending_.worst_case(*prices_, target, call_size(target)));
    }
    request_.worst_case_cost = decision_.costs;
  }

  CallSize call_size(const Target& target) const {
    return size_of(prompt_for(*target.model->config), *target.model->config,
                   context_.call.catalog->config().pricing.assumed_max_tokens);
  }

  asio::awaitable<Result<PromptAnswer>> try_candidates() {
    for (;;) {
      const routing::Action action = failover_->next(Clock::now());
      if (const auto* over = std::get_if<routing::GiveUp>(&action)) co_return fail(why(*over));
      if (const auto* wait = std::get_if<routing::Wait>(&action)) {
        auto paused = co_await net::pause_until(Deadline::at(wait->until));
        if (!paused) co_return fail(std::move(paused).error());
        continue;
      }
      auto plan = std::get<routing::Attempt>(action);
      auto winner = co_await race(plan);
      if (winner) co_return answer_of(*winner);
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none)
        co_return fail(codes::kCancelled, Fatality::user, "the prompt was cancelled");
    }
  }

  // One call, or two side by side when the first is slow. The one that answered, or null. What was
  // begun has ended when this returns.
  asio::awaitable<RunningPtr> race(routing::Attempt plan) {
    std::vector<RunningPtr> racers;
    racers.push_back(std::make_shared<Running>());
    racers[0]->plan = plan;
    router_.hedges().count_call();
    const auto patience = router_.hedging()
                              ? router_.hedges().when(router_.health().latencies(plan.candidate))
                              : std::nullopt;
    if (!patience) {
      co_await call(racers[0]);
      settle(*racers[0]);
      co_return racers[0]->answered() ? racers[0] : nullptr;
    }
    co_await call_side_by_side(racers, plan.delay + *patience);
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
    if (running_ > 0)
      co_await woken(Deadline::in(std::chrono::ceil<std::chrono::milliseconds>(patience)));
    const auto now = Clock::now();
    const auto state = co_await asio::this_coro::cancellation_state;
    bool cancelled = state.cancelled() != asio::cancellation_type::none;
    if (!racers[0]->ended && !cancelled && router_.hedges().may_hedge(now)) {
      if (auto second = failover_->hedge(now)) {
        racers.push_back(std::make_shared<Running>());
        racers[1]->plan = *second;
        racers[1]->hedge = true;
        launch(racers[1]);
      } else {
        router_.hedges().give_back();
      }
    }
    const auto answered = [&] {
      return std::ranges::any_of(racers, [](auto& r) { return r->answered(); });
    };
    while (running_ > 0 && !answered() && !cancelled) {
      co_await woken(Deadline::never());
      const auto after = co_await asio::this_coro::cancellation_state;
      cancelled = after.cancelled() != asio::cancellation_type::none;
    }
    for (auto& racer : racers)
      if (!racer->ended) racer->cancel.emit(asio::cancellation_type::terminal);
    while (running_ > 0) co_await woken(Deadline::never());
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

  // One call from its pause to its bill. Whatever ends it, what it holds is given back.
  asio::awaitable<void> call(RunningPtr r) {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await make_call(*r);
    r->ended = true;
  }

  asio::awaitable<void> make_call(Running& r) {
    const auto engine = context_.engine;
    const CandidateId id = r.plan.candidate;
    const Target target = router_.candidates().target(id);
    if (r.plan.delay > routing::Duration::zero()) {
      auto paused = co_await net::pause_until(Deadline::at(Clock::now() + r.plan.delay));
      if (!paused) co_return refuse(r, std::move(paused).error(), ErrorKind::cancelled);
    }
    auto permit = co_await enter(router_.gate(id), deadline_);
    if (!permit) {
      const auto kind = permit_failure(permit.error());
      co_return refuse(r, std::move(permit).error(), kind);
    }
    std::string key = router_.candidates().key_name(id);
    auto prices = prices_;
    auto purchase = co_await spending_.reserve(std::move(prices), target, std::move(key),
                                               call_size(target), *context_.facts);
    if (!purchase) {
      const auto kind = budget_failure(purchase.error());
      co_return refuse(r, std::move(purchase).error(), kind);
    }
    r.began = Clock::now();
    r.reserved = purchase->worst_nano_usd();
    auto admission = router_.health().begin(id, r.began, request_.tokens, r.plan.urgency);
    if (!admission) {
      r.admitted = false;
      co_return;
    }
    purchase->sending();
    ProviderCall copy = provider_call(*target.model->config);
    auto attempted = co_await attempt(context_.call, target, std::move(copy), deadline_);
    r.attempted.emplace(std::move(attempted));
    judge(r);
    const auto kind = r.kind ? routing::name_of(*r.kind) : std::string_view();
    r.bill = purchase->end(*r.attempted, kind, decision_.id);
    r.outcome.cost = r.bill.nano_usd;
    admission->finish(r.outcome, Clock::now());
  }

  // What the model's configuration says counts before the script's defaults, and after the prompt.
  Prompt prompt_for(const config::ModelConfig& model) const {
    Prompt prompt = wish_.request.prompt;
    if (!model.sampling.temperature.preset && !prompt.sampling.temperature)
      prompt.sampling.temperature = wish_.request.default_temperature;
    if (!model.max_tokens.preset && !prompt.max_tokens)
      prompt.max_tokens = wish_.request.default_max_tokens;
    return prompt;
  }

  ProviderCall provider_call(const config::ModelConfig& model) const {
    ProviderCall call;
    call.format = wish_.request.format;
    call.prompt = prompt_for(model);
    return call;
  }

  static ErrorKind permit_failure(const Error& error) {
    if (error.code() == codes::kCancelled) return ErrorKind::cancelled;
    return error.code() == codes::kDeadlineExceeded ? ErrorKind::deadline : ErrorKind::overloaded;
  }

  ErrorKind budget_failure(const Error& error) const {
    if (error.code() == codes::kCancelled) return ErrorKind::cancelled;
    if (error.code() != codes::kBudgetExceeded) return ErrorKind::budget;
    // The next key, then the next model may have a budget of its own.
    return spending_.leaves_others(error) ? ErrorKind::payment_required : ErrorKind::budget;
  }

  static void refuse(Running& r, Error error, ErrorKind kind) {
    r.refusal = std::move(error);
    r.kind = kind;
    r.began = Clock::now();
    r.outcome = routing::Outcome::failure(kind);
  }

  // A text that is empty though nothing cut it is no answer.
  void judge(Running& r) {
    auto& answer = r.attempted->answer;
    r.outcome.retry_after = r.attempted->retry_after;
    if (answer && wish_.request.format == Format::text && !answer->cut &&
        answer->data.as_string().value_or("x").empty()) {
      r.attempted->usage = std::move(answer->usage);
      Error empty(codes::kAnswerNotUsable, Fatality::fatal, "the model answered with nothing");
      answer = fail(std::move(empty.with("kind", Value::string("empty"))));
    }
    if (answer) {
      const auto& usage = answer->usage;
      r.outcome.tokens = usage.total ? usage.total : sum_of(usage.input, usage.output);
      return;
    }
    r.kind = error_kind(answer.error(), wish_.request.format, !wish_.request.prompt.images.empty());
    r.outcome.error = r.kind;
  }

  // Tells the state machine and the record how a call ended.
  void settle(Running& r) {
    const auto now = Clock::now();
    const CandidateId id = r.plan.candidate;
    if (!r.admitted) return failover_->not_admitted(id);
    failover_->ended(id, r.outcome, now);
    nano_usd_ += r.bill.nano_usd;
    cost_ = cost_ + r.bill.cost();
    decision_.attempts.push_back({.candidate = id,
                                  .after_us = micros(r.began - came_),
                                  .took_us = micros(now - r.began),
                                  .end = r.kind ? std::string(routing::name_of(*r.kind)) : "",
                                  .reserved = r.reserved,
                                  .charged = r.bill.nano_usd,
                                  .hedge = r.hedge});
    if (const Error* error = r.error()) {
      last_error_ = *error;
      note_failure(id, *error, *r.kind);
      log_failure(id, *error, *r.kind);
    }
  }

  std::string needs() const {
    return std::string(request_.needs_json ? "json" : "text") +
           (request_.needs_image ? "+image" : "");
  }

  // What is told about a failed call: codes, never texts, which could repeat the prompt.
  void note_failure(CandidateId id, const Error& error, ErrorKind kind) {
    const auto& candidate = router_.set()[id];
    Value row = Value::fields("provider", Value::string(candidate.backend), "model",
                              Value::string(candidate.model), "error",
                              Value::string(std::string(error.code())), "kind",
                              Value::string(std::string(routing::name_of(kind))));
    if (const Value* status = error.ctx().find("status")) row.as_map()->set("status", *status);
    failures_.push_back(std::move(row));
  }

  void log_failure(CandidateId id, const Error& error, ErrorKind kind) const {
    if (kind == ErrorKind::cancelled) return;
    const auto& candidate = router_.set()[id];
    Error shown = error;
    context_.call.catalog->redactor().redact(shown);
    context_.logger.warn("a model failed, going on",
                         {{"provider", Value::string(candidate.backend)},
                          {"model", Value::string(candidate.model)},
                          {"kind", Value::string(std::string(routing::name_of(kind)))},
                          {"error", shown.to_value()},
                          {"record", Value::string(decision_.id)}});
  }

  Result<PromptAnswer> answer_of(Running& r) {
    PromptAnswer answer;
    answer.candidate = r.plan.candidate;
    answer.answer = std::move(*r.attempted->answer);
    answer.nano_usd = nano_usd_;
    answer.record = decision_.id;
    if (context_.facts->gen_rate) {
      auto gen = pricing::consumed_gen(cost_, *context_.facts->gen_rate);
      if (!gen) return fail(std::move(gen).error());
      answer.consumed_gen = std::move(*gen);
    }
    return answer;
  }

  // The prompt's own end counts before what the state machine says of it.
  Error why(const routing::GiveUp& over) const {
    if (last_error_) {
      const auto code = last_error_->code();
      const bool own = code == codes::kBudgetExceeded || code == codes::kCancelled ||
                       code == codes::kScriptBadArgument || code.starts_with("LEDGER_");
      if (own) return *last_error_;
    }
    Error error = over.to_error(Clock::now());
    if (over.why == routing::GiveUp::Why::deadline || over.last == ErrorKind::deadline) {
      error = Error(codes::kDeadlineExceeded, Fatality::fatal,
                    "no model answered in the time there was");
      error.with("timeout", Value::string("deadline"));
    }
    error.with("needs", Value::string(needs()));
    error.with("attempts", Value::array(Value::Array(failures_)));
    return error;
  }

  void record(std::string outcome) {
    decision_.outcome = std::move(outcome);
    decision_.state = routing::to_text(snapshot_);
    store::DecisionRecord record;
    record.id = decision_.id;
    record.made_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(decision_.at.time_since_epoch())
            .count();
    record.text = to_text(decision_, router_.set(), store::DecisionRecord::kMostBytes);
    spending_.record(std::move(record));
  }

  RunContext context_;
  PromptWish wish_;
  Deadline deadline_;
  Router& router_;
  Spending& spending_;
  std::shared_ptr<const pricing::Catalog> prices_;
  Time came_;
  routing::Request request_;
  routing::Snapshot snapshot_;
  Decision decision_;
  std::optional<routing::Failover> failover_;
  std::optional<asio::steady_timer> wake_;
  std::size_t running_ = 0;
  std::int64_t nano_usd_ = 0;
  pricing::Usd cost_;  // the same, not rounded
  std::optional<Error> last_error_;
  Value::Array failures_;
};

}  // namespace

Value PromptAnswer::to_value(const Candidates& candidates) && {
  const auto& chosen = (*candidates.set())[candidate];
  return Value::fields("data", std::move(answer.data), "consumed_gen",
                       Value::integer(std::move(consumed_gen)), "tokens", answer.usage.to_value(),
                       "provider", Value::string(chosen.backend), "model",
                       Value::string(chosen.model), "cost",
                       Value::string(pricing::Usd::from_nano(nano_usd).to_string()), "record",
                       Value::string(record));
}

Result<PromptWish> wish_of(PromptRequest request, const Candidates& candidates) {
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

asio::awaitable<Result<PromptAnswer>> run_prompt(RunContext context, PromptWish wish,
                                                 Deadline deadline) {
  PromptRun run(std::move(context), std::move(wish), deadline);
  auto result = co_await run.run();
  co_return result;
}

RankedView rank_now(const RunContext& context, const PromptWish& wish) {
  PromptRun run(context, wish, Deadline::never());
  return run.look();
}

}  // namespace gvm::llm
