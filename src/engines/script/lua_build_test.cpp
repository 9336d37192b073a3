// What we rely on in how Lua is built (cmake/GvmLua.cmake, ADR 10).
#include <gtest/gtest.h>

#include <lua.hpp>

#include "base/error_codes.h"
#include "script/codes.h"
#include "script/error.h"
#include "script/vm.h"
#include "support/script_session.h"

namespace gvm::script {
namespace {

using namespace std::chrono_literals;

int cleanups = 0;

struct Cleanup {
  ~Cleanup() { ++cleanups; }
};

int raise_with_cleanup(lua_State* L) {
  const Cleanup cleanup;
  raise(L, Error(codes::kInternal, Fatality::user, "raised"));
}

// Ends by its budget, which leaves by a yield where one is possible.
int loop_with_cleanup(lua_State* L) {
  const Cleanup cleanup;
  for (;;) Vm::of(L).check_cpu(L);
}

test::ScriptRun run_of(const std::string& body) {
  ProgramOptions options;
  options.host.functions = {{"t", "raise", "", "", &raise_with_cleanup},
                            {"t", "loop", "", "", &loop_with_cleanup}};
  options.libraries = {{"lib-t", "local name, host = ...\nreturn host['t']"}};
  options.limits.cpu_total = 100ms;
  options.limits.cpu_unyielding = 20ms;
  cleanups = 0;
  return test::ScriptRun("local t = require('lib-t')\nfunction F(ctx)\n" + body + "\nend",
                         std::move(options));
}

TEST(LuaBuild, IsThePinnedRelease) {
  EXPECT_STREQ(LUA_RELEASE, "Lua 5.4.8");
}

TEST(LuaBuild, KeepsTheNamesOfLua53) {
  EXPECT_EQ(*run_of("return math.pow(2, 3)").call("F"), Value::real(8));
}

TEST(LuaBuild, AnErrorRunsDestructors) {
  auto run = run_of("for i = 1, 3 do pcall(t.raise) end return 1");
  EXPECT_TRUE(run.call("F"));
  EXPECT_EQ(cleanups, 3);
}

TEST(LuaBuild, ASpentBudgetRunsDestructors) {
  auto run = run_of("t.loop()");
  EXPECT_EQ(run.call("F").error().code(), codes::kScriptCpuLimit);
  EXPECT_EQ(cleanups, 1);
}

// A yield that jumps is asked for, then fails: the next one must not jump.
TEST(LuaBuild, ASpentBudgetAfterAYieldThatFailedRunsDestructors) {
  auto run = run_of(
      "local co = coroutine.wrap(function()\n"
      "  local m = setmetatable({}, {__index = coroutine.yield})\n"
      "  assert(not pcall(table.concat, m, '', 1, 2))\n"
      "  t.loop()\n"
      "end)\n"
      "co()");
  EXPECT_EQ(run.call("F").error().code(), codes::kScriptCpuLimit);
  EXPECT_EQ(cleanups, 1);
}

// In Lua as it is, these meet in tables of every size up to 32768: their rehash takes seconds.
TEST(LuaBuild, ChosenIntegerKeysDoNotMeet) {
  const auto answer = run_of(
                          "local t, n = {}, 0\n"
                          "for i = 1, 30000 do t[i * 32767 * 16383 * 8191] = i end\n"
                          "for k, v in pairs(t) do if t[k] == v then n = n + 1 end end\n"
                          "return n")
                          .call("F");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, Value::integer(30000));
}

// Lua before 5.4.5 went on with a pointer into the old stack when a __concat made the stack grow.
TEST(LuaBuild, AConcatMetamethodMayGrowTheStack) {
  const auto answer = run_of(R"(
    local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
    local function text(v) return type(v) == 'table' and v.text or v end
    local m = {__concat = function(a, b) deep(100) return text(a) .. text(b) end}
    local x = setmetatable({text = 'x'}, m)
    for depth = 1, 200 do
      local function at(n)
        if n > 0 then return (at(n - 1)) end
        return 'a' .. x .. 'b' .. x .. 'c' .. depth
      end
      local result = coroutine.wrap(at)(depth)  -- a fresh stack
      if result ~= 'axbxc' .. depth then return result end
    end
    return 'right')")
                          .call("F");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, Value::string("right"));
}

}  // namespace
}  // namespace gvm::script
