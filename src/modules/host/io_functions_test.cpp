// The confined `io`, as scripts use it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "host/test_host_run.h"
#include "script/codes.h"

namespace gvm::host {
namespace {

class Io : public testing::Test {
 protected:
  Io() {
    std::string pattern = (std::filesystem::temp_directory_path() / "gvm-io-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(folder_ / "data");
    std::filesystem::create_directories(folder_ / "read");
  }
  ~Io() override { std::filesystem::remove_all(folder_); }

  void put(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string text_of(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  HostRunOptions options(const std::string& lua) const {
    HostRunOptions made = HostRun::body(lua);
    made.data_dir = folder_ / "data";
    made.folders = {{folder_ / "data", true}, {folder_ / "read", false}};
    return made;
  }
  std::string shown(const std::string& lua) const {
    HostRun host(options(lua));
    const auto result = host.main();
    return result ? json::write(*result) : result.error().to_string();
  }

  std::filesystem::path folder_;
};

TEST_F(Io, ReadsEveryFormat) {
  put("read/a", "first line\n  12.5e1x 0x1F\nsecond\n\nlast");
  EXPECT_EQ(shown("local f = io.open('a') return {f:read(), f:read('n'), f:read(1), f:read('*n'), "
                  "f:read('L'), f:read('l', 'l', 'a')}"),
            R"(["first line",125,"x",31,"\n","second","","last"])");
  EXPECT_EQ(shown("local f = io.open('a') f:read('a') return {f:read('a'), f:read('l') == nil, "
                  "f:read(0) == nil, f:read(5) == nil, f:read('n') == nil}"),
            R"(["",true,true,true,true])");
  EXPECT_EQ(
      shown("local f = io.open('a') return {f:read(0), f:read(5), f:read('n') == nil, f:read(1)}"),
      R"(["","first",true,"l"])");
}

TEST_F(Io, IteratesOverLinesAndClosesTheFile) {
  std::string text;
  for (int i = 1; i <= 20'000; ++i) text += "line " + std::to_string(i) + "\n";
  put("read/lines", text);
  EXPECT_EQ(shown("local n, last = 0 for line in io.lines('lines') do n = n + 1 last = line end "
                  "return {n, last}"),
            R"([20000,"line 20000"])");
  EXPECT_EQ(shown("local out = {} for a, b in io.lines('lines', 4, 'n') do "
                  "out[#out + 1] = a .. tostring(b) if #out == 2 then break end end return out"),
            R"(["line1","\nlinnil"])");
  EXPECT_NE(shown("for l in io.lines('none') do end").find("none: No such file or directory"),
            std::string::npos);
  EXPECT_EQ(shown("for i = 1, 100 do for l in io.lines('lines') do break end end return 'closed'"),
            R"("closed")");
}

TEST_F(Io, WritesAppendsAndSeeks) {
  EXPECT_EQ(shown("local f = assert(io.open(rs.data_dir .. '/out', 'w')) "
                  "local same = f:write('a', 1, ' ', 2.5, '\\n') == f "
                  "local at = f:seek() f:seek('set', 1) f:write('X') local e = f:seek('end') "
                  "return {same, at, e, f:close(), io.type(f), tostring(f)}"),
            R"json([true,7,7,true,"closed file","file (closed)"])json");
  EXPECT_EQ(text_of("data/out"), "aX 2.5\n");
  EXPECT_EQ(
      shown("local f = io.open('out', 'a+') f:write('more') f:seek('set') return f:read('a')"),
      R"("aX 2.5\nmore")");
  EXPECT_EQ(shown("local f = io.open('out', 'r+') f:read(2) f:write('!') f:seek('set', 0) "
                  "return f:read('a')"),
            R"("aX!2.5\nmore")");
}

TEST_F(Io, WhatWasWrittenIsThereWhenTheSessionHasEnded) {
  EXPECT_EQ(shown("io.open('left', 'w'):write('not closed') return 1"), "1");
  EXPECT_EQ(text_of("data/left"), "not closed");
  EXPECT_EQ(shown("do local f <close> = io.open('scoped', 'w') f:write('x') end "
                  "return io.open('scoped'):read('a')"),
            R"("x")");
}

TEST_F(Io, RefusalsAreNilMessageAndErrno) {
  EXPECT_EQ(shown("return {select(2, io.open('/etc/passwd'))}"),
            R"(["/etc/passwd: Permission denied",13])");
  EXPECT_EQ(shown("return {select(2, io.open('../x', 'w'))}"), R"(["../x: Permission denied",13])");
  EXPECT_EQ(shown("return {select(2, io.open('none'))}"),
            R"(["none: No such file or directory",2])");
  put("read/a", "x");
  EXPECT_EQ(shown("local f = io.open('a') return {select(2, f:write('y'))}"),
            R"(["Bad file descriptor",9])");
  EXPECT_EQ(shown("local f = io.open('b', 'w') return {select(2, f:read())}"),
            R"(["Bad file descriptor",9])");
  EXPECT_EQ(shown("local f = io.open('a') return {select(2, f:seek('set', -1))}"),
            R"(["Invalid argument",22])");
}

TEST_F(Io, HoldsNothingThatReachesFurther) {
  EXPECT_EQ(shown("local names = {} for name in pairs(io) do names[#names + 1] = name end "
                  "table.sort(names) return names"),
            R"(["close","lines","open","type"])");
  EXPECT_EQ(shown("return require('io') == io"), "true");
  EXPECT_EQ(error_of("io.lines()"), codes::kScriptError);
  EXPECT_EQ(shown("local f = io.open('a', 'w') return getmetatable(f)"), R"("FILE*")");
}

TEST_F(Io, FilesAndSizesAreBounded) {
  EXPECT_EQ(shown("local open = {} for i = 1, 20 do local f, why, code = io.open('f' .. i, 'w') "
                  "if not f then return {#open, why, code} end open[#open + 1] = f end"),
            R"([16,"f17: Too many open files",24])");
  EXPECT_EQ(shown("for i = 1, 100 do io.open('f1', 'r') end return 'collected'"), R"("collected")");
  EXPECT_EQ(shown("local f = io.open('big', 'w') local piece = ('x'):rep(8 * 1024 * 1024) "
                  "for i = 1, 20 do local ok, why, code = f:write(piece) "
                  "if not ok then return {i, why, code} end end"),
            R"([9,"File too large",27])");
  EXPECT_EQ(shown("local f = io.open('big') return {select(2, f:read('a'))}"),
            R"(["File too large",27])");
  EXPECT_EQ(shown("local f = io.open('big') return {select(2, f:read('l'))}"),
            R"(["File too large",27])");
}

TEST_F(Io, OneCallReadsSoMuchWhateverItsFormats) {
  put("read/big", std::string(10 * kMiB, 'x') + "\n" + std::string(10 * kMiB, 'y'));
  EXPECT_EQ(shown("local f = io.open('big') return {#f:read('l'), #f:read('a')}"),
            "[10485760,10485760]");
  EXPECT_EQ(shown("local f = io.open('big') return {select(2, f:read('l', 'a'))}"),
            R"(["File too large",27])");
}

TEST_F(Io, WhatIsReadAheadCountsAsTheSessionsMemory) {
  put("read/big", std::string(8 * kMiB, 'x'));
  HostRunOptions made = options("return #io.open('big'):read('a')");
  made.script_limits.memory_bytes = 6 * kMiB;
  HostRun host(std::move(made));
  const auto result = host.main();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), codes::kScriptMemoryLimit);
}

TEST_F(Io, WorksAtTheTopLevelAndInACoroutine) {
  put("read/policy", "rule\n");
  HostRunOptions made = options("return loaded");
  made.script = "loaded = io.open('policy'):read()\n" + made.script;
  HostRun host(std::move(made));
  EXPECT_EQ(json::write(host.main().value()), R"("rule")");
  EXPECT_EQ(shown("local co = coroutine.wrap(function() local f = io.open('co', 'w') "
                  "f:write(('y'):rep(200000)) f:close() return #io.open('co'):read('a') end) "
                  "return co()"),
            "200000");
}

TEST_F(Io, TheLedgerBesideAScriptsFilesIsNotItsOwn) {
  put("data/ledger.db", "the ledger");
  EXPECT_EQ(shown("local out = {} for _, mode in ipairs{'r', 'w', 'a', 'r+'} do "
                  "local f, why, code = io.open(rs.data_dir .. '/ledger.db', mode) "
                  "out[#out + 1] = {f == nil, why:match('[^/]*$'), code} end return out"),
            R"([[true,"ledger.db: Operation not permitted",1],)"
            R"([true,"ledger.db: Operation not permitted",1],)"
            R"([true,"ledger.db: Operation not permitted",1],)"
            R"([true,"ledger.db: Operation not permitted",1]])");
  EXPECT_NE(shown("for l in io.lines('ledger.db') do return l end").find("not permitted"),
            std::string::npos);
  EXPECT_EQ(shown("return {select(3, io.open('journal-0000000001', 'w'))}"), "[1]");
  EXPECT_EQ(text_of("data/ledger.db"), "the ledger");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "data/journal-0000000001"));
}

TEST_F(Io, ClosedFilesSaySo) {
  put("read/a", "x");
  EXPECT_NE(shown("local f = io.open('a') f:close() return f:read()").find("closed file"),
            std::string::npos);
  EXPECT_NE(shown("local f = io.open('a') io.close(f) return f:close()").find("closed file"),
            std::string::npos);
  EXPECT_NE(shown("return io.open('a', 'rw')").find("invalid mode"), std::string::npos);
  EXPECT_NE(shown("return io.open('a'):read('x')").find("invalid format"), std::string::npos);
}

}  // namespace
}  // namespace gvm::host
