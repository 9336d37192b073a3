#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/error_codes.h"
#include "base/error_detail.h"
#include "script/codes.h"
#include "support/script_session.h"

namespace gvm::script {
namespace {

using namespace std::chrono_literals;

Result<Value> add(Session&, HostFunction::Args& args) {
  return Value::integer(*args.at(0).as_integer()->to_i64() + *args.at(1).as_integer()->to_i64());
}

asio::awaitable<Result<Value>> double_later(Session&, HostFunction::Args args) {
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, 1ms);
  co_await timer.async_wait(asio::use_awaitable);
  co_return Value::integer(2 * *args.at(0).as_integer()->to_i64());
}

asio::awaitable<Result<Value>> wait_long(Session&, HostFunction::Args) {
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, 1h);
  co_await timer.async_wait(asio::use_awaitable);
  co_return Value::null();
}

asio::awaitable<Result<Value>> fail_later(Session&, HostFunction::Args args) {
  auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
  co_return fail(codes::kStatusNotOk, Fatality::user, std::string(*args.at(0).as_string()));
}

asio::awaitable<Result<Value>> throw_later(Session&, HostFunction::Args) {
  auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
  throw std::runtime_error("broken");
}

Result<Value> throw_now(Session&, HostFunction::Args&) {
  throw std::runtime_error("broken");
}

Result<Value> echo(Session&, HostFunction::Args& args) {
  if (args.empty()) return Value::null();
  return std::move(args[0]);
}

TEST(Bridge, AFieldOfCtxIsSetBeforeTheEntryPointAndIsNoArgument) {
  test::ScriptRun run(
      "function f(ctx, ...) return {ctx.drawn.n, ctx.node, select('#', ...), ...} end");
  ASSERT_FALSE(run.load_error);
  std::vector<Argument> arguments;
  arguments.push_back({.value = Value::string("one")});
  arguments.push_back({.value = Value::object({{"n", Value::integer(7)}}), .ctx_field = "drawn"});
  arguments.push_back({.value = Value::string("two")});
  const auto answer = run.call("f", std::move(arguments));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, Value::list(Value::integer(7), Value::string("n1"), Value::integer(2),
                                 Value::string("one"), Value::string("two")));
}

ProgramOptions with_ctx_field() {
  ProgramOptions options;
  options.host.functions = {
      {"t", "usual", "", "", HostFunction::Sync(echo)},
      {"t", "looking", "", "", HostFunction::Sync(echo), "drawn"},
  };
  options.libraries = {{"lib-t", "local name, host = ...\nreturn host['t']"}};
  return options;
}

TEST(Bridge, AFunctionGetsTheFieldOfCtxThatItNames) {
  test::ScriptRun run(R"(
local t = require("lib-t")
function f(ctx)
  ctx.callback = print
  local nothing = t.looking(ctx)
  ctx.drawn = { n = 7, list = {1, 2} }
  return { nothing = nothing, drawn = t.looking(ctx), usual = t.usual(ctx) == nil, other = t.looking({ drawn = 5 }) }
end)",
                      with_ctx_field());
  ASSERT_FALSE(run.load_error) << run.load_error->to_string();
  const auto answer = run.call("f");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer->find("nothing"), Value::object({{"drawn", Value::boolean(false)}}));
  EXPECT_EQ(*answer->find("drawn")->find("drawn")->find("n"), Value::integer(7));
  EXPECT_EQ(*answer->find("usual"), Value::boolean(true));
  EXPECT_EQ(*answer->find("other"), Value::object({{"drawn", Value::integer(5)}}));
}

TEST(Bridge, AFieldOfCtxThatIsNoValueIsRefused) {
  test::ScriptRun run(R"(
local t = require("lib-t")
function f(ctx)
  ctx.drawn = { g = function() end }
  return t.looking(ctx)
end)",
                      with_ctx_field());
  const auto answer = run.call("f");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kScriptBadArgument);
}

TEST(Bridge, AMetatableOfCtxDoesNotAnswerForTheField) {
  test::ScriptRun run(R"(
local t = require("lib-t")
function f(ctx)
  setmetatable(ctx, { __index = function() return { n = 1 } end, __newindex = function() end })
  return t.looking(ctx)
end)",
                      with_ctx_field());
  const auto answer = run.call("f");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, Value::object({{"drawn", Value::boolean(false)}}));
}

ProgramOptions with_host() {
  ProgramOptions options;
  options.host.functions = {
      {"t", "add", "", "", HostFunction::Sync(add)},
      {"t", "echo", "", "", HostFunction::Sync(echo)},
      {"t", "throw_now", "", "", HostFunction::Sync(throw_now)},
      {"t", "double_later", "", "", HostFunction::Async(double_later)},
      {"t", "wait_long", "", "", HostFunction::Async(wait_long)},
      {"t", "fail_later", "", "", HostFunction::Async(fail_later)},
      {"t", "throw_later", "", "", HostFunction::Async(throw_later)},
  };
  options.libraries = {{"lib-t", "local name, host = ...\nreturn host['t']"}};
  return options;
}

Result<Value> answer_of(const std::string& body) {
  test::ScriptRun run("local t = require('lib-t')\nfunction F(ctx)\n" + body + "\nend",
                      with_host());
  if (run.load_error) return fail(*run.load_error);
  return run.call("F");
}

TEST(Bridge, SyncFunctionsAnswerAtOnce) {
  const auto answer = answer_of("return t.add(2, 3)");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, Value::integer(5));
}

TEST(Bridge, AsyncFunctionsSuspendAndComeBack) {
  const auto answer = answer_of("local a = t.double_later(4); return {a, t.double_later(a)}");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, Value::array({Value::integer(8), Value::integer(16)}));
}

TEST(Bridge, TypedErrorsCrossPcallAndRethrow) {
  const auto answer = answer_of(
      "local ok, e = pcall(function() return t.fail_later('why') end)\n"
      "assert(not ok and type(e) == 'userdata')\n"
      "error(e)");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kStatusNotOk);
  EXPECT_EQ(detail_of(answer.error()), "why");
}

TEST(Bridge, ExceptionsOfHostFunctionsBecomeInternalErrors) {
  const auto sync = answer_of("t.throw_now()");
  ASSERT_FALSE(sync);
  EXPECT_EQ(sync.error().code(), codes::kInternal);
  const auto async = answer_of("t.throw_later()");
  ASSERT_FALSE(async);
  EXPECT_EQ(async.error().code(), codes::kInternal);
}

TEST(Bridge, HostCallsThatWaitAreRefusedWhereLuaCannotYield) {
  for (const std::string body : {
           "return coroutine.wrap(function() return t.double_later(1) end)()",
           "local m = setmetatable({}, {__index = function() return t.double_later(1) end})\n"
           "return table.concat(m, '', 1, 2)",
           "return tostring(setmetatable({}, {__tostring = function() t.double_later(1) end}))",
       }) {
    const auto answer = answer_of(body);
    ASSERT_FALSE(answer) << body;
    EXPECT_EQ(answer.error().code(), codes::kScriptCannotWait) << body;
  }
}

TEST(Bridge, ComparatorsAndReplacementsMayWait) {
  const auto sorted = answer_of(
      "local l = {3, 1, 2}\n"
      "table.sort(l, function(a, b) return t.double_later(a) < t.double_later(b) end)\n"
      "return table.concat(l, ' ')");
  ASSERT_TRUE(sorted) << sorted.error().to_string();
  EXPECT_EQ(*sorted, Value::string("1 2 3"));
  const auto replaced = answer_of(
      "return (('a1b22'):gsub('%d', function(d) return t.double_later(math.tointeger(d)) end))");
  ASSERT_TRUE(replaced) << replaced.error().to_string();
  EXPECT_EQ(*replaced, Value::string("a2b44"));
}

TEST(Bridge, WaitingAtTheTopLevelIsAStartError) {
  test::ScriptRun run("local t = require('lib-t')\nt.double_later(1)", with_host());
  ASSERT_TRUE(run.load_error);
  EXPECT_EQ(run.load_error->code(), codes::kInvalidConfig);
  EXPECT_NE(run.load_error->to_string().find("SCRIPT_CANNOT_WAIT"), std::string::npos);
}

TEST(Bridge, TheDeadlineEndsAWaitAndTheSessionStaysUsable) {
  test::ScriptRun run(
      "local t = require('lib-t')\nfunction Slow() t.wait_long() end\nfunction Fast() return 1 end",
      with_host());
  const auto slow = run.call("Slow", {}, Deadline::in(20ms));
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().code(), codes::kDeadlineExceeded);
  ASSERT_TRUE(run.session->usable());
  const auto fast = run.call("Fast");
  ASSERT_TRUE(fast) << fast.error().to_string();
  EXPECT_EQ(*fast, Value::integer(1));
}

TEST(Bridge, AMissingEntryAnswersNull) {
  test::ScriptRun run("", with_host());
  const auto answer = run.call("Setup");
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->is_null());
}

TEST(Bridge, CtxIsOneTableForTheWholeSession) {
  test::ScriptRun run(
      "local t = require('lib-t')\n"
      "function Setup(ctx) ctx.count = 1; ctx.f = print end\n"
      "function F(ctx) t.echo(ctx); ctx.count = ctx.count + 1; return ctx.node .. ctx.count end",
      with_host());
  ASSERT_TRUE(run.call("Setup"));
  ASSERT_TRUE(run.call("F"));
  EXPECT_EQ(*run.call("F"), Value::string("n13"));
}

}  // namespace
}  // namespace gvm::script
