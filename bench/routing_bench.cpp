// The cost of a routing decision: snapshot and ranking of 100 candidates, by strategy, compared
// with copying the snapshot alone.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <memory>
#include <vector>

#include "routing/failover.h"
#include "routing/permits.h"

namespace {

using namespace gvm::routing;

constexpr std::size_t kCandidates = 100;

Time moment(std::int64_t ms) {
  return Time{} + std::chrono::hours(1) + milliseconds(ms);
}

std::vector<Candidate> candidates() {
  std::vector<Candidate> out;
  for (std::size_t i = 0; i < kCandidates; ++i) {
    Candidate one;
    one.backend = fmt::format("backend{}", i / 4);
    one.model = fmt::format("model{}", i / 2 % 2);
    one.endpoint = fmt::format("https://host{}.example", i / 4);
    one.key = static_cast<std::uint32_t>(i % 2);
    one.json = one.image = true;
    one.context_length = 128'000;
    one.weight = 1 + static_cast<double>(i % 5);
    one.tier = static_cast<unsigned>(i / 50);
    one.limits = {.requests_per_minute = 10'000,
                  .tokens_per_minute = 10'000'000,
                  .concurrency = 64,
                  .backend_concurrency = 256};
    out.push_back(one);
  }
  return out;
}

// A module during its work: known latencies, calls in flight, some breakers not closed.
struct Module {
  Module()
      : table(std::make_shared<const CandidateSet>(CandidateSet::create(candidates()).value()),
              {}) {
    Random random(1);
    for (CandidateId id = 0; id < kCandidates; ++id) {
      for (int i = 0; i < 8; ++i)
        table.begin(id, moment(i), 500)
            .value()
            .finish(CallOutcome::success(), moment(i + 20 + random.below(2'000)));
      if (id % 10 == 7) {
        for (int i = 0; i < 5; ++i)
          table.begin(id, moment(10), 1)
              .value()
              .finish(CallOutcome::failure(ErrorKind::server_error), moment(20));
      }
      if (id % 3 == 0) running.push_back(std::move(table.begin(id, moment(5'000), 800).value()));
      costs.push_back(1'000 + random.below(100'000));
    }
  }

  HealthTable table;
  std::vector<Call> running;
  std::vector<NanoUsd> costs;
};

Request request_of(const Module& module, std::uint64_t seed) {
  Request request;
  request.needs_json = true;
  request.tokens = 1'500;
  request.seed = seed;
  request.now = moment(5'100);
  request.worst_case_cost = module.costs;
  request.cost_limit = 1'000'000;
  return request;
}

// The whole decision, as a lane makes it for each prompt.
void BM_Decide(benchmark::State& state, Strategy strategy) {
  const Module module;
  RankPolicy policy;
  policy.strategy = strategy;
  Snapshot snapshot;
  Ranking ranking;
  std::uint64_t seed = 0;
  for (auto _ : state) {
    const auto request = request_of(module, ++seed);
    module.table.snapshot(request.now, snapshot);
    rank(module.table.candidates(), policy, request, snapshot, ranking);
    benchmark::DoNotOptimize(ranking.ranked.data());
  }
}
BENCHMARK_CAPTURE(BM_Decide, priority, Strategy::priority);
BENCHMARK_CAPTURE(BM_Decide, weighted, Strategy::weighted);
BENCHMARK_CAPTURE(BM_Decide, least_busy, Strategy::least_busy);
BENCHMARK_CAPTURE(BM_Decide, latency, Strategy::latency);
BENCHMARK_CAPTURE(BM_Decide, cheapest, Strategy::cheapest);
BENCHMARK_CAPTURE(BM_Decide, usage, Strategy::usage);

void BM_SnapshotOnly(benchmark::State& state) {
  const Module module;
  Snapshot snapshot;
  for (auto _ : state) {
    module.table.snapshot(moment(5'100), snapshot);
    benchmark::DoNotOptimize(snapshot.data());
  }
}
BENCHMARK(BM_SnapshotOnly);

void BM_BaselineCopySnapshot(benchmark::State& state) {
  const Module module;
  Snapshot snapshot;
  Snapshot copy;
  module.table.snapshot(moment(5'100), snapshot);
  for (auto _ : state) {
    copy = snapshot;
    benchmark::DoNotOptimize(copy.data());
  }
}
BENCHMARK(BM_BaselineCopySnapshot);

void BM_SnapshotText(benchmark::State& state) {
  const Module module;
  Snapshot snapshot;
  module.table.snapshot(moment(5'100), snapshot);
  std::size_t bytes = 0;
  for (auto _ : state) bytes = to_text(snapshot).size();
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(BM_SnapshotText);

void BM_BeginAndFinishACall(benchmark::State& state) {
  static Module module;
  std::int64_t ms = 6'000;
  for (auto _ : state) {
    ms += 10;
    auto call = module.table.begin(1, moment(ms), 100);
    if (call) call->finish(CallOutcome::success(), moment(ms + 5));
    benchmark::DoNotOptimize(call);
  }
}
BENCHMARK(BM_BeginAndFinishACall);

void BM_PermitWithoutWaiting(benchmark::State& state) {
  static PermitPool pool({.permits = 64, .queue = 64});
  for (auto _ : state) benchmark::DoNotOptimize(pool.try_enter());
}
BENCHMARK(BM_PermitWithoutWaiting)->ThreadRange(1, 2);

void BM_WholePlanOfAPrompt(benchmark::State& state) {
  Module module;
  RetryBudget retries;
  RankPolicy policy;
  policy.strategy = Strategy::latency;
  Snapshot snapshot;
  Ranking ranking;
  std::uint64_t seed = 0;
  for (auto _ : state) {
    const auto request = request_of(module, ++seed);
    module.table.snapshot(request.now, snapshot);
    rank(module.table.candidates(), policy, request, snapshot, ranking);
    Failover failover(module.table, retries, ranking, request, {});
    const auto action = failover.next(request.now);
    const auto id = std::get<Attempt>(action).candidate;
    if (auto call = module.table.begin(id, request.now, 0))
      call->finish(CallOutcome::success(), request.now);
    failover.ended(id, CallOutcome::success(), request.now);
  }
}
BENCHMARK(BM_WholePlanOfAPrompt);

}  // namespace
