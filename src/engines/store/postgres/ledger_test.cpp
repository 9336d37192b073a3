// The shared ledger against a real server. Each ledger of these tests stands for a machine.
#include "store/postgres/ledger.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <random>
#include <thread>

#include "store/codes.h"
#include "store/postgres/reader.h"
#include "store/postgres/test_postgres.h"

namespace gvm::store::postgres {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

TEST_F(PgLedgerTest, TwoMachinesShareABudget) {
  const auto budget = make_budget("day", 100);
  const auto one = open();
  const auto two = open();
  auto first = reserve(*one, make_request({{budget, "a"}}, 60));
  ASSERT_TRUE(first) << first.error().to_string();
  const auto refused = reserve(*two, make_request({{budget, "a"}}, 41));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), codes::kBudgetExceeded);
  EXPECT_EQ(refused.error().ctx().find("reserved")->as_string(), "60");
  first->settle(make_settlement(20));
  ASSERT_TRUE(one->flush(30s));
  EXPECT_TRUE(reserve(*two, make_request({{budget, "a"}}, 80)));
  ASSERT_TRUE(two->flush(30s));
  EXPECT_EQ(balance(*two, budget).spent, Integer(20));
  EXPECT_EQ(balance(*one, budget).reserved, Integer(0));
  EXPECT_EQ(usage(*two, {By::model})[0].nano_usd, Integer(20));
  EXPECT_EQ(findings(options()), "");
}

// Two machines, many sessions each, with overlapping budgets in opposite orders.

TEST_F(PgLedgerTest, ParallelSessionsOfTwoMachinesSpendNotOneNanoUsdTooMuch) {
  constexpr int kSessions = 30;
  constexpr std::int64_t kWorst = 1'000;
  constexpr std::int64_t kLimit = 300 * kWorst;
  const auto total = make_budget("total", kLimit);
  const auto minute =
      make_budget("a rolling one", kLimit * 10, Unit::usd, {Span::hour, Rhythm::rolling});
  std::atomic<std::int64_t> billed{0};
  std::atomic<int> odd_errors{0};
  const auto session = [&](Ledger& ledger, std::uint32_t seed) -> asio::awaitable<void> {
    std::minstd_rand random(seed + 1);
    for (;;) {
      std::vector<Charge> charges{{total, ""}, {minute, ""}};
      if (seed % 2 == 0) std::ranges::reverse(charges);
      auto request = make_request(std::move(charges), kWorst);
      auto call = co_await ledger.reserve(std::move(request));
      if (!call) {
        if (call.error().code() != codes::kBudgetExceeded) ++odd_errors;
        co_return;
      }
      if (random() % 10 == 0) continue;
      const auto cost = static_cast<std::int64_t>(kWorst / 2 + random() % (kWorst / 2));
      billed += cost;
      call->settle(make_settlement(cost));
    }
  };
  std::vector<std::shared_ptr<Ledger>> machines{open(), open()};
  std::vector<std::thread> lanes;
  for (std::size_t machine = 0; machine < machines.size(); ++machine) {
    lanes.emplace_back([&, machine] {
      asio::io_context context(1);
      for (int i = 0; i < kSessions; ++i) {
        const auto seed =
            static_cast<std::uint32_t>(machine) * 100U + static_cast<std::uint32_t>(i);
        asio::co_spawn(context, session(*machines[machine], seed), asio::detached);
      }
      context.run();
    });
  }
  for (auto& lane : lanes) lane.join();
  for (auto& machine : machines) ASSERT_TRUE(machine->flush(60s));
  EXPECT_EQ(odd_errors, 0);
  EXPECT_LE(billed, kLimit);
  EXPECT_GE(billed, kLimit / 2);
  EXPECT_EQ(balance(*machines[0], total).spent, Integer(billed));
  EXPECT_EQ(balance(*machines[0], total).reserved, Integer(0));
  EXPECT_EQ(findings(options()), "");
}

// The server crashes and restarts while calls are made: no call is lost or counted twice.

TEST_F(PgLedgerTest, AClockThatGoesBackDoesNotReopenASpentWindow) {
  const auto budget = make_budget("day", 10);
  const auto rolling = make_budget("r", 10, Unit::usd, {Span::hour, Rhythm::rolling});
  const auto ledger = open();
  set_clock(kNoonMs);
  auto call = reserve(*ledger, make_request({{budget, ""}, {rolling, ""}}, 10));
  ASSERT_TRUE(call);
  call->settle(make_settlement(10));
  ASSERT_TRUE(ledger->flush(60s));
  set_clock(kNoonMs - 3 * kDayMs);
  EXPECT_FALSE(reserve(*ledger, make_request({{budget, ""}}, 1)));
  EXPECT_FALSE(reserve(*ledger, make_request({{rolling, ""}}, 1)));
  set_clock(kNoonMs + kDayMs);
  EXPECT_TRUE(reserve(*ledger, make_request({{budget, ""}, {rolling, ""}}, 1)));
}

// Random calls at random times: the database and the accounts in memory always agree.

TEST_F(PgLedgerTest, DecidesAsTheAccountsInMemoryDo) {
  FakeClock clock;
  Accounts accounts(clock.source(), 1'000);
  const auto ledger = open();
  std::vector<BudgetPtr> budgets;
  for (const auto span : {Span::minute, Span::hour, Span::week, Span::month}) {
    for (const auto rhythm : {Rhythm::calendar, Rhythm::rolling}) {
      const Period period{span, rhythm};
      const auto unit = rhythm == Rhythm::calendar ? Unit::gen : Unit::usd;
      budgets.push_back(make_budget("b", Integer(45 + 15 * static_cast<int>(span)), unit, period));
    }
  }
  std::mt19937 random(7);
  struct Open {
    Reservation database;
    ReservedCall memory;
  };
  std::vector<Open> open_calls;
  int refused = 0;
  for (int step = 0; step < 100; ++step) {
    SCOPED_TRACE(step);
    clock.pass(static_cast<std::int64_t>(random() % 40'000) * (random() % 20 == 0 ? 500 : 1));
    set_clock(clock.wall);
    auto request = make_request({}, 10 + static_cast<std::int64_t>(random() % 30));
    request.worst.gen = request.worst.nano_usd;
    for (const auto& budget : budgets) {
      if (random() % 3 == 0) request.charges.push_back({budget, random() % 2 == 0 ? "x" : "y"});
    }
    std::ranges::sort(request.charges, {},
                      [](const Charge& one) { return account_key(*one.budget, one.scope); });
    const auto charges = request.charges;
    const auto worst = request.worst;
    auto made = accounts.reserve(charges, worst, "s1");
    auto call = reserve(*ledger, std::move(request));
    ASSERT_EQ(made.has_value(), call.has_value());
    if (!made) {
      ++refused;
      EXPECT_EQ(made.error(), call.error());
    } else {
      ReservedCall held{.worst = worst, .info = {.session = "s1"}, .charges = made->charges};
      open_calls.push_back({std::move(*call), std::move(held)});
    }
    while (open_calls.size() > 3) {
      const auto at =
          open_calls.begin() + static_cast<std::ptrdiff_t>(random() % open_calls.size());
      auto settlement = make_settlement(static_cast<std::int64_t>(random() % 25));
      settlement.actual.gen = settlement.actual.nano_usd;
      accounts.settle(at->memory, settlement.actual);
      at->database.settle(settlement);
      open_calls.erase(at);
    }
    ASSERT_TRUE(ledger->flush(60s));
  }
  EXPECT_GT(refused, 10);
  EXPECT_EQ(findings(options()), "");
}

TEST_F(PgLedgerTest, ABudgetOfASessionNeedsNoServer) {
  const auto budget = make_budget("own", 10, Unit::usd, {Span::session, {}});
  const auto ledger = open();
  auto call = reserve(*ledger, make_request({{budget, ""}}, 10));
  ASSERT_TRUE(call);
  EXPECT_FALSE(reserve(*ledger, make_request({{budget, ""}}, 1)));
  call->release();
  EXPECT_TRUE(reserve(*ledger, make_request({{budget, ""}}, 10)));
  ledger->end_session("s1");
  EXPECT_EQ(ledger->stats().accounts, 0U);
}

TEST_F(PgLedgerTest, DecisionRecordsAreKept) {
  const auto ledger = open();
  const auto now_ms = TimeSource::system().wall_ms();
  ledger->put_record({"id", now_ms, [] { return std::string("{\"a\":\"\0\"}", 9); }});
  asio::io_context context;
  std::optional<DecisionRecord> found;
  EXPECT_TRUE(eventually([&] {
    const auto record = test::run(context, ledger->record("id"));
    EXPECT_TRUE(record) << record.error().to_string();
    if (record) found = *record;
    return !record || found;
  }));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, "{\"a\":\"\"}") << "a text of PostgreSQL has no zero bytes";
}

TEST_F(PgLedgerTest, VerifyNamesTheAccountThatWasTamperedWith) {
  const auto budget = make_budget("day", 100);
  const auto ledger = open();
  auto call = reserve(*ledger, make_request({{budget, "a=b"}}, 60));
  auto open_call = reserve(*ledger, make_request({{budget, "a=b"}}, 30));
  ASSERT_TRUE(call && open_call);
  call->settle(make_settlement(40));
  ASSERT_TRUE(ledger->flush(60s));
  EXPECT_EQ(findings(options()), "");
  server->run_sql("UPDATE gvm_buckets SET spent = spent - 1, reserved = reserved + 1");
  EXPECT_THAT(findings(options()), HasSubstr("has 39 spent, its calls have 40"));
  EXPECT_THAT(findings(options()), HasSubstr("has 31 reserved, its calls have 30"));
}

}  // namespace
}  // namespace gvm::store::postgres
