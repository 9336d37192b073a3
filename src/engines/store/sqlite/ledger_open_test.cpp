// A ledger that cannot be opened reports the reason with its own error code.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "store/codes.h"
#include "store/sqlite/folder_lock.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/test_reader.h"
#include "support/process.h"

namespace gvm::store::sqlite {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct LedgerOpen : testing::Test {
  TempFolder folder;
  fs::path file = folder.path() / "ledger.db";

  LedgerOptions options() {
    LedgerOptions options;
    options.folder = folder.path();
    return options;
  }
  std::string code() {
    const auto ledger = open_ledger(options(), {});
    return ledger ? std::string("opened") : std::string(ledger.error().code());
  }
  std::string text() {
    const auto ledger = open_ledger(options(), {});
    return ledger ? std::string("opened") : ledger.error().to_string();
  }
  void write(const fs::path& path, std::string_view bytes) { std::ofstream(path) << bytes; }
  // Creates a ledger with one call in it.
  void fill() {
    const auto ledger = open_ledger(options(), {});
    ASSERT_TRUE(ledger);
    auto call = reserve(**ledger, make_request({}, 5));
    call->settle(make_settlement(5));
  }
};

TEST_F(LedgerOpen, ASecondOwnerIsToldWhoHoldsIt) {
  const auto first = open_ledger(options(), {});
  ASSERT_TRUE(first);
  EXPECT_EQ(code(), codes::kLedgerLocked);
  EXPECT_THAT(text(), HasSubstr("process " + std::to_string(::getpid()) + " (store_sqlite_te)"));
}

TEST_F(LedgerOpen, ALockDiesWithItsOwner) {
  const auto lock = (folder.path() / "lock").string();
  // -F: only flock itself holds the lock, no child of it
  test::Process holder({"flock", "-x", "-F", lock, "sh", "-c", "echo held; exec sleep 1000"});
  ASSERT_TRUE(holder.wait_for_line("held", 30s));
  EXPECT_EQ(code(), codes::kLedgerLocked);
  holder.signal(SIGKILL);
  ASSERT_TRUE(holder.wait_exit(30s));
  EXPECT_EQ(code(), "opened");
}

TEST_F(LedgerOpen, AReaderNeedsNoLock) {
  fill();
  const auto owner = open_ledger(options(), {});
  ASSERT_TRUE(owner);
  auto reader = reader_of(options());
  ASSERT_TRUE(reader) << reader.error().to_string();
  EXPECT_EQ((*reader)->usage({})->front().calls, 1);
  EXPECT_TRUE((*reader)->verify()->empty());
}

TEST_F(LedgerOpen, WithoutALedgerAReaderSaysSo) {
  const auto reader = reader_of(options());
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code(), codes::kLedgerUnavailable);
}

TEST_F(LedgerOpen, AFileThatIsNoDatabaseIsCorrupt) {
  write(file, std::string(8'192, 'x'));
  EXPECT_EQ(code(), codes::kLedgerCorrupt);
}

TEST_F(LedgerOpen, ADatabaseWithADamagedPageIsCorrupt) {
  fill();
  std::fstream pages(file, std::ios::in | std::ios::out | std::ios::binary);
  pages.seekp(100);
  pages << std::string(static_cast<std::size_t>(fs::file_size(file)) - 100, '\x5a');
  pages.close();
  EXPECT_EQ(code(), codes::kLedgerCorrupt);
}

TEST_F(LedgerOpen, AJournalDamagedInItsMiddleIsCorruptAndNamed) {
  fill();
  write(folder.path() / "journal-0000000009", "this is no journal");
  EXPECT_EQ(code(), codes::kLedgerCorrupt);
  EXPECT_THAT(text(), HasSubstr("journal-0000000009"));
}

TEST_F(LedgerOpen, AnotherProgramsDatabaseIsLeftAlone) {
  auto database = Database::open(file, Access::read_write);
  ASSERT_TRUE(database->execute("CREATE TABLE mine(x)"));
  EXPECT_EQ(code(), codes::kLedgerCorrupt);
  EXPECT_EQ(*database->ask("SELECT count(*) FROM sqlite_schema"), "1");
}

TEST_F(LedgerOpen, ANewerSchemaIsRefused) {
  fill();
  auto database = Database::open(file, Access::read_write);
  ASSERT_TRUE(database->execute("PRAGMA user_version = 99"));
  EXPECT_EQ(code(), codes::kLedgerNewerSchema);
  EXPECT_THAT(text(), HasSubstr("version 99"));
  const auto reader = reader_of(options());
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code(), codes::kLedgerNewerSchema);
}

TEST_F(LedgerOpen, ADatabaseThatAnotherProgramLocksIsLocked) {
  fill();
  auto other = Database::open(file, Access::read_write);
  ASSERT_TRUE(other->execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE"));
  EXPECT_EQ(code(), codes::kLedgerLocked);
}

TEST_F(LedgerOpen, AFolderThatCannotBeWrittenIsReadOnly) {
  fill();
  // Uses the system's unprivileged user, because root may write everywhere.
  if (::geteuid() != 0) GTEST_SKIP() << "dropping to another user needs root";
  fs::permissions(folder.path(), fs::perms(0755));
  for (const auto& entry : fs::directory_iterator(folder.path()))
    fs::permissions(entry.path(), fs::perms(0644));
  const auto before = ::geteuid();
  ASSERT_EQ(::seteuid(65534), 0);
  const auto seen = code();
  ASSERT_EQ(::seteuid(before), 0);
  EXPECT_EQ(seen, codes::kLedgerReadOnly);
}

TEST_F(LedgerOpen, AFolderThatCannotBeMadeIsAnError) {
  auto settings = options();
  write(folder.path() / "file", "");
  settings.folder = folder.path() / "file" / "ledger";
  const auto ledger = open_ledger(settings, {});
  ASSERT_FALSE(ledger);
  EXPECT_EQ(ledger.error().code(), codes::kLedgerUnavailable);
}

TEST(SqliteMigration, EachStepIsMadeOnceAndInOrder) {
  TempFolder folder;
  auto database = Database::open(folder.path() / "x.db", Access::read_write);
  const std::vector<std::string_view> first{"CREATE TABLE a(x); INSERT INTO a VALUES(1);"};
  ASSERT_TRUE(migrate(*database, first));
  const std::vector<std::string_view> both{first[0], "ALTER TABLE a ADD COLUMN y DEFAULT 2;"};
  ASSERT_TRUE(migrate(*database, both));
  ASSERT_TRUE(migrate(*database, both));
  EXPECT_EQ(*database->ask("SELECT x || y || (SELECT count(*) FROM a) FROM a"), "121");
  EXPECT_EQ(*database->ask("PRAGMA user_version"), "2");
  EXPECT_EQ(migrate(*database, first).error().code(), codes::kLedgerNewerSchema);
}

TEST(SqliteMigration, AStepThatFailsLeavesNothingBehind) {
  TempFolder folder;
  auto database = Database::open(folder.path() / "x.db", Access::read_write);
  const std::vector<std::string_view> steps{"CREATE TABLE a(x);",
                                            "INSERT INTO a VALUES(1); CREATE TABLE a(x);"};
  EXPECT_FALSE(migrate(*database, steps));
  EXPECT_EQ(*database->ask("SELECT count(*) FROM a"), "0");
  EXPECT_EQ(*database->ask("PRAGMA user_version"), "1");
}

}  // namespace
}  // namespace gvm::store::sqlite
