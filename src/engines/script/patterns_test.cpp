// Our pattern functions against Lua's own: the same calls in a stock state and in a session give
// the same answers.
#include <gtest/gtest.h>

#include <lua.hpp>
#include <random>

#include "script/pattern.h"
#include "support/script_session.h"

namespace gvm::script {
namespace {

// Results of `body` joined to a text, an error as "error: ..." without its position.
const std::string kHarness =
    "function Run(ctx)\n"
    "  local out = {}\n"
    "  for _, case in ipairs(cases) do\n"
    "    local r = table.pack(pcall(case))\n"
    "    local t = {}\n"
    "    for i = 1, r.n do t[i] = tostring(r[i]):gsub('^[^ ]+:%d+: ', '') end\n"
    "    out[#out + 1] = table.concat(t, '|')\n"
    "  end\n"
    "  return table.concat(out, '\\n')\n"
    "end\n";

std::string stock(const std::string& script) {
  lua_State* L = luaL_newstate();
  luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
  luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
  luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
  luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
  luaL_requiref(L, LUA_COLIBNAME, luaopen_coroutine, 1);
  lua_settop(L, 0);
  const std::string text = script + "\nreturn Run()";
  const bool failed = luaL_loadbuffer(L, text.data(), text.size(), "@script.lua") != LUA_OK ||
                      lua_pcall(L, 0, 1, 0) != LUA_OK;
  std::size_t size = 0;
  const char* answer = lua_tolstring(L, -1, &size);
  std::string out = failed ? "stock failed: " : "";
  out.append(answer, size);
  lua_close(L);
  return out;
}

std::string ours(const std::string& script) {
  test::ScriptRun run(script);
  if (run.load_error) return "load: " + run.load_error->to_string();
  const auto answer = run.call("Run");
  if (!answer) return "ours failed: " + answer.error().to_string();
  return std::string(answer->as_string() ? *answer->as_string() : *answer->as_bytes());
}

std::string cases(const std::vector<std::string>& calls) {
  std::string text = "cases = {\n";
  for (const auto& call : calls) text += "function() return " + call + " end,\n";
  return text + "}\n" + kHarness;
}

TEST(Patterns, AnswerAsLuaDoes) {
  const std::string script = cases({
      "('hello world'):find('wor')",
      "('hello world'):find('o', 6)",
      "('hello'):find('l+')",
      "('hello'):find('')",
      "('hello'):find('', 10)",
      "('hello'):find('', 6)",
      "('hello'):find('h', -100)",
      "('hello'):find('(l)(l)(o)')",
      "('hello'):find('()ll()')",
      "('a.b'):find('.', 2, true)",
      "('a+b'):find('+', 1, true)",
      "('hello'):find('xyz')",
      "('hello'):match('^(h)(.-)o$')",
      "('  trim  '):match('^%s*(.-)%s*$')",
      "('key = value'):match('(%w+)%s*=%s*(%w+)')",
      "('2024-01-31'):match('(%d+)-(%d+)-(%d+)')",
      "('THE (quick) fox'):find('%((%a+)%)')",
      "('f(a(b)c)d'):match('%b()')",
      "('THE (quick) fox'):gsub('%f[%a]%a+', 'X')",
      "('hello'):gsub('', '-')",
      "('hello'):gsub('l', {l = 'L'})",
      "('hello'):gsub('.', {h = 1, e = false})",
      "('hello world'):gsub('o', '0', 1)",
      "('hello'):gsub('(l)(.)', '%2%1')",
      "('abc'):gsub('%w', '%0%0')",
      "('abc'):gsub('%w', '%%')",
      "('abc'):gsub('b', function() return nil end)",
      "('abc'):gsub('()', function(p) return p end)",
      "('abc'):gsub('^a', 'x')",
      "('aaa'):gsub('^a', 'x')",
      "('abc'):gsub('$', 'x')",
      "('a$b'):find('$b')",
      "('a^b'):find('a^b')",
      "('a]b'):find('[]]')",
      "('a]b'):find('[^]]')",
      "('a-b'):find('[a-]', 2)",
      "('a-z'):gsub('[%a-]', '')",
      "('x^y'):find('[x^]', 2)",
      "('\\0a\\0'):find('%z')",
      "('a\\0b'):find('\\0')",
      "('a\\0b'):match('[\\0-a]+')",
      "('abcabc'):match('(abc)%1')",
      "('=[[x]]='):match('=(%[+)(.-)(%]+)=')",
      "('abc'):match('.-')",
      "('abc'):match('a*?')",
      "('aXb'):gsub('%u', '%%%0')",
      "('abc'):match('b', 10)",
      "('abc'):match('b', -2)",
      "('x'):rep(3, ',')",
      "('x'):rep(0)",
      "('x'):rep(-1)",
      "('ab'):rep(1, '-')",
      "(''):rep(5, 'ab')",
      "('x'):rep(5)",
      "('%d'):format(3)",
      "('%5.1f|%s|%q'):format(1.25, {} ~= nil, 'a\\nb')",
      // Errors.
      "('a'):find('[a')",
      "('a'):find('%')",
      "('a'):find('(a')",
      "('a'):find('a)')",
      "('a'):find('%1')",
      "('a'):find('[%')",
      "('a'):find('%f')",
      "('aa'):find('%b')",
      "('a'):gsub('a', '%2')",
      "('a'):gsub('a', '%')",
      "('a'):gsub('a', '%x')",
      "('a'):gsub('a', print and {a = {}})",
      "('a'):gsub('a')",
      "('a'):find()",
      "('a'):gsub('(a)', '%1%2')",
      "string.find(nil, 'a')",
      "('a'):find(('()'):rep(33))",
      "('a'):gsub('a', 'b', 'x')",
      "string.format('%d', 'x')",
      "string.format('%y', 1)",
      // gmatch
      "(function() local t = {} for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do t[#t+1] = k .. v "
      "end return table.concat(t, ';') end)()",
      "(function() local t = {} for w in ('one two'):gmatch('%a*') do t[#t+1] = '<' .. w .. '>' "
      "end return table.concat(t) end)()",
      "(function() local t = {} for w in ('abc'):gmatch('') do t[#t+1] = '.' end return #t end)()",
      "(function() local t = {} for w in ('^a^a'):gmatch('^a') do t[#t+1] = w end return #t end)()",
      "(function() local t = {} for w in ('abcd'):gmatch('%a', 3) do t[#t+1] = w end return "
      "table.concat(t) end)()",
      "(function() local t = {} for p in ('abc'):gmatch('()%a') do t[#t+1] = p end return "
      "table.concat(t) end)()",
  });
  EXPECT_EQ(ours(script), stock(script));
}

std::string pick(std::mt19937& random, const std::vector<std::string>& pieces, int longest) {
  std::string text;
  const int count = std::uniform_int_distribution<int>(0, longest)(random);
  for (int i = 0; i < count; ++i) {
    text += pieces[std::uniform_int_distribution<std::size_t>(0, pieces.size() - 1)(random)];
  }
  return text;
}

TEST(Patterns, AnswerAsLuaDoesOnRandomOnes) {
  std::mt19937 random(20240131);
  const std::vector<std::string> items = {"a",      "b",  ".",    "%a",     "%d",  "[ab]", "[^a]",
                                          "[%d-]",  "a*", "b+",   ".-",     ".*",  "a?",   "(a)",
                                          "(.-)",   "()", "%b()", "%f[%a]", "%s*", "(b*)", "%(",
                                          "[a-c]+", "$",  "^",    "%W"};
  const std::vector<std::string> letters = {"a", "b", "c", "1", "(", ")", " ", "$", "^", "-", "ab"};
  std::vector<std::string> calls;
  for (int i = 0; i < 1500; ++i) {
    const std::string pattern = pick(random, items, 5);
    const std::string subject = pick(random, letters, 10);
    calls.push_back("('" + subject + "'):find('" + pattern + "')");
    calls.push_back("('" + subject + "'):gsub('" + pattern + "', '<%0>')");
    calls.push_back(
        "(function() local t = {} for a, b in ('" + subject + "'):gmatch('" + pattern +
        "') do t[#t+1] = tostring(a) .. tostring(b) end return table.concat(t, ',') end)()");
  }
  for (std::size_t i = 0; i < calls.size(); i += 150) {
    const std::string script =
        cases({calls.begin() + static_cast<long>(i), calls.begin() + static_cast<long>(i) + 150});
    ASSERT_EQ(ours(script), stock(script)) << script;
  }
}

TEST(Tables, AnswerAsLuaDoes) {
  const std::string with = "(function() local t = {1, 2, 3} ";
  const std::string shown = " return table.concat(t, ','), r end)()";
  const std::string script = cases({
      with + "table.insert(t, 4)" + shown,
      with + "table.insert(t, 1, 0)" + shown,
      with + "table.insert(t, 4, 0)" + shown,
      with + "table.insert(t, 5, 0)" + shown,
      with + "table.insert(t, 0, 0)" + shown,
      with + "table.insert(t)" + shown,
      with + "r = table.remove(t)" + shown,
      with + "r = table.remove(t, 1)" + shown,
      with + "r = table.remove(t, 4)" + shown,
      with + "r = table.remove(t, 5)" + shown,
      with + "r = table.remove(t, 0)" + shown,
      "table.remove({})",
      "table.remove({}, 0)",
      "#{table.remove({}, 1)}",
      with + "table.move(t, 1, 3, 2)" + shown,
      with + "table.move(t, 2, 3, 1)" + shown,
      with + "r = #table.move(t, 1, 3, 1, {})" + shown,
      with + "table.move(t, 1, 0, 5)" + shown,
      with + "table.move(t, math.mininteger, math.maxinteger, 5)" + shown,
      with + "table.move(t, 1, 2, math.maxinteger)" + shown,
      "table.concat({1, 2, 3}, '-', 2)",
      "table.concat({1, 2, 3}, '-', 2, 3)",
      "table.concat({}, '-')",
      "table.concat({1, {}, 3})",
      "table.concat({1}, ',', 1, 2)",
      "table.concat({1.5, 'x'}, ', ')",
      with + "table.sort(t, function(a, b) return a > b end)" + shown,
      "(function() local t = {'b', 'a', 'c'} table.sort(t) return table.concat(t) end)()",
      "table.sort({1, 'a'})",
      "table.sort({{}, {}})",
      "table.sort(1)",
      "table.insert(1, 2)",
      "(function() local t = {} for i = 1, 500 do t[i] = (i * 7919) % 503 end table.sort(t) return "
      "table.concat(t, ' ') end)()",
      "table.unpack({1, 2, 3}, 2)",
      "table.pack(1, nil).n",
      "select('#', table.unpack({}, 1, 3))",
  });
  EXPECT_EQ(ours(script), stock(script));
}

TEST(Tables, SortIsStable) {
  const std::string script =
      "function Run() local t = {} for i = 1, 100 do t[i] = {k = i % 3, i = i} end\n"
      "table.sort(t, function(a, b) return a.k < b.k end)\n"
      "for i = 2, 100 do if t[i].k == t[i-1].k then assert(t[i].i > t[i-1].i) end end return "
      "'stable' end";
  EXPECT_EQ(ours(script), "stable");
}

TEST(Coroutines, AnswerAsLuaDoes) {
  const std::string script = cases({
      "coroutine.resume(coroutine.create(function(a) local b = coroutine.yield(a) return b end), "
      "1)",
      "coroutine.wrap(function(...) return select('#', ...) end)(1, nil, nil)",
      "(function() local w = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)"
      " return w(), w(), w(), w() end)()",
      "(function() local w = coroutine.wrap(function() end) w() w() end)()",
      "coroutine.wrap(function() error('x') end)()",

      "coroutine.resume(coroutine.create(function() error('x', 0) end))",
      "(function() local c c = coroutine.create(function() return coroutine.status(c), "
      "coroutine.isyieldable() end)"
      " return coroutine.resume(c) end)()",
      "coroutine.close(coroutine.create(print))",
      "(function() local c = coroutine.create(function() error('x', 0) end) coroutine.resume(c)"
      " return coroutine.close(c) end)()",
      "(function() local log = {} local c = coroutine.wrap(function()"
      " local x <close> = setmetatable({}, {__close = function() log[1] = 'closed' end}) "
      "error('e', 0) end)"
      " pcall(c) return log[1] end)()",
      "(function() local c = coroutine.create(function() local ok, v = pcall(coroutine.yield, 1)"
      " return ok, v end) return coroutine.resume(c), select(2, coroutine.resume(c, 5)) end)()",
      "coroutine.resume(1)",
      "coroutine.wrap(1)",
      "pcall(pcall)",
      "xpcall(error, function(e) return 'h' .. tostring(e) end, 'x')",
      "xpcall(function(...) return select('#', ...), ... end, print, 1, 2)",
      "pcall(error)",
      "select(2, pcall(error, {})) ~= nil",
  });
  EXPECT_EQ(ours(script), stock(script));
}

}  // namespace
}  // namespace gvm::script
