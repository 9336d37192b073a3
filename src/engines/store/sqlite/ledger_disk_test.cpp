// Disks that are full, broken or slow to recover: faults injected by index, and real limits of the
// system in a separate process.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>

#include "store/codes.h"
#include "store/sqlite/journal.h"
#include "store/sqlite/test_reader.h"
#include "support/process.h"

namespace gvm::store::sqlite {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

// Makes the n-th call of write or sync fail and, while it is set, all later ones.
struct FailingDisk {
  std::atomic<int> calls{0};
  std::atomic<int> fail_from{-1};
  std::atomic<bool> once{false};
  std::atomic<int> error{EIO};

  bool fails() {
    const int call = calls++;
    const int from = fail_from;
    if (from < 0 || call < from) return false;
    if (once) fail_from = -1;
    errno = error;
    return true;
  }
  DiskCalls disk_calls() {
    return {.write = [this](int fd, const void* bytes, std::size_t size) -> ssize_t {
              return fails() ? -1 : ::write(fd, bytes, size);
            },
            .sync = [this](int fd) { return fails() ? -1 : ::fdatasync(fd); }};
  }
};

struct LedgerDisk : testing::Test {
  TempFolder folder;
  FailingDisk disk;
  BudgetPtr budget = make_budget("day", 1'000);

  LedgerOptions options(WhenBroken when_broken) {
    LedgerOptions options;
    options.folder = folder.path();
    options.when_broken = when_broken;
    options.group_interval = 1ms;
    options.disk = disk.disk_calls();
    return options;
  }
};

TEST_F(LedgerDisk, AJournalThatCannotBeWrittenRefusesAndHoldsNothing) {
  const auto ledger = *open_ledger(options(WhenBroken::refuse), {});
  disk.error = ENOSPC;
  disk.fail_from = 0;
  const auto refused = reserve(*ledger, make_request({{budget, ""}}, 10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), codes::kLedgerDiskFull);
  EXPECT_EQ(balance(*ledger, budget).reserved, Integer(0));
  EXPECT_THAT(ledger->stats().alarm, HasSubstr(codes::kLedgerDiskFull));
  disk.fail_from = -1;
  EXPECT_TRUE(eventually([&] { return ledger->stats().alarm.empty(); })) << "it recovers by itself";
  EXPECT_TRUE(reserve(*ledger, make_request({{budget, ""}}, 10)));
}

TEST_F(LedgerDisk, AJournalThatCannotBeWrittenRaisesTheAlarmAndProceedsWhenConfigured) {
  const auto ledger = *open_ledger(options(WhenBroken::proceed), {});
  disk.fail_from = 0;
  auto call = reserve(*ledger, make_request({{budget, ""}}, 10));
  ASSERT_TRUE(call) << call.error().to_string();
  EXPECT_FALSE(ledger->stats().alarm.empty());
  EXPECT_EQ(ledger->stats().unreserved, 1U);
  EXPECT_FALSE(reserve(*ledger, make_request({{budget, ""}}, 991))) << "budgets still hold";
  call->settle(make_settlement(10));
  disk.fail_from = -1;
  EXPECT_TRUE(eventually([&] { return ledger->stats().alarm.empty(); }));
  EXPECT_EQ(usage(*ledger)[0].nano_usd, Integer(10)) << "what was counted in memory is stored";
}

// One failure at any call of the disk: nothing is lost, and nothing is counted twice.
TEST_F(LedgerDisk, OneFailureAtAnyPointLosesNothing) {
  for (int at = 0;; ++at) {
    SCOPED_TRACE(at);
    TempFolder own;
    disk.calls = 0;
    disk.once = true;
    disk.fail_from = -1;
    auto settings = options(WhenBroken::refuse);
    settings.folder = own.path();
    auto opened = open_ledger(settings, {});
    ASSERT_TRUE(opened);
    auto ledger = std::move(*opened);
    disk.calls = 0;
    disk.fail_from = at;
    std::int64_t billed = 0;
    for (int i = 0; i < 4; ++i) {
      auto call = reserve(*ledger, make_request({{budget, ""}}, 10));
      if (!call) continue;
      call->settle(make_settlement(7));
      billed += 7;
      (void)ledger->flush(30s);
    }
    const bool fired = disk.fail_from == -1;
    disk.fail_from = -1;
    ledger->close();
    ledger.reset();
    ledger = *open_ledger(settings, {});
    EXPECT_EQ(balance(*ledger, budget).spent, Integer(billed));
    EXPECT_EQ(findings(settings), "");
    if (!fired) break;
  }
}

TEST_F(LedgerDisk, TooManyWaitingCallsRefuseNewOnes) {
  auto settings = options(WhenBroken::refuse);
  settings.most_backlog = 3;
  settings.group_interval = 10min;
  auto ledger = *open_ledger(settings, {});
  std::vector<Reservation> calls;
  for (int i = 0; i < 3; ++i)
    calls.push_back(std::move(*reserve(*ledger, make_request({{budget, ""}}, 10))));
  for (auto& call : calls) call.settle(make_settlement(10));
  const auto refused = reserve(*ledger, make_request({{budget, ""}}, 10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), codes::kLedgerUnavailable);
  ASSERT_TRUE(ledger->flush(30s));
  EXPECT_TRUE(reserve(*ledger, make_request({{budget, ""}}, 10)));
}

TEST_F(LedgerDisk, CallsThatFindTooManyWaitingAreStoredLaterAndTheirJournalIsDeleted) {
  auto settings = options(WhenBroken::proceed);
  settings.most_backlog = 3;
  settings.group_interval = 10min;
  settings.segment_bytes = 64;
  auto ledger = *open_ledger(settings, {});
  std::vector<Reservation> calls;
  for (int i = 0; i < 8; ++i)
    calls.push_back(std::move(*reserve(*ledger, make_request({{budget, ""}}, 10))));
  for (auto& call : calls) call.settle(make_settlement(10));
  EXPECT_EQ(ledger->stats().calls_deferred, 5U);
  EXPECT_EQ(usage(*ledger)[0].calls, 8);
  EXPECT_EQ(ledger->stats().backlog, 0U);
  ASSERT_TRUE(ledger->flush(30s));
  EXPECT_EQ(segment_files(folder.path()).size(), 1U) << "the newest one only";
  EXPECT_EQ(findings(settings), "");
}

TEST_F(LedgerDisk, ADeferredCallWhoseSettlementCouldNotBeWrittenIsChargedAtItsWorstCase) {
  auto settings = options(WhenBroken::proceed);
  settings.most_backlog = 1;
  settings.group_interval = 10min;
  auto ledger = *open_ledger(settings, {});
  auto first = reserve(*ledger, make_request({{budget, ""}}, 10));
  auto second = reserve(*ledger, make_request({{budget, ""}}, 30));
  ASSERT_TRUE(first && second);
  first->settle(make_settlement(5));
  disk.fail_from = 0;
  second->settle(make_settlement(5));
  disk.fail_from = -1;
  const auto rows = usage(*ledger);
  EXPECT_EQ(rows[0].calls, 2);
  EXPECT_EQ(rows[0].nano_usd, Integer(35));
  EXPECT_EQ(rows[0].uncertain, 1);
}

// Fills the disk and frees space again, in a separate process: by a limit on the process, or on a
// small file system where a file can be deleted.
class FullDisk {
 public:
  explicit FullDisk(std::filesystem::path ballast) : ballast_(std::move(ballast)) {
    std::signal(SIGXFSZ, SIG_IGN);
    if (!ballast_.empty()) {
      // Room for what is waiting by then: a row in the database, in its log, and in the journal.
      std::ofstream(ballast_) << std::string(3'584 * kKiB, 'x');
      return;
    }
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    limit_.rlim_cur = 96 * kKiB;
    ::setrlimit(RLIMIT_FSIZE, &limit_);
  }
  void make_room() {
    if (!ballast_.empty()) {
      std::filesystem::remove(ballast_);
      return;
    }
    limit_.rlim_cur = limit_.rlim_max;
    ::setrlimit(RLIMIT_FSIZE, &limit_);
  }

 private:
  std::filesystem::path ballast_;
  rlimit limit_{};
};

TEST(LedgerDiskChild, DISABLED_FillsItsDisk) {
  const char* const folder = std::getenv("GVM_LEDGER_FOLDER");
  const char* const ballast = std::getenv("GVM_LEDGER_BALLAST");
  ASSERT_NE(folder, nullptr);
  LedgerOptions options;
  options.folder = folder;
  options.group_interval = 1ms;
  const auto budget = make_budget("day", 1'000'000'000);
  auto ledger = *open_ledger(options, {});
  FullDisk disk(ballast == nullptr ? "" : ballast);
  std::int64_t billed = 0;
  const auto spend = [&]() -> Result<void> {
    auto call = reserve(*ledger, make_request({{budget, ""}}, 10));
    if (!call) return fail(call.error());
    call->settle(make_settlement(10));
    billed += 10;
    return {};
  };
  Result<void> last;
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (last && std::chrono::steady_clock::now() < end) last = spend();
  ASSERT_FALSE(last);
  std::cout << "refused: " << last.error().code() << std::endl;
  disk.make_room();
  EXPECT_TRUE(eventually([&] { return ledger->stats().alarm.empty(); })) << ledger->stats().alarm;
  EXPECT_TRUE(spend());
  EXPECT_EQ(usage(*ledger)[0].nano_usd, Integer(billed));
  EXPECT_EQ(balance(*ledger, budget).spent, Integer(billed));
  EXPECT_EQ(findings(options), "");
}

test::Finished fill_disk(std::vector<std::string> before, const std::filesystem::path& folder,
                         const std::string& ballast) {
  auto command = std::move(before);
  command.insert(command.end(),
                 {std::filesystem::read_symlink("/proc/self/exe"),
                  "--gtest_filter=LedgerDiskChild.*", "--gtest_also_run_disabled_tests"});
  test::Process::Options options{.environment = {"GVM_LEDGER_FOLDER=" + folder.string()}};
  if (!ballast.empty()) options.environment.push_back("GVM_LEDGER_BALLAST=" + ballast);
  return test::run_program(std::move(command), options, 110s);
}

TEST(LedgerDiskFull, FilesThatMayNotGrowAreATypedRefusalThatEndsWithTheLimit) {
  TempFolder folder;
  const auto run = fill_disk({}, folder.path(), "");
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("refused: LEDGER_"));
  EXPECT_THAT(run.out, HasSubstr("[  PASSED  ] 1 test"));
}

TEST(LedgerDiskFull, AFullFileSystemSaysSoAndWorksAgainWhenThereIsRoom) {
  TempFolder folder;
  const std::string mount = "mount -t tmpfs -o size=4m tmpfs " + folder.path().string();
  const std::vector<std::string> own_mounts{"unshare", "--map-root-user", "--mount", "sh", "-c"};
  auto probe = own_mounts;
  probe.push_back(mount);
  if (test::run_program(probe).exit_code != 0)
    GTEST_SKIP() << "this system gives no mount namespace to put a small file system in";
  auto before = own_mounts;
  before.insert(before.end(), {mount + " && exec \"$0\" \"$@\""});
  const auto run = fill_disk(before, folder.path() / "ledger", folder.path() / "ballast");
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("refused: LEDGER_DISK_FULL"));
  EXPECT_THAT(run.out, HasSubstr("[  PASSED  ] 1 test"));
}

}  // namespace
}  // namespace gvm::store::sqlite
