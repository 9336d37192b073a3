// The embedded ledger as callers see it: kept across restarts, shared by threads, queried.
#include "store/sqlite/ledger.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <random>
#include <thread>

#include "store/codes.h"
#include "store/sqlite/database.h"
#include "store/sqlite/journal.h"
#include "store/sqlite/test_reader.h"

namespace gvm::store::sqlite {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

struct SqliteLedgerTest : testing::Test {
  TempFolder folder;
  FakeClock clock;

  LedgerOptions options() {
    LedgerOptions options;
    options.folder = folder.path();
    options.group_interval = 1ms;
    options.time = clock.source();
    return options;
  }
  std::shared_ptr<Ledger> open() {
    auto ledger = open_ledger(options(), {});
    EXPECT_TRUE(ledger) << ledger.error().to_string();
    return ledger ? *ledger : nullptr;
  }
};

TEST_F(SqliteLedgerTest, WhatWasSpentSurvivesARestart) {
  const auto budget = make_budget("day", 100);
  auto ledger = open();
  auto call = reserve(*ledger, make_request({{budget, "a"}}, 60));
  ASSERT_TRUE(call);
  call->settle(make_settlement(40));
  ledger->close();
  ledger.reset();

  ledger = open();
  EXPECT_EQ(balance(*ledger, budget).spent, Integer(40));
  EXPECT_EQ(ledger->recovery().in_flight, 0U);
  EXPECT_FALSE(reserve(*ledger, make_request({{budget, "a"}}, 61)));
  EXPECT_TRUE(reserve(*ledger, make_request({{budget, "a"}}, 60)));
  EXPECT_EQ(findings(options()), "");
}

TEST_F(SqliteLedgerTest, EveryWindowSurvivesARestart) {
  std::vector<Charge> charges;
  for (const auto span : {Span::minute, Span::hour, Span::day, Span::week, Span::month}) {
    for (const auto rhythm : {Rhythm::calendar, Rhythm::rolling}) {
      for (const auto unit : {Unit::usd, Unit::tokens, Unit::requests, Unit::gen}) {
        const Period period{span, rhythm};
        charges.push_back({make_budget("b", Integer::pow2(300), unit, period), "s"});
      }
    }
  }
  auto ledger = open();
  auto call = reserve(*ledger, make_request(charges, 60));
  ASSERT_TRUE(call);
  auto settlement = make_settlement(40);
  settlement.actual.gen = Integer::pow2(200);
  call->settle(settlement);
  ledger.reset();
  *call = Reservation();

  ledger = open();
  for (const auto& charge : charges) {
    const auto row = balance(*ledger, charge.budget);
    EXPECT_EQ(row.spent, settlement.actual.in(charge.budget->unit))
        << charge.budget->period.name() << ' ' << unit_name(charge.budget->unit);
  }
  EXPECT_EQ(findings(options()), "");
}

TEST_F(SqliteLedgerTest, ADroppedReservationIsReleased) {
  const auto budget = make_budget("day", 10);
  const auto ledger = open();
  {
    auto call = reserve(*ledger, make_request({{budget, ""}}, 10));
  }
  EXPECT_EQ(balance(*ledger, budget).remaining(), Integer(10));
  auto moved = reserve(*ledger, make_request({{budget, ""}}, 10));
  ASSERT_TRUE(moved);
  Reservation other;
  other = std::move(*moved);
  EXPECT_FALSE(*moved);
  EXPECT_EQ(balance(*ledger, budget).reserved, Integer(10));
  other = Reservation();
  EXPECT_EQ(balance(*ledger, budget).reserved, Integer(0));
  EXPECT_EQ(ledger->stats().released, 2U);
}

TEST_F(SqliteLedgerTest, AnEndedReservationEndsOnce) {
  const auto budget = make_budget("day", 10);
  const auto ledger = open();
  auto call = reserve(*ledger, make_request({{budget, ""}}, 10));
  ASSERT_TRUE(call);
  call->settle(make_settlement(4));
  call->settle(make_settlement(4));
  call->release();
  EXPECT_EQ(balance(*ledger, budget).spent, Integer(4));
  EXPECT_EQ(usage(*ledger)[0].calls, 1);
}

TEST_F(SqliteLedgerTest, AnUnknownBillChargesTheWholeReservationAndIsFlagged) {
  const auto budget = make_budget("day", 30);
  const auto ledger = open();
  auto lost = reserve(*ledger, make_request({{budget, ""}}, 10));
  ASSERT_TRUE(lost);
  lost->settle_unknown({.actual = {}, .error = "cut off"});
  auto absurd = reserve(*ledger, make_request({{budget, ""}}, 10));
  ASSERT_TRUE(absurd);
  absurd->settle(make_settlement(-5));
  EXPECT_EQ(balance(*ledger, budget).spent, Integer(20));
  const auto rows = usage(*ledger);
  EXPECT_EQ(rows[0].uncertain, 2);
  EXPECT_EQ(rows[0].errors, 1);
}

TEST_F(SqliteLedgerTest, ACallThatCostMoreThanItsWorstCaseIsChargedWhole) {
  const auto budget = make_budget("day", 30);
  const auto ledger = open();
  auto call = reserve(*ledger, make_request({{budget, ""}}, 10));
  ASSERT_TRUE(call);
  call->settle(make_settlement(25));
  EXPECT_EQ(balance(*ledger, budget).spent, Integer(25));
  EXPECT_FALSE(reserve(*ledger, make_request({{budget, ""}}, 6)));
}

TEST_F(SqliteLedgerTest, InvalidWorstCasesAreRefused) {
  const auto ledger = open();
  const auto refused = reserve(*ledger, make_request({}, -1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), codes::kInvalidAmount);
}

// 1,000 sessions on two lanes, each with as many calls as its budgets allow. Prices vary; settled
// amounts are below the reservations.
TEST_F(SqliteLedgerTest, AThousandParallelSessionsSpendNotOneNanoUsdTooMuchAndUseTheirBudget) {
  constexpr int kSessions = 1'000;
  constexpr int kLanes = 2;
  constexpr std::int64_t kWorst = 1'000;
  constexpr std::int64_t kLimit = 20'000 * kWorst;
  const auto total = make_budget("total", kLimit);
  const auto requests = make_budget("requests", 1'000'000, Unit::requests, {Span::hour, {}});
  const auto ledger = open();
  std::atomic<std::int64_t> billed{0};
  std::atomic<bool> exceeded_once{false};
  const auto session = [&](std::uint32_t seed) -> asio::awaitable<void> {
    std::minstd_rand random(seed + 1);
    for (;;) {
      auto request = make_request({{total, ""}, {requests, std::to_string(seed)}}, kWorst);
      auto call = co_await ledger->reserve(std::move(request));
      if (!call) {
        exceeded_once = exceeded_once || call.error().code() == codes::kBudgetExceeded;
        co_return;
      }
      const auto executor = co_await asio::this_coro::executor;
      co_await asio::post(executor, asio::use_awaitable);
      const auto cost = static_cast<std::int64_t>(random() % kWorst);
      if (random() % 10 == 0) continue;  // released
      billed += cost;
      call->settle(make_settlement(cost));
    }
  };
  std::vector<std::thread> lanes;
  for (int lane = 0; lane < kLanes; ++lane) {
    lanes.emplace_back([&, lane] {
      asio::io_context context(1);
      for (int i = 0; i < kSessions / kLanes; ++i) {
        const auto seed = static_cast<std::uint32_t>(lane * kSessions + i);
        asio::co_spawn(context, session(seed), asio::detached);
      }
      context.run();
    });
  }
  for (auto& lane : lanes) lane.join();
  EXPECT_TRUE(exceeded_once);
  EXPECT_LE(billed, kLimit);
  EXPECT_GE(billed, kLimit * 95 / 100);
  EXPECT_EQ(balance(*ledger, total).spent, Integer(billed));
  EXPECT_EQ(balance(*ledger, total).reserved, Integer(0));
  EXPECT_EQ(usage(*ledger)[0].nano_usd, Integer(billed));
  EXPECT_EQ(findings(options()), "");
}

TEST_F(SqliteLedgerTest, UsageIsGroupedAsAsked) {
  const auto ledger = open();
  const auto spend = [&](std::string backend, std::string model, std::int64_t cost,
                         std::string error) {
    auto request = make_request({}, 1'000);
    request.info.backend = std::move(backend);
    request.info.model = std::move(model);
    auto call = reserve(*ledger, std::move(request));
    auto settlement = make_settlement(cost);
    settlement.error = std::move(error);
    call->settle(settlement);
  };
  spend("a", "x", 1, "");
  spend("a", "y", 10, "timeout");
  clock.pass(kDayMs);
  spend("a", "x", 100, "");
  spend("b", "x", 1'000, "");
  const auto text = [&](std::vector<By> by) {
    std::vector<std::string> lines;
    for (const auto& row : usage(*ledger, std::move(by))) {
      std::string line;
      for (const auto& part : row.group) line += part + " ";
      lines.push_back(line + std::to_string(row.calls) + " " + std::to_string(row.errors) + " " +
                      row.nano_usd.to_string() + " " + row.tokens.to_string());
    }
    return lines;
  };
  EXPECT_THAT(text({}), ElementsAre("4 1 1111 28"));
  EXPECT_THAT(text({By::backend}), ElementsAre("a 3 1 111 21", "b 1 0 1000 7"));
  EXPECT_THAT(
      text({By::day, By::model}),
      ElementsAre("2025-01-15 x 1 0 1 7", "2025-01-15 y 1 1 10 7", "2025-01-16 x 2 0 1100 14"));
  EXPECT_THAT(text({By::key}), ElementsAre("k1 4 1 1111 28"));
}

TEST_F(SqliteLedgerTest, DecisionRecordsAreKeptForTheirTimeAndNoLonger) {
  auto settings = options();
  settings.keep_records = std::chrono::hours(1);
  auto ledger = open_ledger(settings, {});
  ASSERT_TRUE(ledger);
  (*ledger)->put_record({"old", clock.wall, [] { return "{}"; }});
  const auto get = [&](std::string id) {
    EXPECT_TRUE((*ledger)->flush(30s));
    asio::io_context context;
    auto record = test::run(context, (*ledger)->record(std::move(id)));
    EXPECT_TRUE(record);
    return *record ? (*record)->text : std::string("none");
  };
  EXPECT_EQ(get("old"), "{}");
  EXPECT_EQ(get("unknown"), "none");
  clock.pass(2 * kHour);
  (*ledger)->put_record({"new", clock.wall, [] { return "{\"n\":1}"; }});
  EXPECT_EQ(get("new"), "{\"n\":1}");
  EXPECT_EQ(get("old"), "none");
}

TEST_F(SqliteLedgerTest, ADecisionRecordOverItsSizeIsDroppedAndCounted) {
  const auto ledger = open();
  const auto put = [&](std::size_t bytes) {
    ledger->put_record({"id", 1, [bytes] { return std::string(bytes, 'x'); }});
    EXPECT_TRUE(ledger->flush(30s));
    return ledger->stats().records_dropped;
  };
  EXPECT_EQ(put(DecisionRecord::kMostBytes + 1), 1U);
  EXPECT_EQ(put(DecisionRecord::kMostBytes), 1U);
}

TEST_F(SqliteLedgerTest, OldCallsArePurgedAndTheRestStillVerifies) {
  auto settings = options();
  settings.keep_calls = std::chrono::hours(24 * 40);
  const auto budget = make_budget("month", 1'000'000, Unit::usd, {Span::month, {}});
  auto ledger = open_ledger(settings, {});
  ASSERT_TRUE(ledger);
  for (int day = 0; day < 120; ++day) {
    auto call = reserve(**ledger, make_request({{budget, ""}}, 10));
    ASSERT_TRUE(call);
    call->settle(make_settlement(10));
    ASSERT_TRUE((*ledger)->flush(30s));
    clock.pass(kDayMs);
  }
  const auto rows = usage(**ledger);
  EXPECT_LE(rows[0].calls, 42);
  EXPECT_GE(rows[0].calls, 40);
  EXPECT_EQ(findings(settings), "");
}

TEST_F(SqliteLedgerTest, AClockSetBackOverARestartDoesNotReopenASpentWindow) {
  const auto budget = make_budget("day", 10);
  auto ledger = open();
  auto call = reserve(*ledger, make_request({{budget, ""}}, 10));
  call->settle(make_settlement(10));
  ledger.reset();
  *call = Reservation();
  clock.wall -= kDayMs;
  ledger = open();
  EXPECT_FALSE(reserve(*ledger, make_request({{budget, ""}}, 1)));
  EXPECT_GE(ledger->stats().clock_behind_ms, kDayMs);
}

TEST_F(SqliteLedgerTest, VerifyNamesTheAccountThatWasTamperedWith) {
  const auto budget = make_budget("day", 100);
  auto ledger = open();
  auto call = reserve(*ledger, make_request({{budget, "a=b"}}, 60));
  call->settle(make_settlement(40));
  ledger.reset();
  *call = Reservation();
  auto database = Database::open(folder.path() / "ledger.db", Access::read_write);
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->execute("UPDATE accounts SET spent = '39'"));
  EXPECT_THAT(findings(options()), HasSubstr("account day (day, usd) a=b from 2025-01-15T00:00:00Z "
                                             "has 39, its calls have 40"));
}

TEST_F(SqliteLedgerTest, TheJournalStaysSmallWhileCallsComeAndGo) {
  auto settings = options();
  settings.segment_bytes = 16 * kKiB;
  auto opened = open_ledger(settings, {});
  ASSERT_TRUE(opened);
  auto& ledger = **opened;
  const auto budget = make_budget("day", 1'000'000'000);
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 100; ++i) {
      auto call = reserve(ledger, make_request({{budget, ""}}, 10));
      ASSERT_TRUE(call);
      if (i % 2 == 0) call->settle(make_settlement(3));
    }
    ASSERT_TRUE(ledger.flush(30s));
  }
  ASSERT_TRUE(ledger.flush(30s));
  EXPECT_LE(segment_files(folder.path()).size(), 3U);
  EXPECT_EQ(usage(ledger)[0].calls, 1'000);
}

TEST_F(SqliteLedgerTest, WithoutAnythingToDoNothingIsWritten) {
  const auto ledger = open();
  auto call = reserve(*ledger, make_request({}, 1));
  call->settle(make_settlement(1));
  ASSERT_TRUE(ledger->flush(30s));
  const auto wal = std::filesystem::last_write_time(folder.path() / "ledger.db-wal");
  std::this_thread::sleep_for(100ms);  // a hundred group intervals
  EXPECT_EQ(std::filesystem::last_write_time(folder.path() / "ledger.db-wal"), wal);
}

}  // namespace
}  // namespace gvm::store::sqlite
