// A ledger that a keeper owns, as two modules see it.
#include <gtest/gtest.h>

#include <thread>

#include "store/codes.h"
#include "store/keeper/client.h"
#include "store/keeper/server.h"
#include "store/sqlite/folder_lock.h"
#include "store/sqlite/test_reader.h"

namespace gvm::store::keeper {
namespace {

using namespace std::chrono_literals;

// In a thread, as the program runs it in a process.
struct KeeperTest : testing::Test {
  TempFolder folder;
  std::jthread keeper;

  void start() {
    KeeperOptions options;
    options.ledger = ledger_options();
    options.linger = 200ms;
    keeper = std::jthread([options] { EXPECT_EQ(run_keeper(options, {}), 0); });
  }
  LedgerOptions ledger_options() const {
    LedgerOptions options;
    options.folder = folder.path();
    options.group_interval = 1ms;
    options.store_interval = 5ms;
    return options;
  }
  std::shared_ptr<Ledger> open() const {
    auto ledger = open_kept_ledger(ledger_options(), "/no/such/program", {});
    EXPECT_TRUE(ledger) << ledger.error().to_string();
    return ledger ? *ledger : nullptr;
  }
  std::int64_t spent() const {
    auto reader = sqlite::open_reader(folder.path(), TimeSource::system());
    if (!reader) return -1;
    const auto rows = (*reader)->usage({});
    return rows && !rows->empty() ? rows->front().nano_usd.to_i64().value_or(-1) : 0;
  }
};

TEST_F(KeeperTest, TwoModulesSpendFromOneBudget) {
  start();
  const auto budget = make_budget("day", 100);
  const auto old_module = open();
  const auto new_module = open();
  auto first = reserve(*old_module, make_request({{budget, "a"}}, 60));
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_FALSE(first->id().empty());
  const auto refused = reserve(*new_module, make_request({{budget, "a"}}, 60));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), codes::kBudgetExceeded);
  EXPECT_FALSE(refused.error().fatal());
  EXPECT_EQ(refused.error().ctx().find("reserved")->as_string(), "60");
  first->settle(make_settlement(40));
  EXPECT_TRUE(old_module->flush(30s));
  auto second = reserve(*new_module, make_request({{budget, "a"}}, 60));
  ASSERT_TRUE(second) << second.error().to_string();
  second->release();
  EXPECT_TRUE(new_module->flush(30s));
  EXPECT_TRUE(reserve(*old_module, make_request({{budget, "a"}}, 60)));
  EXPECT_TRUE(eventually([&] { return spent() == 40; }));
}

TEST_F(KeeperTest, AModuleThatGoesIsChargedItsCallsInFlight) {
  start();
  const auto budget = make_budget("day", 100, Unit::usd, {}, Action::warn);
  const auto stays = open();
  {
    auto goes = open();
    auto call = reserve(*goes, make_request({{budget, ""}}, 70));
    ASSERT_TRUE(call);
    goes->close();
    call->settle(make_settlement(1));  // nobody hears it any more
  }
  EXPECT_TRUE(eventually([&] { return spent() == 70; }));
  const auto warned = reserve(*stays, make_request({{budget, ""}}, 70));
  ASSERT_TRUE(warned);
  ASSERT_EQ(warned->warnings().size(), 1U);
  EXPECT_EQ(warned->warnings()[0].spent, Integer(70));
}

TEST_F(KeeperTest, ItEndsAfterItsLastUserAndTheNextOneContinues) {
  const auto budget = make_budget("day", 100);
  for (int n = 0; n < 2; ++n) {
    start();
    const auto module = open();
    auto call = reserve(*module, make_request({{budget, ""}}, 40));
    ASSERT_TRUE(call) << call.error().to_string();
    call->settle(make_settlement(40));
    module->close();
    keeper.join();
  }
  start();
  EXPECT_FALSE(reserve(*open(), make_request({{budget, ""}}, 40)));
}

TEST_F(KeeperTest, ALedgerThatCannotBeOpenedIsSaid) {
  const auto lock = sqlite::FolderLock::take(folder.path());
  ASSERT_TRUE(lock);
  start();
  const auto ledger = open_kept_ledger(ledger_options(), "/no/such/program", {});
  ASSERT_FALSE(ledger);
  EXPECT_EQ(ledger.error().code(), codes::kLedgerLocked);
}

TEST_F(KeeperTest, ManyThreadsNeverOverrunABudget) {
  start();
  const auto budget = make_budget("day", 200, Unit::requests);
  const std::array modules{open(), open()};
  std::atomic<int> granted = 0;
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int n = 0; n < 100; ++n) {
          auto call = reserve(*modules[t % 2], make_request({{budget, ""}}, 1));
          if (!call) continue;
          ++granted;
          call->settle(make_settlement(1));
        }
      });
    }
  }
  EXPECT_EQ(granted, 200);
}

}  // namespace
}  // namespace gvm::store::keeper
