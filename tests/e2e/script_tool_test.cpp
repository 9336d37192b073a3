// `genvm-modules script lint` and `script test`.
#include <gtest/gtest.h>

#include <filesystem>

#include "e2e/module.h"
#include "support/paths.h"

namespace gvm::e2e {
namespace {

using test::Finished;

Finished tool(const std::string& what, const std::string& file,
              std::vector<std::string> more = {}) {
  std::vector<std::string> command = {program("genvm-modules"), "script", what, file};
  command.insert(command.end(), more.begin(), more.end());
  return test::run_program(std::move(command));
}

void expect_parts(const std::string& text, const std::vector<std::string>& parts) {
  for (const auto& part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
}

const std::string kHead =
    "local lib = require('lib-genvm')\n"
    "local llm = require('lib-llm')\n"
    "function ExecPromptTemplate() end\n";

// What stands in line 5, in a function.
Finished lint_body(const TempFolder& folder, const std::string& body) {
  return tool("lint",
              folder.write("s.lua", kHead + "function ExecPrompt(ctx, args)\n" + body + "\nend\n"));
}

struct Mistake {
  std::string body;
  std::string told;
};

TEST(ScriptLint, FindsEachMistakeWithItsLine) {
  const TempFolder folder;
  const Mistake mistakes[] = {
      {"return llm.rs.nosuch(ctx)", "there is no host function rs.nosuch in lib-llm"},
      {"return llm.rs.exec_promt(ctx)", "did you mean exec_prompt?"},
      {"local rs = llm.rs; return rs.nosuch(ctx)", "no host function rs.nosuch"},
      {"return pcall(lib.rs.sleep, 1)", "no host function rs.sleep"},
      {"return function() return lib.rs['nosuch'] end", "no host function rs.nosuch"},
      {"return __llm.nosuch(ctx)", "no host function __llm.nosuch"},
      {"return llm.exec_prompt_transfrm(args)", "did you mean exec_prompt_transform?"},
      {"os.execute('true')", "the sandbox has no os.execute"},
      {"return io.popen('ls')", "the sandbox has no io.popen"},
      {"return debug.traceback()", "the sandbox has no debug"},
      {"return loadfile('x')", "the sandbox has no loadfile"},
      {"return dofile('x')", "the sandbox has no dofile"},
      {"return os.getenv('HOME')", "the sandbox has no os.getenv"},
      {"return string.formt('x')", "did you mean format?"},
      {"answer = 5", "assigns to the global answer"},
      {"return function() count = 1 end", "assigns to the global count"},
      {"return anwser", "nothing defines the global anwser"},
      {"return tonumbr('1')", "did you mean tonumber?"},
      {"return _G.nosuch", "nothing defines the global nosuch"},
      {"return require('no-such')", "module 'no-such' not found"},
      {"return setmetatable({}, {__gc = print})", "refuses __gc"},
      {"for i = 1, 2 do local x = llm.rs.nosuch end", "no host function rs.nosuch"},
      {"while args do if ctx then return lib.rs.nosuch end end", "no host function rs.nosuch"},
  };
  for (const auto& mistake : mistakes) {
    const auto result = lint_body(folder, mistake.body);
    EXPECT_EQ(result.exit_code, 1) << mistake.body << result.out;
    expect_parts(result.err, {"s.lua:5: ", mistake.told, "1 mistake\n"});
  }
}

TEST(ScriptLint, LetsAloneWhatIsNoMistake) {
  const TempFolder folder;
  for (const std::string body : {
           "if debug then return debug.traceback() end",
           "if io ~= nil and io.popen then return io.popen('x') end",
           "if type(jit) == 'table' then return jit.version end",
           "local llm = ctx; return llm.rs.nosuch(ctx)",
           "local rs = llm.rs; if ctx then rs = ctx end; return rs.nosuch",
           "local function f(llm) return llm.rs.nosuch end return f(ctx)",
           "return llm.rs.providers.mine.models",
           "return ctx and lib.rs.nosuch or 1",
           "return llm.rs.meta.anything",
           "local _ENV = {}; x = 1; return y",
           "ctx.answer = 5; return ctx.anwser",
           "return ('x'):rep(3), lib.rs.null",
           "local ok, m = pcall(require, 'no-such') return ok and m.x",
           "return math.pow(2, 3), utf8.char(65), coroutine.wrap(print), table.unpack({})",
       }) {
    const auto result = lint_body(folder, body);
    EXPECT_EQ(result.exit_code, 0) << body << "\n" << result.err;
  }
}

TEST(ScriptLint, FindsEntryPointsThatAreMissingOrMisspelled) {
  const TempFolder folder;
  const auto llm = tool("lint", folder.write("s.lua", "function ExecPromt() end\n"));
  EXPECT_EQ(llm.exit_code, 1);
  expect_parts(llm.err, {"s.lua:1: the module calls ExecPrompt, ", "ExecPromt",
                         "s.lua: the script defines no function ExecPromptTemplate"});
  const auto web = tool("lint", folder.write("w.lua", "function Request() end\n"));
  EXPECT_EQ(web.exit_code, 1);
  expect_parts(web.err, {"no function Render"});
  const auto setup = tool("lint", folder.write("t.lua", kHead + "function ExecPrompt() end\n"
                                                                "function setup() end\n"));
  EXPECT_EQ(setup.exit_code, 1);
  expect_parts(setup.err, {"t.lua:5: nothing calls setup: did you mean Setup?"});
}

TEST(ScriptLint, KnowsGlobalsThatTheTopLevelOrALibraryDefines) {
  const TempFolder folder;
  folder.write("mine.lua", "shared = 1\nreturn {known = 1}\n");
  const auto good =
      tool("lint", folder.write("s.lua", kHead + "local mine = require('mine')\ncount = 0\n"
                                                 "_G['made_' .. 'here'] = 1\n"
                                                 "function ExecPrompt() count = count + 1\n"
                                                 "return mine.known, shared, made_here end\n"));
  EXPECT_EQ(good.exit_code, 0) << good.err;
  const auto bad = tool(
      "lint", folder.write("s.lua", kHead + "local mine = require('mine')\n"
                                            "function ExecPrompt() return mine.unknown end\n"));
  EXPECT_EQ(bad.exit_code, 1);
  expect_parts(bad.err, {"s.lua:5: the library mine has no unknown"});
}

TEST(ScriptLint, LooksIntoTheFilesThatAScriptRequires) {
  const TempFolder folder;
  folder.write("mine.lua", "local M = {}\nfunction M.f() result = nosuch end\nreturn M\n");
  folder.write("broken.lua", "return {\n");
  const auto result =
      tool("lint", folder.write("s.lua", kHead + "require('mine')\nfunction ExecPrompt() end\n"));
  EXPECT_EQ(result.exit_code, 1);
  expect_parts(result.err, {"mine.lua:2: a function assigns to the global result",
                            "mine.lua:2: nothing defines the global nosuch"});
  const auto broken =
      tool("lint", folder.write("s.lua", kHead + "require('broken')\nfunction ExecPrompt() end\n"));
  EXPECT_EQ(broken.exit_code, 1);
  expect_parts(broken.err, {"broken.lua:2: ", "unexpected symbol near <eof>"});
}

TEST(ScriptLint, SaysWhatStopsTheStart) {
  const TempFolder folder;
  const Mistake rows[] = {{"local x = = 1\n", "s.lua:4: unexpected symbol"},
                          {"local x = lib.rs.x.y\n", "s.lua:4: there is no host function rs.x"},
                          {"while true do end\n", "SCRIPT_CPU_LIMIT"},
                          {"local t = {}\nlocal u = t.x.y\n", "s.lua:5: attempt to index"}};
  for (const auto& row : rows) {
    const auto result =
        tool("lint", folder.write("s.lua", kHead + row.body + "function ExecPrompt() end\n"));
    EXPECT_EQ(result.exit_code, 1) << row.body << result.out;
    expect_parts(result.err, {row.told});
  }
}

TEST(ScriptLint, RefusesWhatIsNoScript) {
  const TempFolder folder;
  for (const auto& file :
       {folder.file("nosuch.lua"), folder.file(""), folder.write("b.lua", "\x1bLua binary"),
        folder.write("z.lua", std::string("\0\1\2", 3))}) {
    const auto result = tool("lint", file);
    EXPECT_EQ(result.exit_code, 1) << file << result.out;
    EXPECT_FALSE(result.err.empty());
  }
  EXPECT_EQ(tool("lint", folder.write("s.lua", kHead), {"--module", "nosuch"}).exit_code, 64);
  EXPECT_EQ(tool("lint", folder.write("s.lua", kHead), {"--config", "/nosuch.yaml"}).exit_code, 1);
}

TEST(ScriptLint, ScriptsThatShipAndExamplesHaveNoMistakes) {
  const TempFolder scratch;
  const auto yaml =
      scratch.write("llm.yaml", "backends:\n" + backend_at("http://127.0.0.1:1") +
                                    "lua_path: " + test::source_dir() + "/config/?.lua\n");
  const std::vector<std::string> config = {"--config", yaml};
  for (const std::string folder : {"/config", "/examples/scripts"})
    for (const auto& file : std::filesystem::directory_iterator(test::source_dir() + folder)) {
      const auto path = file.path().string();
      if (!path.ends_with(".lua") || path.ends_with("_test.lua")) continue;
      const bool web = path.find("web") != std::string::npos;
      const auto result = tool("lint", path, web ? std::vector<std::string>() : config);
      EXPECT_EQ(result.exit_code, 0) << path << "\n" << result.err;
    }
}

// --- script test

const std::string kBackends =
    "local test = require('script-test')\n"
    "test.config [[\n"
    "backends:\n"
    "  a: {host: 'https://a.example', provider: openai-compatible, key: x, models: {m: {}}}\n"
    "]]\n";
const std::string kPlainScript =
    "local llm = require('lib-llm')\n"
    "function ExecPrompt(ctx, args)\n"
    "  local m = llm.exec_prompt_transform(args)\n"
    "  return llm.rs.exec_prompt(ctx, {prompt = m.prompt, format = m.format}) end\n"
    "function ExecPromptTemplate() end\n";

Finished run_tests(const TempFolder& folder, const std::string& tests,
                   const std::string& script = kPlainScript, std::vector<std::string> more = {}) {
  folder.write("s_test.lua", kBackends + tests);
  return tool("test", folder.write("s.lua", script), std::move(more));
}

TEST(ScriptTest, ExamplesPass) {
  std::size_t count = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(test::source_dir() + "/examples/scripts")) {
    if (!file.path().string().ends_with("_test.lua")) continue;
    ++count;
    const auto result = tool("test", file.path().string());
    EXPECT_EQ(result.exit_code, 0) << file.path() << "\n" << result.out << result.err;
  }
  EXPECT_GE(count, 6U);
}

TEST(ScriptTest, ShowsWhatWasSentAndToWhom) {
  const TempFolder folder;
  const auto result = run_tests(folder,
                                "test('adds', function(t)\n"
                                "  t.model('m'):answers('four')\n"
                                "  t.equal(t.prompt{prompt = '2+2?'}.data, 'four')\n"
                                "end)\n");
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  expect_parts(result.out, {"ok      adds\n", "backend=\"a\"", "model=\"m\"", "prompt=\"2+2?\"",
                            "1 test, 0 failed"});
}

TEST(ScriptTest, SaysWhereATestFailsAndWhatWasExpected) {
  const TempFolder folder;
  const Mistake rows[] = {
      {"t.equal(1, 2)", "s_test.lua:7: not equal\n  expected: 2\n  actual:   1"},
      {"t.equal({a = {1, 2}}, {a = {1, 3}}, 'lists')", "s_test.lua:7: lists"},
      {"t.contains('abc', 'x')", "s_test.lua:7: a part is missing"},
      {"t.prompt{prompt = 'p'}", "the script asks a/m, for which the test plans no answer"},
      {"t.model('m'):fails{status = 500} t.prompt{prompt = 'p'}",
       "s_test.lua:7: the module answers"},
      {"t.model('m'):answers('x') t.error_of(t.prompt, {prompt = 'p'})", "s_test.lua:7: "},
      {"t.prompt{prompt = 'p', format = 'nosuch'}", "MALFORMED_REQUEST"},
      {"local x = nil; x.y = 1", "s_test.lua:7: attempt to index"},
      {"while true do end", "DEADLINE_EXCEEDED"},
      {"t.file('nosuch')", "No such file"},
  };
  for (const auto& row : rows) {
    const auto result = run_tests(
        folder,
        "test('fails', function(t)\n" + row.body + "\nend)\ntest('passes', function() end)\n",
        kPlainScript, {"--timeout", "5"});
    EXPECT_EQ(result.exit_code, 1) << row.body << result.out;
    expect_parts(result.out, {"FAILED  fails", row.told, "ok      passes", "2 tests, 1 failed"});
  }
}

TEST(ScriptTest, NothingButTheMockCanBeReached) {
  const TempFolder folder;
  const auto result =
      run_tests(folder,
                "test('t', function(t)\n"
                "  t.equal(t.error_of(t.prompt, {prompt = 'p'}).code, 'ADDRESS_FORBIDDEN') end)\n",
                "local lib = require('lib-genvm')\n"
                "function ExecPrompt(ctx) return lib.rs.request(ctx, {method = 'GET', url = "
                "'http://127.0.0.1:9/'}) end\nfunction ExecPromptTemplate() end\n");
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

TEST(ScriptTest, AScriptThatHangsEndsWithItsTest) {
  const TempFolder folder;
  const auto result = run_tests(
      folder,
      "test('t', function(t)\n"
      "  t.equal(t.error_of(t.prompt, {prompt = 'p'}).code, 'DEADLINE_EXCEEDED') end)\n",
      "local lib = require('lib-genvm')\nfunction ExecPrompt() lib.rs.sleep_seconds(500) end\n"
      "function ExecPromptTemplate() end\n",
      {"--timeout", "2"});
  expect_parts(result.out, {"1 test, "});
  EXPECT_TRUE(result.exit_code.has_value()) << "it had to be killed";
}

TEST(ScriptTest, SaysWhatIsWrongBeforeTheFirstTest) {
  const TempFolder folder;
  const auto script = folder.write("s.lua", kPlainScript);
  const auto no_tests = tool("test", script);
  EXPECT_EQ(no_tests.exit_code, 1);
  expect_parts(no_tests.err, {"there is no ", "s_test.lua"});
  folder.write("s_test.lua", "local test = require('script-test')\n");
  expect_parts(tool("test", script).err, {"it has no test"});
  folder.write("s_test.lua", "return = 1\n");
  expect_parts(tool("test", script).err, {"s_test.lua:1: "});
  const auto faulty = run_tests(folder, "test('t', function() end)\n", "local x = = 1\n");
  EXPECT_EQ(faulty.exit_code, 1);
  expect_parts(faulty.out, {"FAILED  t", "s.lua:1: "});
  folder.write("s_test.lua",
               "local test = require('script-test')\n"
               "test.config 'backends: 5'\ntest('t', function() end)\n");
  folder.write("s.lua", kPlainScript);
  const auto config = tool("test", script);
  EXPECT_EQ(config.exit_code, 1);
  expect_parts(config.out, {"backends"});
}

TEST(ScriptTest, TakesTheOperatorsConfigurationAndNeedsNoKeys) {
  const TempFolder folder;
  const auto config = folder.write(
      "llm.yaml",
      "lua_script_path: /nonexistent.lua\n"
      "backends: {b: {host: 'https://b.example', provider: anthropic, key: '${ENV[NO_SUCH_KEY]}', "
      "models: {n: {}}}}\n");
  const auto result = run_tests(folder,
                                "test('t', function(t)\n"
                                "  t.backend('b'):answers('x') t.prompt{prompt = 'p'}\n"
                                "  t.equal(t.sent[1].provider, 'anthropic') end)\n",
                                kPlainScript, {"--config", config});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

}  // namespace
}  // namespace gvm::e2e
