#include <gtest/gtest.h>

#include "base/error_codes.h"
#include "support/script_session.h"

namespace gvm::script {
namespace {

Error load_error_of(const std::string& text, ProgramOptions options = {}) {
  test::ScriptRun run(text, std::move(options));
  return run.load_error.value_or(Error("NONE", Fatality::user));
}

TEST(Program, ASyntaxErrorNamesFileAndLine) {
  const Error error = load_error_of("x = 1\ny = = 2\n");
  EXPECT_EQ(error.code(), codes::kInvalidConfig);
  EXPECT_NE(error.to_string().find("/script.lua: script.lua:2:"), std::string::npos)
      << error.to_string();
}

TEST(Program, AnErrorAtTheTopLevelNamesFileAndLine) {
  const Error error = load_error_of("\n\nlocal x = nil + 1\n");
  EXPECT_EQ(error.code(), codes::kInvalidConfig);
  EXPECT_NE(error.to_string().find("script.lua:3:"), std::string::npos) << error.to_string();
}

TEST(Program, AMissingEntryPointStopsTheStart) {
  ProgramOptions options;
  options.required_entries = {"ExecPrompt", "ExecPromptTemplate"};
  const Error error = load_error_of("function ExecPrompt() end\nExecPromptTemplate = 1", options);
  EXPECT_EQ(error.code(), codes::kInvalidConfig);
  EXPECT_NE(error.to_string().find("ExecPromptTemplate"), std::string::npos);
}

TEST(Program, AMissingFileStopsTheStart) {
  ProgramOptions options;
  options.script_path = "/nowhere/script.lua";
  const auto program = Program::load(std::move(options));
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().code(), codes::kInvalidConfig);
  EXPECT_NE(program.error().to_string().find("/nowhere/script.lua"), std::string::npos);
}

TEST(Program, BytecodeInAFileIsRefused) {
  EXPECT_EQ(load_error_of("\x1bLuaT\x00").code(), codes::kInvalidConfig);
}

TEST(Program, TellsWhichEntriesExist) {
  test::ScriptRun run("function Setup() end");
  EXPECT_TRUE(run.program->has_entry("Setup"));
  EXPECT_FALSE(run.program->has_entry("Teardown"));
}

class LuaPath : public testing::Test {
 protected:
  Result<Value> run(const std::string& text) {
    ProgramOptions options;
    options.lua_path =
        "/nowhere/?.lua;" + folder_.lua_path() + ";" + (folder_.folder() / "?/init.lua").string();
    options.libraries = {{"ours", "return 'ours'"}};
    test::ScriptRun run(text, std::move(options));
    if (run.load_error) return fail(*run.load_error);
    return run.call("F");
  }

  test::TempScript folder_{""};
};

TEST_F(LuaPath, ModulesAreFoundByName) {
  folder_.write("plain.lua", "return {v = 'plain'}");
  folder_.write("a/b.lua", "return 'nested'");
  folder_.write("pack/init.lua", "return 'init'");
  const auto answer = run(
      "local p = require('plain')\nfunction F() return {p.v, require('a.b'), require('pack')} end");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer,
            Value::array({Value::string("plain"), Value::string("nested"), Value::string("init")}));
}

TEST_F(LuaPath, AModuleIsRunOnceASession) {
  folder_.write("once.lua", "count = (count or 0) + 1 return {}");
  EXPECT_EQ(*run("require('once')\nfunction F() require('once') return count end"),
            Value::integer(1));
}

TEST_F(LuaPath, AFileOfTheOperatorCountsBeforeALibraryOfOurs) {
  folder_.write("ours.lua", "return 'theirs'");
  EXPECT_EQ(*run("function F() return require('ours') end"), Value::string("theirs"));
}

TEST_F(LuaPath, ABrokenModuleMattersOnlyWhenItIsRequired) {
  folder_.write("broken.lua", "x = = 1");
  EXPECT_EQ(*run("function F() return 1 end"), Value::integer(1));
  const auto late = run("function F() require('broken') end");
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().to_string().find("broken.lua:1:"), std::string::npos)
      << late.error().to_string();
  const auto early = run("require('broken')");
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code(), codes::kInvalidConfig);
}

TEST_F(LuaPath, AnUnknownModuleSaysSo) {
  const auto answer = run("function F() require('absent') end");
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().to_string().find("module 'absent' not found"), std::string::npos);
}

TEST(Program, NothingLeaksFromOneSessionToTheNext) {
  test::ScriptRun run("function F() seen = (seen or 0) + 1 string.mine = seen return seen end");
  EXPECT_EQ(*run.call("F"), Value::integer(1));
  EXPECT_EQ(*run.call("F"), Value::integer(2));
  auto other = Session::open(run.program, run.io.get_executor(), log::Logger(),
                             std::make_unique<Services>(), Value::map());
  ASSERT_TRUE(other);
  run.session = std::move(*other);
  EXPECT_EQ(*run.call("F"), Value::integer(1));
}

TEST(Program, LargeConstantsAreSharedAndReadOnly) {
  std::vector<Value::Map::Entry> entries;
  for (int i = 0; i < 1000; ++i) {
    entries.emplace_back(Blob("k" + std::to_string(i)), Value::boolean(true));
  }
  ProgramOptions options;
  options.host.constants = {
      {"t", "big", "", "", Value::map(Value::Map::from_entries(std::move(entries)))},
      {"t", "small", "", "", Value::object({{"a", Value::integer(1)}})}};
  options.libraries = {{"lib-t", "local name, host = ...\nreturn host['t']"}};
  test::ScriptRun run(
      "local t = require('lib-t')\n"
      "function F()\n"
      "  local n = 0\n"
      "  for k, v in pairs(t.big) do assert(v == true and t.big[k]) n = n + 1 end\n"
      "  assert(n == 1000 and #t.big == 1000 and t.big.absent == nil and t.big[1] == nil)\n"
      "  assert(not pcall(function() t.big.x = 1 end) and not pcall(rawset, t.big, 'x', 1))\n"
      "  for k, v in pairs(t.small) do t.small[k] = v + 1 end\n"
      "  return t.small.a\n"
      "end",
      std::move(options));
  ASSERT_FALSE(run.load_error);
  const auto answer = run.call("F");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, Value::integer(2));
}

TEST(SessionPool, KeepsSessionsReadyAndGivesThemTheirOwner) {
  struct Mine : Services {
    int number = 7;
  };
  ProgramOptions options;
  options.host.functions = {
      {"t", "number", "", "",
       HostFunction::Sync([](Session& s, HostFunction::Args&) -> Result<Value> {
         const auto* mine = dynamic_cast<const Mine*>(&s.services());
         return Value::integer(mine == nullptr ? 0 : mine->number);
       })}};
  options.libraries = {{"lib-t", "local name, host = ...\nreturn host['t']"}};
  options.loading_services = [] { return std::make_unique<Mine>(); };
  test::ScriptRun run(
      "local t = require('lib-t')\nlocal early = t.number()\n"
      "function F(ctx) return {early, t.number(), ctx.id} end",
      std::move(options));
  ASSERT_FALSE(run.load_error) << run.load_error->to_string();
  SessionPool pool(run.program, run.io.get_executor(), 2);
  EXPECT_EQ(pool.ready(), 0U);
  run.io.run();
  EXPECT_EQ(pool.ready(), 2U);
  auto services = std::make_unique<Mine>();
  services->number = 8;
  auto session =
      pool.open(log::Logger(), std::move(services), Value::object({{"id", Value::string("s1")}}));
  ASSERT_TRUE(session);
  EXPECT_EQ(pool.ready(), 1U);
  run.session = std::move(*session);
  EXPECT_EQ(*run.call("F"),
            Value::array({Value::integer(7), Value::integer(8), Value::string("s1")}));
  run.session.reset();
  run.io.restart();
  run.io.run();
  EXPECT_EQ(pool.ready(), 2U) << "a session that is gone is replaced";
}

TEST(SessionPool, MayGoWhileItsRefillIsPosted) {
  test::ScriptRun run("function F() end");
  auto pool = std::make_unique<SessionPool>(run.program, run.io.get_executor(), 1);
  pool.reset();
  EXPECT_GT(run.io.run(), 0U);
}

}  // namespace
}  // namespace gvm::script
