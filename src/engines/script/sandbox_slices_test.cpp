// Functions of the sandbox that pause: what they answer is the same as in one go, whatever happens
// between two pieces.
#include <gtest/gtest.h>

#include "script/codes.h"
#include "support/script_session.h"

namespace gvm::script {
namespace {

using namespace std::chrono_literals;

Value list_of(int size) {
  Value::Array items;
  for (int i = 0; i < size; ++i) items.push_back(Value::integer(i));
  return Value::array(std::move(items));
}

Result<Value> fail_with_ctx(Session&, HostFunction::Args&) {
  Error error("CODE", Fatality::user);
  error.with("list", list_of(5000)).with("name", Value::string("value"));
  return fail(std::move(error));
}

// 20,000 of them do not fit the memory of a session.
Result<Value> fail_with_text(Session&, HostFunction::Args&) {
  return fail("CODE", Fatality::user, std::string(10'000, 'x'));
}

asio::awaitable<Result<Value>> many_values(Session&, HostFunction::Args) {
  co_return Value::array({list_of(5000), Value::string(std::string(100'000, 'x'))});
}

int works_alive = 0;

// Holds more and more.
class Growing : public HostFunction::Work {
 public:
  Growing() { ++works_alive; }
  ~Growing() override { --works_alive; }
  bool step() override { return bytes_ += kMiB, true; }
  Result<Value> finish() override { return Value::null(); }
  std::size_t bytes() const override { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

Result<std::unique_ptr<HostFunction::Work>> grow(Session&, HostFunction::Args) {
  return std::make_unique<Growing>();
}

// With slices so short that everything that can pause does.
Result<Value> answer_of(const std::string& body) {
  ProgramOptions options;
  options.limits.cpu_slice = 0ms;
  options.limits.cpu_total = 60s;
  options.limits.cpu_unyielding = 60s;
  options.limits.cpu_load = 60s;
  options.host.functions = {
      {"t", "fail", "", "", HostFunction::Sync(fail_with_ctx)},
      {"t", "fail_often", "", "", HostFunction::Sync(fail_with_text)},
      {"t", "grow", "", "", HostFunction::Sliced(grow)},
      {"t", "many", "", "", HostFunction::Async(many_values)},
  };
  options.libraries = {{"lib-t", "local name, host = ...\nreturn host['t']"}};
  const std::string script = "local t = require('lib-t')\nfunction F(ctx)\n" + body + "\nend";
  return test::ScriptRun(script, std::move(options)).call("F");
}

void expect_true(const std::string& body) {
  const auto answer = answer_of(body);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, Value::boolean(true)) << body;
}

TEST(SandboxSlices, SortIsStableAndSortsWithEveryComparator) {
  expect_true(R"(
    local n = 3000
    local t = {}
    for i = 1, n do t[i] = {key = i * 7919 % 97, place = i} end
    table.sort(t, function(a, b) return a.key < b.key end)
    for i = 2, n do
      local a, b = t[i - 1], t[i]
      if a.key > b.key or (a.key == b.key and a.place > b.place) then return i end
    end
    local m = {__lt = function(a, b) return a.v > b.v end}
    local o = {}
    for i = 1, n do o[i] = setmetatable({v = i * 7919 % 3001}, m) end
    table.sort(o)
    for i = 2, n do if o[i - 1].v < o[i].v then return i end end
    local s = {}
    for i = 1, n do s[i] = ('x'):rep(300) .. i * 7919 % 3001 end
    table.sort(s)
    for i = 2, n do if s[i - 1] > s[i] then return i end end
    return true)");
}

TEST(SandboxSlices, AComparatorMayYieldToItsCoroutine) {
  expect_true(R"(
    local t = {5, 3, 4, 1, 2}
    local co = coroutine.wrap(function()
      table.sort(t, function(a, b) coroutine.yield('asked') return a < b end)
      return 'sorted'
    end)
    local asked = 0
    while co() == 'asked' do asked = asked + 1 end
    return asked >= 5 and table.concat(t) == '12345')");
}

TEST(SandboxSlices, APlainTextIsFoundAtEveryBorderOfTheWindows) {
  expect_true(R"(
    local window = 65536
    for _, size in ipairs{1, 2, 100, 4096, 4097, 70000} do
      local wanted = 'x' .. ('a'):rep(size - 1)
      for _, at in ipairs{0, 1, window - size, window - 1, window, window + 1, 2 * window - 1} do
        if at >= 0 then
          local s = ('a'):rep(at) .. wanted .. ('a'):rep(1000)
          local first, last = s:find(wanted, 1, true)
          if first ~= at + 1 or last ~= at + size then return size .. ' ' .. at end
          if s:find(wanted, at + 2, true) then return 'again ' .. size .. ' ' .. at end
        end
      end
    end
    return true)");
}

TEST(SandboxSlices, WhatIsAlmostThereIsNotFound) {
  expect_true(R"(
    local s = ('a'):rep(300000)
    for _, size in ipairs{2, 4096, 4097, 100000} do
      if s:find(('a'):rep(size - 1) .. 'b', 1, true) then return size end
      if s:find('b' .. ('a'):rep(size - 1), 1, true) then return -size end
      local first, last = s:find(('a'):rep(size), 3, true)
      if first ~= 3 or last ~= 2 + size then return 'at ' .. size end
    end
    return s:find(s, 1, true) == 1 and not s:find(s .. 'a', 1, true) and not s:find(s, 2, true))");
}

TEST(SandboxSlices, PatternsMatchBehindAWindow) {
  expect_true(R"(
    local s = ('a'):rep(200000) .. 'key=value;' .. ('a'):rep(200000)
    local first, last, k, v = s:find('(%w-)=(%w+)')
    if first ~= 1 or last ~= 200009 or v ~= 'value' then return first end
    first, last, v = s:find('=(%w+)')
    if first ~= 200004 or v ~= 'value' then return first end
    if s:match('=(%w+);', 200005) then return 'behind' end
    local count = 0
    for word in s:gmatch('[^a]+') do count = count + #word end
    return count == #'key=v' + #'lue;' and s:find('^a+k') == 1 and not s:find('^b'))");
}

TEST(SandboxSlices, GsubWithTextsTablesAndFunctions) {
  expect_true(R"(
    local s = ('ab '):rep(30000)
    local r, n = s:gsub('a', '%0%0')
    if n ~= 30000 or r ~= ('aab '):rep(30000) then return 'text' end
    r, n = ('xab-ab'):gsub('(a)(b)', ('%2%1%%'):rep(5000), 2)
    local pair = ('ba%'):rep(5000)
    if n ~= 2 or r ~= 'x' .. pair .. '-' .. pair then return 'template' end
    if pcall(s.gsub, s, 'a', ('%1'):rep(3000) .. '%') then return 'bad template' end
    r, n = s:gsub('%w+', {ab = 'cd'}, 20000)
    if n ~= 20000 or r ~= ('cd '):rep(20000) .. ('ab '):rep(10000) then return 'table' end
    r, n = s:gsub('(a)(b)', function(a, b) return b .. a end)
    if n ~= 30000 or r ~= ('ba '):rep(30000) then return 'function' end
    r, n = s:gsub('b', function() end)
    if n ~= 30000 or r ~= s then return 'nil' end
    r, n = ('abc'):gsub('', '-')
    return r == '-a-b-c-' and n == 4 and ('x'):rep(300000):gsub('^x', 'y') == 'y' .. ('x'):rep(299999))");
}

TEST(SandboxSlices, AReplacementMayYieldToItsCoroutine) {
  expect_true(R"(
    local co = coroutine.wrap(function()
      return (('abc'):gsub('.', function(c) return coroutine.yield(c) end))
    end)
    return co() == 'a' and co('1') == 'b' and co('2') == 'c' and co('3') == '123')");
}

TEST(SandboxSlices, TablesAreMovedAndJoinedAsInOneGo) {
  expect_true(R"(
    local n = 5000
    local t = {}
    for i = 1, n do t[i] = i end
    table.insert(t, 1, 0)
    if #t ~= n + 1 or t[1] ~= 0 or t[2] ~= 1 or t[n + 1] ~= n then return 'insert' end
    if table.remove(t, 1) ~= 0 or #t ~= n or t[1] ~= 1 or t[n] ~= n then return 'remove' end
    table.move(t, 1, n, 3)
    if t[3] ~= 1 or t[n + 2] ~= n or #t ~= n + 2 then return 'move up' end
    table.move(t, 3, n + 2, 1)
    if t[1] ~= 1 or t[n] ~= n then return 'move down' end
    local text = table.concat(t, ', ', 1, n)
    local first, last = 1, 0
    for i = 1, n do
      first, last = text:find(tostring(i), last + 1, true)
      if not first then return 'concat ' .. i end
    end
    local long = {}
    for i = 1, 1000 do long[i] = ('x'):rep(1000) end
    return table.concat(long) == ('x'):rep(1000000) and table.concat({}, 'x') == '' and
      table.concat({1, 2.5, 'a'}, '-') == '1-2.5-a' and table.concat(t, ',', 2, 2) == '2')");
}

TEST(SandboxSlices, LongTextsAreRepeatedWithAndWithoutASeparator) {
  expect_true(R"(
    for _, unit in ipairs{'a', 'abc', ('xy'):rep(200000)} do
      for _, n in ipairs{2, 3, 600000 // #unit + 7} do
        local s, joined = unit:rep(n), unit:rep(n, ', ')
        if #s ~= #unit * n or s:sub(1, #unit) ~= unit or s:sub(-#unit) ~= unit then return n end
        if #joined ~= #s + 2 * (n - 1) or joined:gsub(', ', '') ~= s then return -n end
        if joined:sub(-#unit - 2) ~= ', ' .. unit then return unit:sub(1, 3) .. n end
      end
    end
    return true)");
}

TEST(SandboxSlices, FieldsOfAnErrorAreThereWhole) {
  expect_true(R"(
    local ok, e = pcall(t.fail)
    if ok or e.fatal or e.causes[1] ~= 'CODE' or e.nothing ~= nil then return 'fields' end
    return #e.ctx.list == 5000 and e.ctx.list[5000] == 4999 and e.ctx.name == 'value')");
}

TEST(SandboxSlices, WhatAKilledSessionHeldIsFreed) {
  const auto answer = answer_of("t.grow()");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kScriptMemoryLimit);
  EXPECT_EQ(works_alive, 0);
}

TEST(SandboxSlices, ErrorsInALoopAreCollected) {
  expect_true("for i = 1, 20000 do pcall(t.fail_often) end return true");
}

TEST(SandboxSlices, ALargeResultOfAHostFunctionArrivesWhole) {
  expect_true(R"(
    for i = 1, 3 do
      local r = t.many()
      if #r ~= 2 or #r[1] ~= 5000 or r[1][5000] ~= 4999 or #r[2] ~= 100000 then return i end
    end
    return true)");
}

TEST(SandboxSlices, StringsAreOrderedByTheirBytes) {
  expect_true(R"(
    local list = {'', '\0', '\0\0', '\0a', 'a', 'a\0', 'a\0b', 'aa', 'b', '\127', '\128', '\255'}
    for i = 1, #list do
      for j = 1, #list do
        if (list[i] < list[j]) ~= (i < j) or (list[i] <= list[j]) ~= (i <= j) then
          return i .. ' ' .. j
        end
      end
    end
    return true)");
}

TEST(SandboxSlices, ATextThatIsLongerThanAnyNumberIsNone) {
  expect_true(R"(
    local digits = ('9'):rep(65536)
    if math.type(digits + 0) ~= 'float' or tonumber(digits) ~= math.huge then return 'short' end
    if (('0'):rep(60000) .. '7') + 0 ~= 7 then return 'zeros' end
    digits = digits .. '9'
    return not tonumber(digits) and not tonumber(digits, 10) and
      not pcall(function() return digits + 1 end) and not pcall(('x').rep, 'x', digits))");
}

}  // namespace
}  // namespace gvm::script
