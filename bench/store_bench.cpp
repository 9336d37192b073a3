// The time that the ledger adds to a prompt: reserve and settle, one after the other, and from two
// lanes at full speed with everything stored. The folder is made in TMPDIR, which must be on the
// disk to be measured. GVM_POSTGRES_URL=postgresql://... measures that server as well.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <vector>

#include "ledger/open_ledger.h"

namespace {

using namespace gvm;
using namespace gvm::store;
using Nanoseconds = std::chrono::nanoseconds;

class Folder {
 public:
  Folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "gvm-store-bench-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::shared_ptr<Ledger> open(LedgerOptions options) {
  auto ledger = ledger::open_ledger(std::move(options), {});
  if (!ledger) throw std::runtime_error(ledger.error().to_string());
  return *ledger;
}

// Like those of an installation: all calls per day, a backend per rolling hour, a contract per
// month in gen.
std::vector<BudgetPtr> budgets() {
  const Integer plenty = Integer::pow2(300);
  const auto make = [&](const char* name, Unit unit, Period period) {
    return std::make_shared<Budget>(Budget{name, period, unit, plenty, Action::refuse});
  };
  return {make("all", Unit::usd, {Span::day, Rhythm::calendar}),
          make("backend", Unit::tokens, {Span::hour, Rhythm::rolling}),
          make("contract", Unit::gen, {Span::month, Rhythm::calendar})};
}

ReserveRequest a_call(const std::vector<BudgetPtr>& all, std::uint64_t number) {
  ReserveRequest request;
  request.charges = {{all[0], ""},
                     {all[1], "backend=openai"},
                     {all[2], "contract=" + std::to_string(number % 1'000)}};
  request.worst = {.nano_usd = 12'345'678, .tokens = 4'000, .requests = 1, .gen = Integer(1)};
  request.info = {.backend = "openai",
                  .model = "gpt-4o-mini",
                  .key_id = "key-1",
                  .session = std::to_string(number),
                  .node = "0x00000000000000000000000000000000000000aa",
                  .tx = "0x4f2d6b1c4e0d9b8a7c6f5e4d3c2b1a09f8e7d6c5b4a3928170f1e2d3c4b5a697",
                  .contract = "0x00000000000000000000000000000000000000bb"};
  return request;
}

// One call; returns the time of reserve and settle together.
boost::asio::awaitable<Nanoseconds> one_call(Ledger& ledger, const std::vector<BudgetPtr>& all,
                                             std::uint64_t number) {
  auto request = a_call(all, number);
  Settlement settlement;
  settlement.actual = {.nano_usd = 2'345'678, .tokens = 900, .requests = 1, .gen = Integer(1)};
  const auto before = std::chrono::steady_clock::now();
  auto call = co_await ledger.reserve(std::move(request));
  if (!call) throw std::runtime_error(call.error().to_string());
  call->settle(std::move(settlement));
  co_return std::chrono::steady_clock::now() - before;
}

// Calls that wait to be stored; beyond most_backlog the ledger refuses further ones.
constexpr std::size_t kMostWaiting = 20'000;

// Waits until most of the backlog is stored, so that calls never come faster than they can be
// written. Throws when nothing is stored for a minute.
void let_the_writer_catch_up(Ledger& ledger) {
  constexpr std::chrono::milliseconds kPause{1};
  constexpr std::chrono::minutes kLongest{1};
  auto least = ledger.stats().backlog;
  auto moved = std::chrono::steady_clock::now();
  while (least > kMostWaiting / 2) {
    std::this_thread::sleep_for(kPause);
    const auto now = std::chrono::steady_clock::now();
    const auto stats = ledger.stats();
    if (stats.backlog < least) moved = now;
    least = std::min(least, stats.backlog);
    if (now - moved > kLongest) throw std::runtime_error("nothing is stored: " + stats.alarm);
  }
}

// Checked only from time to time, because the check is not part of a call.
bool runs_ahead(Ledger& ledger, std::uint64_t calls) {
  constexpr std::uint64_t kEvery = 256;
  return calls % kEvery == 0 && ledger.stats().backlog > kMostWaiting;
}

// The end of the coroutine, or its exception.
template <class Run>
void run_to_its_end(Run&& run) {
  boost::asio::io_context context(1);
  boost::asio::co_spawn(context, run(), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  context.run();
}

void report(benchmark::State& state, std::vector<Nanoseconds>& took) {
  std::ranges::sort(took);
  const auto at = [&](double share) {
    const auto index = static_cast<std::size_t>(share * static_cast<double>(took.size() - 1));
    return static_cast<double>(took[index].count()) / 1e3;
  };
  state.counters["p50_us"] = at(0.5);
  state.counters["p99_us"] = at(0.99);
}

// One call after the other, with the writer beside it. When the writer falls behind, the benchmark
// waits outside of the measured time. BM_SqliteSustained measures how many calls per second can be
// sustained.
void reserve_and_settle(benchmark::State& state, Ledger& ledger) {
  const auto all = budgets();
  std::vector<Nanoseconds> took;
  std::uint64_t waits = 0;
  run_to_its_end([&]() -> boost::asio::awaitable<void> {
    std::uint64_t number = 0;
    for (auto _ : state) {
      const auto one = co_await one_call(ledger, all, number++);
      took.push_back(one);
      if (!runs_ahead(ledger, number)) continue;
      state.PauseTiming();
      let_the_writer_catch_up(ledger);
      ++waits;
      state.ResumeTiming();
    }
  });
  report(state, took);
  state.counters["waits"] = static_cast<double>(waits);
}

void BM_SqliteReserveSettle(benchmark::State& state) {
  const Folder folder;
  LedgerOptions options;
  options.folder = folder.path();
  const auto ledger = open(std::move(options));
  reserve_and_settle(state, *ledger);
  ledger->close();
}
BENCHMARK(BM_SqliteReserveSettle)->UseRealTime()->MinTime(3);

// At 5,000 calls per second, like a busy module.
void BM_SqliteReserveSettleAtFiveThousandASecond(benchmark::State& state) {
  const Folder folder;
  LedgerOptions options;
  options.folder = folder.path();
  const auto ledger = open(std::move(options));
  const auto all = budgets();
  std::vector<Nanoseconds> took;
  std::uint64_t most_waiting = 0;
  constexpr std::chrono::microseconds kEvery{200};
  auto next = std::chrono::steady_clock::now();
  run_to_its_end([&]() -> boost::asio::awaitable<void> {
    std::uint64_t number = 0;
    for (auto _ : state) {
      next += kEvery;
      std::this_thread::sleep_until(next);
      const auto one = co_await one_call(*ledger, all, number++);
      took.push_back(one);
      most_waiting = std::max(most_waiting, ledger->stats().backlog);
    }
  });
  report(state, took);
  state.SetItemsProcessed(state.iterations());
  const auto backlog = ledger->stats().backlog;
  state.counters["backlog"] = static_cast<double>(backlog);
  state.counters["most_waiting"] = static_cast<double>(most_waiting);
  ledger->close();
}
BENCHMARK(BM_SqliteReserveSettleAtFiveThousandASecond)->UseRealTime()->Iterations(25'000);

// Two lanes at full speed; the measured time ends when everything is in the database.
void BM_SqliteSustained(benchmark::State& state) {
  constexpr int kCalls = 50'000;
  const Folder folder;
  LedgerOptions options;
  options.folder = folder.path();
  const auto ledger = open(std::move(options));
  const auto all = budgets();
  const auto lane = [&] {
    run_to_its_end([&]() -> boost::asio::awaitable<void> {
      for (std::uint64_t i = 0; i < kCalls / 2; ++i) {
        const auto took = co_await one_call(*ledger, all, i);
        benchmark::DoNotOptimize(took);
        if (runs_ahead(*ledger, i)) let_the_writer_catch_up(*ledger);
      }
    });
  };
  for (auto _ : state) {
    std::thread other(lane);
    lane();
    other.join();
    if (!ledger->flush(std::chrono::minutes(5))) state.SkipWithError("not stored");
  }
  state.SetItemsProcessed(state.iterations() * kCalls);
  ledger->close();
}
BENCHMARK(BM_SqliteSustained)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(4);

void BM_PostgresReserveSettle(benchmark::State& state) {
  const char* const url = std::getenv("GVM_POSTGRES_URL");
  if (url == nullptr) return state.SkipWithError("GVM_POSTGRES_URL is not set");
  LedgerOptions options;
  options.postgres_url = Secret(url);
  const auto ledger = open(std::move(options));
  reserve_and_settle(state, *ledger);
  ledger->close();
}
BENCHMARK(BM_PostgresReserveSettle)->UseRealTime();

}  // namespace
