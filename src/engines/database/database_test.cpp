#include "database/database.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "base/json.h"

namespace gvm::database {
namespace {

namespace fs = std::filesystem;

class InFolder : public testing::Test {
 protected:
  InFolder() {
    std::string pattern = (fs::temp_directory_path() / "gvm-db-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    fs::create_directories(data_dir());
  }
  ~InFolder() override { fs::remove_all(folder_); }
  std::string data_dir() const { return folder_ / "data"; }
  std::string inside(std::string_view name) const {
    return (fs::canonical(data_dir()) / name).string();
  }
  std::string file(std::string_view name) const { return database_file(data_dir(), name).value(); }
  bool refused(std::string_view name) const { return !database_file(data_dir(), name); }

  fs::path folder_;
};

const Deadline kNever = Deadline::never();

std::int64_t code_of(const Value& answer) {
  return answer.find("code")->as_integer()->to_i64().value();
}

Value exec(Database& database, std::string_view sql) {
  return database.exec(sql, Database::Rows::keep, kNever);
}

TEST_F(InFolder, FilesLieUnderDataDirOnly) {
  EXPECT_EQ(file("a.db"), inside("a.db"));
  EXPECT_EQ(file(data_dir() + "/a.db"), inside("a.db"));
  EXPECT_EQ(file(":memory:"), ":memory:");
  fs::create_directories(fs::path(data_dir()) / "sub");
  EXPECT_EQ(file("sub/../sub/b.db"), inside("sub/b.db"));
  std::ofstream(folder_ / "outside.db") << "x";
  fs::create_symlink(folder_ / "outside.db", fs::path(data_dir()) / "link.db");
  fs::create_directory_symlink(folder_, fs::path(data_dir()) / "out");
  for (const char* name : {"../outside.db", "/etc/passwd", "link.db", "out/outside.db", "sub", "..",
                           "missing/a.db", "sub/.."})
    EXPECT_TRUE(refused(name)) << name;
  EXPECT_TRUE(refused(std::string_view("a\0b", 3)));
}

TEST_F(InFolder, TheLedgerIsNoDatabaseOfAScript) {
  const fs::path data = data_dir();
  // "journal" would make "journal-wal", which is a name of the ledger's journal.
  constexpr const char* kOwn[] = {"ledger.db", "ledger.db-wal", "ledger.db-shm",
                                  "lock",      "journal-1",     "journal"};
  for (const char* name : kOwn) EXPECT_TRUE(refused(name)) << name << " to be made";
  for (const char* name : kOwn) std::ofstream(data / name) << "x";
  fs::create_hard_link(data / "ledger.db", data / "mine.db");
  fs::create_directory_symlink(".", data / "here");
  for (const char* name : {"ledger.db", "lock", "journal-1", "mine.db", "here/ledger.db",
                           "here/../ledger.db", "here/mine.db"})
    EXPECT_TRUE(refused(name)) << name;
  EXPECT_TRUE(refused(data_dir() + "/ledger.db"));
  EXPECT_EQ(file("ledger"), inside("ledger"));
  fs::create_directories(data / "sub");
  EXPECT_EQ(file("sub/ledger.db"), inside("sub/ledger.db")) << "there is no ledger";
}

TEST_F(InFolder, RunsStatementsAndAnswersRows) {
  Database database(file("a.db"));
  const Value answer =
      exec(database,
           "CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'x'), (2.5, NULL); SELECT * FROM t");
  EXPECT_EQ(code_of(answer), SQLITE_OK);
  EXPECT_EQ(json::write(*answer.find("names")), R"(["a","b"])");
  EXPECT_EQ(answer.find("rows")->as_array()->size(), 2U);
  EXPECT_EQ(json::write(*answer.find("changes")), "2");
}

TEST_F(InFolder, BindsEveryKindOfValue) {
  Database database(":memory:");
  const Value prepared = database.prepare("SELECT ?1, ?2, ?3, ?4, typeof(?5)", kNever);
  const auto id = prepared.find("id")->as_integer()->to_i64().value();
  const auto binding = [](int index, Value value) {
    return Value::list(Value::integer(index), std::move(value));
  };
  const Value bindings = Value::list(
      binding(1, Value::integer(Integer(std::int64_t{1} << 62))), binding(2, Value::real(0.5)),
      binding(3, Value::boolean(true)), Value::list(Value::integer(4)),
      Value::list(Value::integer(5), Value::bytes(std::string("\0x", 2)), Value::boolean(true)));
  const Value row = (*database.step(id, bindings, 1, kNever).find("rows")->as_array())[0];
  EXPECT_EQ((*row.as_array())[0], Value::integer(Integer(std::int64_t{1} << 62)));
  EXPECT_EQ((*row.as_array())[1], Value::real(0.5));
  EXPECT_EQ((*row.as_array())[2], Value::integer(1));
  EXPECT_TRUE((*row.as_array())[3].is_null());
  EXPECT_EQ((*row.as_array())[4].as_bytes(), "blob");
}

TEST_F(InFolder, ReachesNoOtherFile) {
  Database database(file("a.db"));
  const std::string other = (folder_ / "other.db").string();
  EXPECT_EQ(code_of(exec(database, "ATTACH '" + other + "' AS o")), SQLITE_AUTH);
  EXPECT_NE(code_of(exec(database, "VACUUM INTO '" + other + "'")), SQLITE_OK);
  EXPECT_NE(code_of(exec(database, "SELECT load_extension('/x.so')")), SQLITE_OK);
  EXPECT_EQ(code_of(exec(database, "PRAGMA temp_store_directory = '/tmp'")), SQLITE_AUTH);
  EXPECT_EQ(code_of(exec(database, "VACUUM")), SQLITE_OK) << "it attaches a file without a name";
  EXPECT_FALSE(fs::exists(other));
}

constexpr const char* kEndless =
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";

TEST_F(InFolder, AStatementEndsAtItsDeadlineOrWhenInterrupted) {
  Database database(":memory:");
  const auto began = Deadline::in(std::chrono::milliseconds(100));
  EXPECT_EQ(code_of(database.exec(kEndless, Database::Rows::drop, began)), SQLITE_INTERRUPT);
  std::jthread later([&database] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    database.interrupt();
  });
  EXPECT_EQ(code_of(database.exec(kEndless, Database::Rows::drop, kNever)), SQLITE_INTERRUPT);
  EXPECT_EQ(code_of(exec(database, "SELECT 1")), SQLITE_OK) << "it can be used again";
}

TEST_F(InFolder, BoundsWhatAStatementTakesAndAnswers) {
  Limits limits;
  limits.value_bytes = 1'000;
  limits.result_bytes = 5'000;
  limits.sql_bytes = 200;
  limits.file_bytes = 64 * kKiB;
  Database database(file("a.db"), limits);
  EXPECT_EQ(code_of(exec(database, "SELECT zeroblob(2000)")), SQLITE_TOOBIG);
  EXPECT_EQ(code_of(exec(database, std::string(300, ' ') + "SELECT 1")), SQLITE_TOOBIG);
  EXPECT_EQ(code_of(exec(database,
                         "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c "
                         "LIMIT 1000) SELECT * FROM c")),
            SQLITE_TOOBIG);
  exec(database, "CREATE TABLE t(a)");
  std::int64_t code = SQLITE_OK;
  for (int i = 0; i < 1'000 && code == SQLITE_OK; ++i)
    code = code_of(exec(database, "INSERT INTO t VALUES (zeroblob(900))"));
  EXPECT_EQ(code, SQLITE_FULL);
}

TEST_F(InFolder, WritersOnManyThreadsWaitForEachOther) {
  const std::string shared = file("shared.db");
  Database first(shared);
  ASSERT_EQ(code_of(exec(first, "CREATE TABLE t(a)")), SQLITE_OK);
  std::atomic<int> failed{0};
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 8; ++i) {
      writers.emplace_back([&] {
        Database mine(shared);
        for (int n = 0; n < 10; ++n)
          failed += code_of(exec(mine, "INSERT INTO t VALUES (1)")) == SQLITE_OK ? 0 : 1;
      });
    }
  }
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(json::write(*exec(first, "SELECT count(*) FROM t").find("rows")), "[[80]]");
}

TEST_F(InFolder, UnknownStatementsAndClosedDatabasesAreMisuse) {
  Database database(":memory:");
  EXPECT_EQ(code_of(database.step(7, Value::null(), 1, kNever)), SQLITE_MISUSE);
  EXPECT_EQ(code_of(database.finalize(7)), SQLITE_MISUSE);
  EXPECT_EQ(code_of(database.close()), SQLITE_OK);
  EXPECT_EQ(code_of(exec(database, "SELECT 1")), SQLITE_MISUSE);
}

}  // namespace
}  // namespace gvm::database
