#pragma once
// A deterministic simulation on a virtual clock: upstreams with latencies of their own, prompts
// that arrive at random, and all of routing in between.
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "routing/failover.h"
#include "routing/hedge.h"
#include "routing/random.h"
#include "routing/test_candidates.h"

namespace gvm::routing::testing {

class VirtualTime {
 public:
  Time now() const { return now_; }
  void at(Time when, std::function<void()> task) {
    tasks_.emplace(std::pair(std::max(when, now_), count_++), std::move(task));
  }
  void run() {
    while (!tasks_.empty()) {
      auto next = tasks_.extract(tasks_.begin());
      now_ = next.key().first;
      next.mapped()();
    }
  }

 private:
  Time now_ = testing::at(0);
  std::uint64_t count_ = 0;
  std::map<std::pair<Time, std::uint64_t>, std::function<void()>> tasks_;
};

struct Reply {
  Duration after;
  std::optional<ErrorKind> error;
};
// What an upstream does with a call that reaches it now.
using Upstream = std::function<Reply(CandidateId, Time, Random&)>;

struct Answered {
  Time arrived;
  Duration took;
  unsigned attempts;
  bool ok;
  GiveUp::Why why = GiveUp::Why::final_error;
};

struct WorldOptions {
  std::vector<Candidate> candidates;
  RankPolicy ranking;
  FailoverPolicy failover;
  HedgeOptions hedge;
  milliseconds patience{10'000};  // from arrival to deadline
  double per_second = 100;
  milliseconds length{60'000};
  std::uint64_t seed = 1;
};

class World {
 public:
  World(WorldOptions options, Upstream upstream)
      : options_(std::move(options)),
        upstream_(std::move(upstream)),
        table_(set_of(options_.candidates), {}),
        hedges_(options_.hedge),
        random_(options_.seed) {}

  std::vector<Answered> run() {
    Time when = clock_.now();
    const Time end = when + options_.length;
    while (when < end) {
      clock_.at(when, [this] { arrive(); });
      const double gap = -std::log(1 - random_.unit()) / options_.per_second;
      when += microseconds(static_cast<std::int64_t>(gap * 1e6));
    }
    clock_.run();
    return std::move(answers_);
  }
  const HealthTable& table() const { return table_; }
  std::uint64_t upstream_calls() const { return calls_; }

 private:
  struct Prompt {
    Time arrived;
    std::unique_ptr<Failover> failover;
    std::map<std::uint64_t, Call> running;
    bool over = false;
  };
  using PromptPtr = std::shared_ptr<Prompt>;

  void arrive() {
    auto prompt = std::make_shared<Prompt>();
    prompt->arrived = clock_.now();
    Request request;
    request.seed = random_.next();
    request.now = clock_.now();
    auto policy = options_.failover;
    policy.limits.deadline = clock_.now() + options_.patience;
    prompt->failover = std::make_unique<Failover>(
        table_, retries_, ranking_of(table_, options_.ranking, request), request, policy);
    step(prompt);
  }

  void step(const PromptPtr& prompt) {
    const auto action = prompt->failover->next(clock_.now());
    if (const auto* attempt = std::get_if<Attempt>(&action)) {
      clock_.at(clock_.now() + attempt->delay,
                [this, prompt, made = *attempt] { call(prompt, made, true); });
    } else if (const auto* wait = std::get_if<Wait>(&action)) {
      clock_.at(wait->until, [=, this] { step(prompt); });
    } else {
      finish(prompt, std::get<GiveUp>(action).why, false);
    }
  }

  void call(const PromptPtr& prompt, const Attempt& attempt, bool first) {
    auto begun = table_.begin(attempt.candidate, clock_.now(), 0, attempt.urgency);
    if (!begun) {
      prompt->failover->not_admitted(attempt.candidate);
      if (first) step(prompt);
      return;
    }
    const auto number = calls_++;
    const auto reply = upstream_(attempt.candidate, clock_.now(), random_);
    prompt->running.emplace(number, std::move(*begun));
    clock_.at(clock_.now() + reply.after, [=, this] { end(prompt, number, reply.error); });
    if (!first) return;
    hedges_.count_call();
    if (const auto when = hedges_.when(table_.latencies(attempt.candidate)))
      clock_.at(clock_.now() + *when, [=, this] { hedge(prompt, number); });
  }

  void hedge(const PromptPtr& prompt, std::uint64_t number) {
    if (prompt->over || !prompt->running.contains(number)) return;
    if (!hedges_.may_hedge(clock_.now())) return;
    if (const auto attempt = prompt->failover->hedge(clock_.now()))
      call(prompt, *attempt, false);
    else
      hedges_.give_back();
  }

  void end(const PromptPtr& prompt, std::uint64_t number, std::optional<ErrorKind> error) {
    if (!prompt->running.contains(number)) return;  // cancelled
    settle(prompt, number, {.error = error});
    if (!error) return finish(prompt, GiveUp::Why::final_error, true);
    if (prompt->running.empty()) step(prompt);
  }

  void settle(const PromptPtr& prompt, std::uint64_t number, const CallOutcome& outcome) {
    auto node = prompt->running.extract(number);
    node.mapped().finish(outcome, clock_.now());
    prompt->failover->ended(node.mapped().candidate(), outcome, clock_.now());
  }

  void finish(const PromptPtr& prompt, GiveUp::Why why, bool ok) {
    prompt->over = true;
    const auto attempts = prompt->failover->budget().attempts();
    while (!prompt->running.empty())
      settle(prompt, prompt->running.begin()->first, CallOutcome::failure(ErrorKind::cancelled));
    answers_.push_back({prompt->arrived, clock_.now() - prompt->arrived, attempts, ok, why});
  }

  WorldOptions options_;
  Upstream upstream_;
  HealthTable table_;
  RetryBudget retries_;
  HedgePolicy hedges_;
  VirtualTime clock_;
  Random random_;
  std::uint64_t calls_ = 0;
  std::vector<Answered> answers_;
};

inline double percentile_ms(std::vector<double> values, double quantile) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto rank =
      static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace gvm::routing::testing
