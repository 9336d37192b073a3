// A process that is killed at any moment. The test writes the bill of an upstream beside the
// ledger. After the restart the ledger must contain the whole bill, plus at most the calls in
// flight, which it names.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "base/fd.h"
#include "store/sqlite/database.h"
#include "store/sqlite/test_reader.h"
#include "support/process.h"

namespace gvm::store::sqlite {
namespace {

using namespace std::chrono_literals;

constexpr int kThreads = 3;
constexpr std::int64_t kWorst = 1'000;

LedgerOptions options_in(const std::filesystem::path& folder) {
  LedgerOptions options;
  options.folder = folder;
  options.group_interval = 2ms;
  options.segment_bytes = 16 * kKiB;  // so that segments change often
  return options;
}

BudgetPtr the_budget() {
  return make_budget("month", 1'000'000'000'000, Unit::usd, {Span::month, {}});
}

// Spends until it is killed. Each line of the bill is an id and a cost, written by one write()
// between reserve and settle, as an upstream does.
TEST(LedgerCrashChild, DISABLED_Spends) {
  const char* const folder = std::getenv("GVM_LEDGER_FOLDER");
  ASSERT_NE(folder, nullptr);
  const auto opened = open_ledger(options_in(folder), {});
  ASSERT_TRUE(opened) << opened.error().to_string();
  auto& ledger = **opened;
  const auto budget = the_budget();
  const auto bill_path = std::filesystem::path(folder) / "bill";
  const Fd bill(::open(bill_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      std::minstd_rand random(static_cast<std::uint32_t>(::getpid() + i));
      for (;;) {
        auto call = reserve(ledger, make_request({{budget, ""}}, kWorst));
        if (!call) std::abort();
        if (random() % 8 == 0) continue;  // released
        const auto cost = static_cast<std::int64_t>(1 + random() % kWorst);
        const auto line = call->id() + " " + std::to_string(cost) + "\n";
        if (::write(bill.get(), line.data(), line.size()) < 0) std::abort();
        if (random() % 16 == 0) std::this_thread::sleep_for(1ms);
        call->settle(make_settlement(cost));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

struct Bill {
  std::map<std::int64_t, std::int64_t> cost;  // by id
  std::int64_t sum = 0;
};

Bill read_bill(const std::filesystem::path& folder) {
  Bill bill;
  std::ifstream file(folder / "bill");
  std::string line;
  while (std::getline(file, line)) {
    if (file.eof()) break;  // cut off
    std::int64_t id = 0, cost = 0;
    std::istringstream(line) >> id >> cost;
    bill.cost[id] = cost;
    bill.sum += cost;
  }
  return bill;
}

// For each call: an amount without a flag is exact; a flagged one is not less than the bill.
std::int64_t compare_calls(const std::filesystem::path& folder, Bill bill) {
  auto database = Database::open(folder / "ledger.db", Access::read_only);
  auto calls = database->prepare("SELECT id, nano_usd, flags FROM entries");
  std::int64_t flagged = 0;
  while (*calls->step()) {
    const auto billed = bill.cost.contains(calls->number(0)) ? bill.cost[calls->number(0)] : 0;
    if ((calls->number(2) & flags::kInFlightAtCrash) == 0) {
      EXPECT_EQ(calls->number(1), billed) << calls->number(0);
    } else {
      ++flagged;
      EXPECT_GE(calls->number(1), billed);
    }
    bill.cost.erase(calls->number(0));
  }
  EXPECT_TRUE(bill.cost.empty()) << "a billed call is missing: " << bill.cost.begin()->first;
  return flagged;
}

TEST(LedgerCrash, AfterKillAtAnyPointTheLedgerHasTheBillOrTheCallsInFlightMore) {
  TempFolder folder;
  std::mt19937 random(20'250'115);
  std::uint64_t in_flight = 0;
  constexpr int kRounds = 12;
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(round);
    test::Process child(
        {"/proc/self/exe", "--gtest_filter=LedgerCrashChild.*", "--gtest_also_run_disabled_tests"},
        {.environment = {"GVM_LEDGER_FOLDER=" + folder.path().string()}});
    // Some processes are killed while they recover from the crash before.
    const auto before = read_bill(folder.path()).cost.size();
    const auto calls = random() % 3 == 0 ? 0 : 1 + random() % 400;
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (calls > 0 && read_bill(folder.path()).cost.size() < before + calls &&
           std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    child.signal(SIGKILL);
    ASSERT_EQ(child.wait_exit(30s), 128 + SIGKILL) << child.out();
    if (round % 2 == 0) continue;  // two crashes in a row

    const auto options = options_in(folder.path());
    auto ledger = open_ledger(options, {});
    ASSERT_TRUE(ledger) << ledger.error().to_string();
    const auto& report = (*ledger)->recovery();
    EXPECT_LE(report.in_flight, 2U * kThreads);
    EXPECT_EQ(report.named.size(), report.in_flight);
    in_flight += report.in_flight;
    const auto bill = read_bill(folder.path());
    const auto spent = balance(**ledger, the_budget()).spent;
    EXPECT_GE(spent, Integer(bill.sum));
    const auto flagged = compare_calls(folder.path(), bill);
    EXPECT_LE(spent, Integer(bill.sum + flagged * kWorst));
    EXPECT_LE(flagged, static_cast<std::int64_t>(kThreads) * (round + 1));
    EXPECT_EQ(usage(**ledger)[0].uncertain, flagged);
    EXPECT_EQ(findings(options), "");
  }
  EXPECT_GT(in_flight, 0U) << "no kill struck a call in flight";
}

}  // namespace
}  // namespace gvm::store::sqlite
