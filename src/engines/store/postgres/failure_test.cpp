// The shared ledger while the server cannot be reached, after it comes back, and when it is shared
// with another version.
#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "base/error_codes.h"
#include "store/codes.h"
#include "store/postgres/schema.h"
#include "store/postgres/test_postgres.h"

namespace gvm::store::postgres {
namespace {

using namespace std::chrono_literals;

TEST_F(PgLedgerTest, AServerThatRestartsInTheMiddleLosesNothing) {
  const auto budget = make_budget("day", 1'000'000'000);
  const auto ledger = open();
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> billed{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        auto call = reserve(*ledger, make_request({{budget, ""}}, 10));
        if (!call) {
          ++refused;
          continue;
        }
        billed += 7;
        call->settle(make_settlement(7));
      }
    });
  }
  ASSERT_TRUE(eventually([&] { return ledger->stats().stored > 20; }));
  for (int round = 0; round < 2; ++round) {
    server->restart();
    const auto stored = ledger->stats().stored;
    EXPECT_TRUE(eventually([&] { return ledger->stats().stored > stored + 20; }));
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  ASSERT_TRUE(ledger->flush(60s));
  EXPECT_EQ(refused, 0) << "a restart within reserve_timeout is waited for";
  EXPECT_EQ(balance(*ledger, budget).spent, Integer(billed));
  EXPECT_EQ(balance(*ledger, budget).reserved, Integer(0));
  EXPECT_EQ(findings(options()), "");
  EXPECT_GT(ledger->stats().failures, 0U);
  EXPECT_EQ(ledger->stats().alarm, "");
}

TEST_F(PgLedgerTest, WithoutTheServerCallsAreRefusedInTime) {
  auto settings = options();
  settings.reserve_timeout = 300ms;
  const auto ledger = open(settings);
  const auto budget = make_budget("day", 100);
  ASSERT_TRUE(eventually([&] { return bool(reserve(*ledger, make_request({{budget, ""}}, 1))); }));
  server->crash();
  const auto refused = reserve(*ledger, make_request({{budget, ""}}, 10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), codes::kLedgerUnavailable);
  EXPECT_TRUE(eventually([&] { return !ledger->stats().alarm.empty(); }));
  server->restart();
  EXPECT_TRUE(eventually([&] { return bool(reserve(*ledger, make_request({{budget, ""}}, 10))); }));
}

TEST_F(PgLedgerTest, WithoutTheServerCallsAreMadeAndChargedLaterWhenConfigured) {
  auto settings = options();
  settings.reserve_timeout = 300ms;
  settings.when_broken = WhenBroken::proceed;
  const auto ledger = open(settings);
  const auto budget = make_budget("day", 100);
  ASSERT_TRUE(eventually([&] {
    return reserve(*ledger, make_request({{budget, ""}}, 1)) && ledger->stats().alarm.empty();
  }));
  ASSERT_TRUE(ledger->flush(60s));
  server->crash();
  auto call = reserve(*ledger, make_request({{budget, ""}}, 10));
  ASSERT_TRUE(call) << call.error().to_string();
  EXPECT_GE(ledger->stats().unreserved, 1U);
  call->settle(make_settlement(9));
  EXPECT_TRUE(eventually([&] { return !ledger->stats().alarm.empty(); }));
  server->restart();
  ASSERT_TRUE(ledger->flush(60s));
  EXPECT_EQ(balance(*ledger, budget).spent, Integer(9));
  EXPECT_EQ(server->run_sql("SELECT flags & 8 FROM gvm_entries"), "8\n");
  EXPECT_EQ(findings(settings), "");
}

// The outage passes reserve_timeout between the two checks in reserve(): its clock is read in
// between, and stands still until then.
TEST_F(PgLedgerTest, AnOutageThatBecomesLongWhileACallIsPreparedRefusesIt) {
  std::atomic<bool> waits{false};
  auto settings = options();
  settings.reserve_timeout = 300ms;
  settings.time.wall_ms = [&waits, system = TimeSource::system()] {
    if (waits.exchange(false)) std::this_thread::sleep_for(600ms);
    return system.wall_ms();
  };
  const auto ledger = open(settings);
  ASSERT_TRUE(eventually([&] { return bool(reserve(*ledger, make_request({}, 1))); }));
  server->crash();
  ledger->put_record({.id = "r", .made_ms = 1, .text = [] { return std::string("x"); }});
  ASSERT_TRUE(eventually([&] { return !ledger->stats().alarm.empty(); }));
  waits = true;
  const auto refused = reserve(*ledger, make_request({}, 10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), codes::kLedgerUnavailable);
  EXPECT_EQ(ledger->stats().unreserved, 0U);
}

TEST_F(PgLedgerTest, ACallOfADeadMachineIsChargedWhenItsLeaseEnds) {
  auto settings = options();
  settings.lease = 1s;
  const auto budget = make_budget("day", 100);
  auto dead = open(settings);
  auto call = reserve(*dead, make_request({{budget, ""}}, 60));
  ASSERT_TRUE(call);
  dead->close();  // it neither settles nor releases calls any more
  const auto alive = open(settings);
  EXPECT_TRUE(eventually([&] { return balance(*alive, budget).spent == Integer(60); }));
  EXPECT_EQ(balance(*alive, budget).reserved, Integer(0));
  EXPECT_EQ(usage(*alive)[0].uncertain, 1);
  EXPECT_EQ(findings(settings), "");
}

TEST_F(PgLedgerTest, ATruthThatComesAfterTheLeaseCorrectsTheCharge) {
  auto settings = options();
  settings.lease = 1s;
  const auto budget = make_budget("day", 100);
  const auto ledger = open(settings);
  auto settled = reserve(*ledger, make_request({{budget, ""}}, 60));
  auto released = reserve(*ledger, make_request({{budget, ""}}, 30));
  ASSERT_TRUE(settled && released);
  ASSERT_TRUE(eventually([&] { return balance(*ledger, budget).spent == Integer(90); }));
  settled->settle(make_settlement(5));
  released->release();
  ASSERT_TRUE(ledger->flush(60s));
  EXPECT_EQ(balance(*ledger, budget).spent, Integer(5));
  const auto rows = usage(*ledger);
  EXPECT_EQ(rows[0].calls, 1);
  EXPECT_EQ(rows[0].uncertain, 0);
  EXPECT_EQ(findings(settings), "");
}

TEST_F(PgLedgerTest, WhatIsAskedTwiceBecauseAnAnswerWasLostCountsOnce) {
  const auto budget = make_budget("day", 100);
  const auto ledger = open();
  const std::string amounts = R"('{"usd":"60","tokens":"1","requests":"1","gen":"0"}')";
  const std::string info =
      R"('{"backend":"","model":"","key_id":"","session":"","node":"","tx":"","contract":""}')";
  const std::string wanted =
      R"('[["day","day","usd","",{"limit":"100","warn":false,"span":"day","length":0,"step":0}]]')";
  const auto reserve_sql =
      "SELECT gvm_reserve('x', 900000, " + amounts + ", " + info + ", " + wanted + ")";
  const auto first = server->run_sql(reserve_sql);
  EXPECT_EQ(server->run_sql(reserve_sql), first);
  EXPECT_EQ(balance(*ledger, budget).reserved, Integer(60));
  const auto settle_sql =
      "SELECT gvm_settle('x', " + amounts + ", " + info + ", " + wanted + ", '', 0, '')";
  server->run_sql(settle_sql);
  server->run_sql(settle_sql);
  server->run_sql("SELECT gvm_release('x')");
  EXPECT_EQ(balance(*ledger, budget).spent, Integer(60));
  EXPECT_EQ(balance(*ledger, budget).reserved, Integer(0));
  EXPECT_EQ(usage(*ledger)[0].calls, 1);
}

TEST_F(PgLedgerTest, TwoMachinesThatStartTogetherMakeTheTablesOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> opened{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto reader = reader_of(options());
      if (reader) ++opened;
      EXPECT_TRUE(reader) << reader.error().to_string();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(opened, 4);
  EXPECT_EQ(server->run_sql("SELECT value FROM gvm_meta WHERE key = 'version'"),
            std::to_string(migrations().size()) + "\n");
}

TEST_F(PgLedgerTest, ANewerSchemaIsRefused) {
  ASSERT_TRUE(reader_of(options()));
  server->run_sql("UPDATE gvm_meta SET value = '99' WHERE key = 'version'");
  for (const auto when_broken : {WhenBroken::refuse, WhenBroken::proceed}) {
    auto settings = options();
    settings.when_broken = when_broken;
    const auto ledger = open_ledger(settings, {});
    ASSERT_FALSE(ledger);
    EXPECT_EQ(ledger.error().code(), codes::kLedgerNewerSchema);
  }
}

TEST_F(PgLedgerTest, AStepThatFailsLeavesNothingBehind) {
  asio::io_context context;
  Connection connection(context);
  ASSERT_TRUE(test::run(context, connection.connect(Secret(server->url()), Deadline::in(30s))));
  const std::vector<std::string_view> steps{
      "CREATE TABLE gvm_meta(key text PRIMARY KEY, value text); CREATE TABLE a(x int)",
      "INSERT INTO a VALUES (1); SELECT 1 / 0"};
  EXPECT_FALSE(test::run(context, migrate(connection, steps, Deadline::in(30s))));
  EXPECT_EQ(server->run_sql("SELECT (SELECT count(*) FROM a), value FROM gvm_meta"), "0|1\n");
}

TEST(PgLedgerWithoutServer, AnUnreachableServerIsAnErrorOrAnAlarm) {
  LedgerOptions options;
  options.postgres_url = Secret("postgresql:///x?host=/nonexistent&user=u&password=hunter2");
  options.reserve_timeout = 50ms;
  const auto refused = open_ledger(options, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), codes::kLedgerUnavailable);
  EXPECT_EQ(refused.error().to_string().find("hunter2"), std::string::npos);
  options.when_broken = WhenBroken::proceed;
  const auto ledger = open_ledger(options, {});
  ASSERT_TRUE(ledger);
  EXPECT_TRUE(reserve(**ledger, make_request({}, 1)));
  EXPECT_TRUE(eventually([&] { return !(*ledger)->stats().alarm.empty(); }));
}

TEST(PgLedgerWithoutServer, ARecordsTextIsMadeOnTheLedgersThread) {
  LedgerOptions options;
  options.postgres_url = Secret("postgresql:///x?host=/nonexistent&user=u");
  options.when_broken = WhenBroken::proceed;
  const auto ledger = open_ledger(options, {});
  ASSERT_TRUE(ledger);
  std::promise<std::thread::id> maker;
  (*ledger)->put_record({.id = "r1", .made_ms = 1, .text = [&maker] {
                           maker.set_value(std::this_thread::get_id());
                           return std::string("text");
                         }});
  auto made = maker.get_future();
  ASSERT_EQ(made.wait_for(60s), std::future_status::ready);
  EXPECT_NE(made.get(), std::this_thread::get_id());
}

// The server's host does not exist, so libpq's message contains what it takes for the host.
TEST(PgLedgerWithoutServer, NoFormOfThePasswordReachesAnError) {
  const std::string canary = "hunter2canary";
  const std::vector<std::string> addresses{"postgresql://u:p@" + canary + "@nowhere.invalid/x",
                                           "postgresql://u:p#" + canary + "@nowhere.invalid/x",
                                           "postgresql://u:p%40" + canary + "@nowhere.invalid/x",
                                           "postgresql://u:" + canary + "/p@nowhere.invalid/x",
                                           "postgresql://nowhere.invalid/x?password=" + canary,
                                           "postgresql://nowhere.invalid/x?" + canary + "=1",
                                           "host=nowhere.invalid password=p@" + canary,
                                           "host=nowhere.invalid password=p " + canary,
                                           "host=nowhere.invalid password=p hunter_canary=1",
                                           "host=nowhere.invalid password='p " + canary};
  for (const auto& address : addresses) {
    LedgerOptions options;
    options.postgres_url = Secret(address);
    const auto refused = open_ledger(options, {});
    ASSERT_FALSE(refused) << address;
    const auto text = refused.error().to_string();
    EXPECT_EQ(text.find(canary), std::string::npos) << text;
    EXPECT_EQ(text.find("hunter_canary"), std::string::npos) << text;
  }
}

TEST(PgLedgerWithoutServer, AnAddressThatIsNoneIsNotRepeated) {
  LedgerOptions options;
  options.postgres_url = Secret("postgresql://u:hunter2%zz@host/");
  const auto refused = open_ledger(options, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), codes::kInvalidConfig);
  EXPECT_EQ(refused.error().to_string().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace gvm::store::postgres
