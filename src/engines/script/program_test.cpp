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

TEST_F(LuaPath, TheConfiguredPathIsPackagePath) {
  const auto answer = run("function F() return package.path end");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, Value::string("/nowhere/?.lua;" + folder_.lua_path() + ";" +
                                   (folder_.folder() / "?/init.lua").string()));
}

TEST_F(LuaPath, APathThatAScriptSetsCountsAtOnceAndInItsEntryPoints) {
  folder_.write("more/early.lua", "return 'early'");
  folder_.write("more/late.lua", "return 'late'");
  folder_.write("more/ours.lua", "return 'set'");
  folder_.write("plain.lua", "return 'configured'");
  folder_.write("more/plain.lua", "return 'in front'");
  const std::string more = (folder_.folder() / "more/?.lua").string();
  const std::string set = "package.path = '" + more + ";' .. package.path\n";
  const auto answer = run(set +
                          "local early = require('early')\n"
                          "function F() return {early, require('late'), require('ours'), "
                          "require('plain')} end");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, Value::array({Value::string("early"), Value::string("late"),
                                   Value::string("set"), Value::string("in front")}));
  const auto before = run("local plain = require('plain')\n" + set +
                          "function F() return {plain, require('plain')} end");
  ASSERT_TRUE(before) << before.error().to_string();
  EXPECT_EQ(*before, Value::array({Value::string("configured"), Value::string("configured")}))
      << "what has been required stays";
}

TEST_F(LuaPath, WhatStandsBesideTheScriptIsFoundByItsEntryPointsToo) {
  folder_.write("helper.lua", "return 'beside'");
  folder_.write("parts/one.lua", "return 'below'");
  folder_.write("script.lua", "function F() return {require('helper'), require('parts.one')} end");
  ProgramOptions options;
  options.script_path = folder_.path();
  options.lua_path = "/nowhere/?.lua";
  const auto program = Program::load(std::move(options));
  ASSERT_TRUE(program) << program.error().to_string();
  test::ScriptRun run("");
  auto session = Session::open(*program, run.io.get_executor(), log::Logger(),
                               std::make_unique<Services>(), Value::map());
  ASSERT_TRUE(session) << session.error().to_string();
  run.session = std::move(*session);
  const auto answer = run.call("F");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, Value::array({Value::string("beside"), Value::string("below")}));
}

// A path that is no text, and globals that raise when a name is unknown.
TEST_F(LuaPath, AScriptMaySpoilItsPackageTable) {
  for (const char* spoil : {"package.path = 7", "package.path = nil", "package = nil",
                            "package = nil setmetatable(_G, {__index = error})"}) {
    const auto answer = run(std::string(spoil) + "\nfunction F() return require('ours') end");
    ASSERT_TRUE(answer) << spoil << ": " << answer.error().to_string();
    EXPECT_EQ(*answer, Value::string("ours"));
  }
}

TEST_F(LuaPath, AFunctionInPreloadComesFirst) {
  folder_.write("plain.lua", "return 'a file'");
  const auto answer =
      run("package.preload.made = function(name) return name .. ' by a function' end\n"
          "package.preload.plain = function() return 'preloaded' end\n"
          "function F() return {require('made'), require('plain'), require('made')} end");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, Value::array({Value::string("made by a function"), Value::string("preloaded"),
                                   Value::string("made by a function")}));
}

TEST_F(LuaPath, WhatAModulePutsIntoPackageLoadedIsItsAnswer) {
  folder_.write("sets.lua", "package.loaded[...] = {v = 'set by itself'}");
  folder_.write("answers.lua", "package.loaded[...] = 1 return 'answered'");
  folder_.write("silent.lua", "local x = 1");
  const auto answer =
      run("function F() return {require('sets').v, require('sets').v, require('answers'), "
          "require('silent')} end");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, Value::array({Value::string("set by itself"), Value::string("set by itself"),
                                   Value::string("answered"), Value::boolean(true)}));
}

TEST_F(LuaPath, NamesThatLeaveThePathAndBytecodeAreRefused) {
  folder_.write("deep/inner.lua", "return 1");
  folder_.write("code.lua", "\x1bLua\x54\x00\x19\x93\r\n\x1a\n");
  for (const char* name : {"..inner", "deep..inner", "/etc/passwd", "../deep/inner", "deep/inner",
                           ".hidden", "", "code", "deep.inner.more"}) {
    const auto answer =
        run(std::string("function F() return {pcall(require, '") + name + "')} end");
    ASSERT_TRUE(answer) << name;
    EXPECT_EQ((*answer->as_array())[0], Value::boolean(false)) << name;
  }
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

// {"k0": item, ...}
Value many(int count, const Value& item) {
  std::vector<Value::Map::Entry> entries;
  for (int i = 0; i < count; ++i) entries.emplace_back(Blob("k" + std::to_string(i)), item);
  return Value::map(Value::Map::from_entries(std::move(entries)));
}

// `body` is a function's, with the constants `shared` (a set of 2000), `nested` (2000 tables) and
// `small` in the table t.
Result<Value> with_constants(const std::string& body) {
  ProgramOptions options;
  options.host.constants = {
      {"t", "shared", "", "", many(2000, Value::boolean(true))},
      {"t", "nested", "", "", many(2000, Value::object({{"a", Value::integer(1)}}))},
      {"t", "small", "", "", Value::object({{"a", Value::integer(1)}})}};
  options.libraries = {{"lib-t", "local name, host = ...\nreturn host['t']"}};
  test::ScriptRun run("local t = require('lib-t')\nfunction F() " + body + " end",
                      std::move(options));
  if (run.load_error) return fail(*run.load_error);
  return run.call("F");
}

TEST(Program, LargeConstantsAreSharedAndReadOnly) {
  const auto answer = with_constants(
      "local n = 0\n"
      "for k, v in pairs(t.shared) do assert(v == true and t.shared[k]) n = n + 1 end\n"
      "assert(n == 2000 and #t.shared == 2000 and t.shared.absent == nil and t.shared[1] == nil)\n"
      "assert(not pcall(function() t.shared.x = 1 end) and not pcall(rawset, t.shared, 'x', 1))\n"
      "for k, v in pairs(t.small) do t.small[k] = v + 1 end\n"
      "return t.small.a\n");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, Value::integer(2));
}

TEST(Program, LargeConstantsAreWalkedWithNextToo) {
  const auto answer = with_constants(
      "local seen, n = {}, 0\n"
      "for k, v in next, t.shared do assert(v == true and not seen[k]) seen[k] = true n = n + 1 "
      "end\n"
      "assert(n == 2000 and seen.k0 and seen.k1999)\n"
      "assert(select('#', next(t.shared, 'k999')) == 1 and next(t.shared, 'zzz') == nil)\n"
      "assert(not pcall(next, t.shared, 7) and not pcall(next, 7) and not pcall(next))\n"
      "assert(next({}) == nil and next({5}) == 1 and select(2, next({x = 6})) == 6)\n"
      "assert(not pcall(next, {}, 'absent'))\n"
      "return true");
  ASSERT_TRUE(answer) << answer.error().to_string();
}

// As llm.providers with the models of a large catalogue: scripts take it for a table and note
// things in it.
TEST(Program, NestedConstantsAreTablesHoweverManyTheyAre) {
  const auto answer = with_constants(
      "assert(type(t.nested) == 'table' and next(t.nested) ~= nil)\n"
      "assert(t.nested.k7 == t.nested.k7)\n"
      "t.nested.k7.noted = true\n"
      "t.nested.k8 = nil\n"
      "local n = 0\n"
      "for _, v in pairs(t.nested) do assert(v.a == 1) n = n + 1 end\n"
      "assert(n == 1999 and t.nested.k7.noted)\n"
      "return true");
  ASSERT_TRUE(answer) << answer.error().to_string();
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
