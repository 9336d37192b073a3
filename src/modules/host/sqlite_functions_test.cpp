// require("lsqlite3"), as scripts of the field use it.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error_codes.h"
#include "base/json.h"
#include "host/test_host_run.h"

namespace gvm::host {
namespace {

class Sqlite : public testing::Test {
 protected:
  Sqlite() {
    std::string pattern = (std::filesystem::temp_directory_path() / "gvm-sq-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Sqlite() override { std::filesystem::remove_all(folder_); }

  Result<Value> run(const std::string& lua) {
    HostRunOptions options = HostRun::body("local sqlite3 = require('lsqlite3')\n" + lua);
    options.data_dir = folder_;
    HostRun host(std::move(options));
    return host.main();
  }
  std::string shown(const std::string& lua) {
    auto result = run(lua);
    return result ? json::write(*result) : result.error().to_string();
  }
  // With a database `db` that has the table t(id, name).
  std::string with_table(const std::string& lua) {
    return shown(
        "local db = sqlite3.open(rs.data_dir .. '/a.db')\n"
        "db:exec[[CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, name TEXT);"
        "INSERT INTO t(name) VALUES ('one'), ('two'), (NULL)]]\n" +
        lua);
  }

  std::filesystem::path folder_;
};

TEST_F(Sqlite, KeepsWhatWasWritten) {
  EXPECT_EQ(with_table("return {db:last_insert_rowid(), db:changes(), db:close(), db:isopen()}"),
            "[3,3,0,false]");
  EXPECT_EQ(shown("local db = sqlite3.open('a.db') for n in db:urows('SELECT count(*) FROM t') do "
                  "return n end"),
            "3");
}

TEST_F(Sqlite, IteratesInThreeShapes) {
  EXPECT_EQ(with_table("local out = {} for r in db:nrows('SELECT * FROM t') do "
                       "out[#out + 1] = r.id .. '=' .. tostring(r.name) end return out"),
            R"(["1=one","2=two","3=nil"])");
  EXPECT_EQ(with_table("local out = {} for r in db:rows('SELECT id, name FROM t LIMIT 2') do "
                       "out[#out + 1] = #r .. r[2] end return out"),
            R"(["2one","2two"])");
  EXPECT_EQ(with_table("local sum = 0 for id, name in db:urows('SELECT id, name FROM t') do "
                       "sum = sum + id end return sum"),
            "45")
      << "six rows more by then";
}

TEST_F(Sqlite, BindsStepsAndReads) {
  EXPECT_EQ(with_table(R"(
    local s = db:prepare('INSERT INTO t(id, name) VALUES (?, ?)')
    local codes = {}
    for i = 10, 12 do
      s:bind_values(i, 'n' .. i)
      codes[#codes + 1] = s:step()
      s:reset()
    end
    codes[#codes + 1] = s:finalize()
    local q = db:prepare('SELECT name, id FROM t WHERE id = :id')
    q:bind_names{ id = 11 }
    codes[#codes + 1] = q:step()
    return { codes, q:get_value(0), q:get_values(), q:get_named_values(), q:columns(), q:get_name(1),
             q:step() == sqlite3.DONE })"),
            R"([[101,101,101,0,100],"n11",["n11",11],{"id":11,"name":"n11"},2,"id",true])");
}

TEST_F(Sqlite, ExecCallsBackAndCanBeAborted) {
  EXPECT_EQ(with_table("local seen = {} local code = db:exec('SELECT id, name FROM t', "
                       "function(data, n, values, names) "
                       "seen[#seen + 1] = data .. n .. names[2] .. tostring(values[2]) "
                       "return #seen == 2 and 1 or 0 end, 'd') return {code, seen}"),
            R"([4,["d2nameone","d2nametwo"]])");
}

TEST_F(Sqlite, AResetBeginsAnewWhateverCameBefore) {
  EXPECT_EQ(with_table(R"(
    local q = db:prepare('SELECT name FROM t WHERE id = ?')
    local seen = {}
    for _, id in ipairs{1, 2, 1} do
      q:bind_values(id)
      seen[#seen + 1] = {q:step(), q:get_value(0), q:step(), q:reset(), db:errcode(), db:errmsg()}
    end
    q:bind_values(2)
    q:step()
    seen[#seen + 1] = {q:reset(), q:step(), q:get_value(0)}
    local bad = db:prepare('INSERT INTO t(id) VALUES (?)')
    bad:bind_values(1)
    seen[#seen + 1] = {bad:step(), bad:reset()}
    return seen)"),
            R"([[100,"one",101,0,0,"not an error"],[100,"two",101,0,0,"not an error"],)"
            R"([100,"one",101,0,0,"not an error"],[0,100,"two"],[19,19]])");
}

TEST_F(Sqlite, AStatementThatHasEndedKeepsNobodyFromWriting) {
  EXPECT_EQ(with_table(R"(
    local q = db:prepare('SELECT id FROM t WHERE id = 1')
    q:step() q:step() q:reset()
    local other = sqlite3.open(rs.data_dir .. '/a.db')
    other:busy_timeout(0)
    return other:exec('DELETE FROM t'))"),
            "0");
}

TEST_F(Sqlite, TellsErrorsByCodeAndMessage) {
  EXPECT_EQ(
      with_table(
          "local s, code, message = db:prepare('SELEC') return {s == nil, code, db:errcode(), "
          "message == db:errmsg()}"),
      "[true,1,1,true]");
  EXPECT_EQ(with_table("return {db:exec('INSERT INTO t(id) VALUES (1)'), db:errmsg()}"),
            R"([19,"UNIQUE constraint failed: t.id"])");
  EXPECT_EQ(with_table("db:exec('SELECT 1') return db:errmsg()"), R"("not an error")");
}

TEST_F(Sqlite, OpensFilesUnderDataDirOnly) {
  EXPECT_EQ(
      shown(
          "local db, code, message = sqlite3.open('/etc/x.db') return {db == nil, code, message}"),
      R"([true,14,"/etc/x.db: databases live under data_dir"])");
  EXPECT_EQ(shown("local db = sqlite3.open_memory() return db:exec('ATTACH \"b.db\" AS b')"), "23");
}

TEST_F(Sqlite, FlagsSayWhetherAFileIsMadeOrWritten) {
  const auto refused = [&](const char* flags) {
    return shown("local db, code = sqlite3.open('new.db', " + std::string(flags) +
                 ") return {db == nil, code}");
  };
  EXPECT_EQ(refused("sqlite3.OPEN_READONLY"), "[true,14]");
  EXPECT_EQ(refused("sqlite3.OPEN_READWRITE"), "[true,14]");
  for (const char* wrong : {"0", "-1", "64", "'x'"})
    EXPECT_EQ(refused(wrong), "[true,21]") << wrong;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "new.db"));
  EXPECT_EQ(shown("local db = sqlite3.open('new.db', sqlite3.OPEN_READWRITE + sqlite3.OPEN_CREATE) "
                  "db:exec('CREATE TABLE t (a); INSERT INTO t VALUES (7)') db:close() "
                  "local again = sqlite3.open('new.db', sqlite3.OPEN_READWRITE) "
                  "local written = again:exec('INSERT INTO t VALUES (8)') again:close() "
                  "local read = sqlite3.open('new.db', sqlite3.OPEN_READONLY) "
                  "local sum for n in read:urows('SELECT sum(a) FROM t') do sum = n end "
                  "return {written, sum, read:exec('INSERT INTO t VALUES (9)')}"),
            "[0,15,8]")
      << "8 is READONLY";
}

TEST_F(Sqlite, TheLedgerIsNotAScripts) {
  for (const char* name : {"ledger.db", "journal-1", "lock"}) {
    const std::string quoted = "'" + std::string(name) + "'";
    EXPECT_EQ(shown("local db, code, message = sqlite3.open(" + quoted +
                    ") return {db == nil, code, message}"),
              "[true,14,\"" + std::string(name) + ": this file is the module's own\"]");
    EXPECT_FALSE(std::filesystem::exists(folder_ / name));
  }
}

TEST_F(Sqlite, AnEndlessStatementEndsWithItsRequest) {
  HostRunOptions options = HostRun::body(
      "local db = require('lsqlite3').open_memory()\n"
      "return db:exec('WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT "
      "count(*) FROM c')");
  options.data_dir = folder_;
  HostRun host(std::move(options));
  const auto result = host.call("Main", {}, Deadline::in(std::chrono::milliseconds(300)));
  EXPECT_TRUE(!result || json::write(*result) == "9") << "DEADLINE_EXCEEDED or INTERRUPT";
}

TEST_F(Sqlite, ClosedObjectsSaySo) {
  EXPECT_NE(with_table("db:close() return db:exec('SELECT 1')").find("closed sqlite database"),
            std::string::npos);
  EXPECT_NE(
      with_table("local s = db:prepare('SELECT 1') db:close_vm() return s:step()").find("closed"),
      std::string::npos);
}

// The last connection writes the log into the database, which may take as long as the disk does.
TEST_F(Sqlite, ADatabaseThatTheScriptLeavesOpenIsClosedWithItsSession) {
  EXPECT_EQ(
      shown("local db = sqlite3.open('wal.db') db:exec[[PRAGMA journal_mode = WAL; CREATE TABLE "
            "t(a)]] "
            "local other = sqlite3.open('wal.db') return other:exec('INSERT INTO t VALUES (1)')"),
      "0");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "wal.db-wal"));
  EXPECT_EQ(
      shown("for n in sqlite3.open('wal.db'):urows('SELECT count(*) FROM t') do return n end"),
      "1");
}

TEST_F(Sqlite, ManyStatementsInARowAreAllDone) {
  EXPECT_EQ(with_table(R"(
    db:exec('BEGIN')
    local insert = db:prepare('INSERT INTO t(id, name) VALUES (?, ?)')
    for i = 1001, 1500 do
      insert:bind_values(i, 'n' .. i)
      if insert:step() ~= sqlite3.DONE then error(db:errmsg()) end
      insert:reset()
    end
    db:exec('COMMIT')
    local sum = 0
    for id, name in db:urows('SELECT id, name FROM t WHERE id > 1000') do
      sum = sum + id
      assert(name == 'n' .. id)
    end
    return sum)"),
            "625250");
}

TEST_F(Sqlite, CannotRunAtTheTopLevel) {
  HostRunOptions options;
  options.script = "local db = require('lsqlite3').open_memory()\nfunction Main() end\n";
  options.data_dir = folder_;
  const HostRun host(std::move(options));
  ASSERT_TRUE(host.load_error);
  EXPECT_NE(host.load_error->to_string().find("top level"), std::string::npos);
}

}  // namespace
}  // namespace gvm::host
