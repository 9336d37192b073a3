#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <thread>

#include "base/error_codes.h"
#include "script/codes.h"
#include "script/off_lane.h"
#include "support/script_session.h"

namespace gvm::script {
namespace {

using namespace std::chrono_literals;

struct Cleanup {
  bool* done;
  ~Cleanup() { *done = true; }
};

bool wait_was_left = false;

asio::awaitable<Result<Value>> wait_long(Session&, HostFunction::Args) {
  const Cleanup cleanup{&wait_was_left};
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, 1h);
  co_await timer.async_wait(asio::use_awaitable);
  co_return Value::null();
}

asio::awaitable<Result<Value>> at_once(Session&, HostFunction::Args) {
  co_return Value::null();
}

ProgramOptions with_waiting() {
  ProgramOptions options;
  options.host.functions = {{"t", "wait_long", "", "", HostFunction::Async(wait_long)},
                            {"t", "at_once", "", "", HostFunction::Async(at_once)}};
  options.libraries = {{"lib-t", "local name, host = ...\nreturn host['t']"}};
  return options;
}

const std::string kWaiting =
    "local t = require('lib-t')\n"
    "log = {}\n"
    "function Wait(ctx)\n"
    "  local x <close> = setmetatable({}, {__close = function() ctx.closed = true end})\n"
    "  pcall(t.wait_long) ctx.went_on = true\n"
    "end\n"
    "function Closed(ctx) return {closed = ctx.closed, went_on = ctx.went_on} end";

TEST(Cancellation, EndsTheWaitRunsCloseHandlersAndKeepsTheSession) {
  test::ScriptRun run(kWaiting, with_waiting());
  wait_was_left = false;
  asio::cancellation_signal cancel;
  std::optional<Result<Value>> answer;
  asio::co_spawn(
      run.io, run.session->call("Wait", {}, Deadline::never()),
      asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr, Result<Value> result) {
        answer.emplace(std::move(result));
      }));
  asio::post(run.io,
             [&] { asio::post(run.io, [&] { cancel.emit(asio::cancellation_type::terminal); }); });
  run.io.run();
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().code(), codes::kCancelled);
  EXPECT_TRUE(wait_was_left);
  EXPECT_EQ(*run.call("Closed"), Value::object({{"closed", Value::boolean(true)}}));
}

asio::awaitable<void> own_and_wait(std::unique_ptr<Session> session) {
  std::vector<Argument> none;
  auto call = session->call("Wait", std::move(none), Deadline::in(1h));
  const auto answer = co_await std::move(call);
  EXPECT_FALSE(answer);
}

TEST(Cancellation, ALaneMayEndWhileASessionWaits) {
  test::ScriptRun run(kWaiting, with_waiting());
  wait_was_left = false;
  auto io = std::make_unique<asio::io_context>(1);
  auto session = Session::open(run.program, io->get_executor(), log::Logger(),
                               std::make_unique<Services>(), Value::map());
  ASSERT_TRUE(session);
  asio::co_spawn(*io, own_and_wait(std::move(*session)), asio::detached);
  io->poll();
  io.reset();  // destroys the waiting coroutine and with it the session
  EXPECT_TRUE(wait_was_left);
}

TEST(Deadline, InterruptsAScriptThatComputes) {
  test::ScriptRun run("function F() while true do end end function G() return 1 end");
  const auto answer = run.call("F", {}, Deadline::in(30ms));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kDeadlineExceeded);
  EXPECT_EQ(*run.call("G"), Value::integer(1));
}

TEST(Deadline, APassedOneIsNotStarted) {
  test::ScriptRun run("function F() return 1 end");
  const auto answer = run.call("F", {}, Deadline::at(Clock::now() - 1s));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kDeadlineExceeded);
}

TEST(Deadline, LeavesNoTimerBehind) {
  test::ScriptRun run("function F() return 1 end");
  const auto before = Clock::now();
  EXPECT_TRUE(run.call("F", {}, Deadline::in(1h)));  // run() returns once nothing is pending
  EXPECT_LT(Clock::now() - before, 60s);
}

TEST(Cpu, EveryCallHasItsOwnBudget) {
  ProgramOptions options;
  options.limits.cpu_total = 150ms;
  test::ScriptRun run("function F() for i = 1, 1000000 do end return 1 end", std::move(options));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(run.call("F")) << i;
}

TEST(Cpu, ManyShortStretchesCountTogether) {
  ProgramOptions options = with_waiting();
  options.limits.cpu_total = 100ms;
  test::ScriptRun run(
      "local t = require('lib-t')\n"
      "function F() while true do for i = 1, 20000 do end t.at_once() end end",
      std::move(options));
  const auto answer = run.call("F");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kScriptCpuLimit);
  EXPECT_FALSE(run.session->usable());
}

TEST(Cpu, HostCallsAnsweredAtOnceStillGiveWay) {
  ProgramOptions options = with_waiting();
  options.limits.cpu_total = 100ms;
  test::ScriptRun run("local t = require('lib-t')\nfunction F() while true do t.at_once() end end",
                      std::move(options));
  int others = 0;
  std::optional<Result<Value>> answer;
  asio::steady_timer timer(run.io);
  std::function<void()> tick = [&] {
    ++others;
    timer.expires_after(1ms);
    // A wait that is over already cannot be cancelled: the answer ends the ticking too.
    timer.async_wait([&](const boost::system::error_code& ec) {
      if (!ec && !answer) tick();
    });
  };
  tick();
  asio::co_spawn(run.io, run.session->call("F", {}, Deadline::never()),
                 [&](std::exception_ptr, Result<Value> result) {
                   answer.emplace(std::move(result));
                   timer.cancel();
                 });
  run.io.run();
  ASSERT_TRUE(answer);
  EXPECT_FALSE(*answer);
  EXPECT_GE(others, 5);
}

TEST(Memory, GarbageDoesNotCount) {
  ProgramOptions options;
  options.limits.memory_bytes = 2 * kMiB;
  options.limits.cpu_total = 10s;
  test::ScriptRun run(
      "function F() for i = 1, 2000 do local s = ('x'):rep(100000) .. i end return "
      "collectgarbage('count') end",
      std::move(options));
  const auto answer = run.call("F");
  ASSERT_TRUE(answer) << answer.error().to_string();
}

TEST(Memory, ASessionUsesLittle) {
  test::ScriptRun run("function F() end");
  EXPECT_LT(run.session->memory_used(), 64 * kKiB);
}

// The resident size of the process, in KiB.
long resident() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  }
  return 0;
}

template <class Condition>
bool comes_true(Condition&& condition) {
  for (const auto end = Clock::now() + 10s; Clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

// Blocks of 200 KB lie in malloc's heap, between small ones that stay.
const char* const kMuchInTheHeap =
    "function F() local t = {} for i = 1, 200 do t[i] = ('x'):rep(200000) .. i end return 1 end";

TEST(Memory, WhatASessionTookGoesBackToTheSystemSoonAfterItsEnd) {
  ProgramOptions options;
  options.limits.cpu_total = 60s;
  {
    test::ScriptRun warm_up(kMuchInTheHeap, options);
  }
  const long idle = resident();
  const std::uint64_t before = free_memory_returns();
  for (int i = 0; i < 3; ++i) {
    test::ScriptRun run(kMuchInTheHeap, options);
    ASSERT_TRUE(run.call("F"));
  }
  EXPECT_TRUE(comes_true([&] { return free_memory_returns() > before; }));
#ifndef GVM_SANITIZED  // AddressSanitizer keeps what is freed
  EXPECT_TRUE(comes_true([&] { return resident() < idle * 12 / 10; })) << resident() << " KiB";
#else
  EXPECT_GT(idle, 0);
#endif
}

TEST(Memory, ASmallSessionCausesNoReturnOfMemory) {
  constexpr auto kLongerThanTheDelay = 800ms;
  std::uint64_t before = 0;
  do {
    before = free_memory_returns();
    std::this_thread::sleep_for(kLongerThanTheDelay);
  } while (free_memory_returns() != before);
  for (int i = 0; i < 20; ++i) {
    test::ScriptRun run("function F() return {} end");
    ASSERT_TRUE(run.call("F"));
  }
  std::this_thread::sleep_for(kLongerThanTheDelay);
  EXPECT_EQ(free_memory_returns(), before);
}

// Errors out of memory at every possible allocation: the session always ends with its error and
// closes cleanly.
TEST(Memory, RunningOutAnywhereIsATypedError) {
  constexpr std::size_t kSmallestState = 8 * kKiB;  // below, there is no Lua state at all
  ProgramOptions roomy;
  test::ScriptRun probe("function F() return {} end", roomy);
  const std::size_t needed = probe.session->memory_used();
  int failed = 0;
  for (std::size_t cap = kSmallestState; cap < needed + 16 * kKiB; cap += 257) {
    ProgramOptions options;
    options.limits.memory_bytes = cap;
    test::ScriptRun run(
        "function F(ctx) local t = {} for i = 1, 100 do t[i] = {i, tostring(i)} end return t end",
        std::move(options));
    if (run.load_error) {
      EXPECT_NE(run.load_error->to_string().find("SCRIPT_MEMORY_LIMIT"), std::string::npos);
      ++failed;
      continue;
    }
    const auto answer = run.call("F");
    if (answer) continue;
    ++failed;
    // The script had room for its answer, but there was none for reading it: the session lives.
    const bool only_read = answer.error().code() == codes::kScriptBadAnswer;
    if (only_read) {
      EXPECT_THAT(answer.error().to_string(), testing::HasSubstr("TOO_LARGE"));
    } else {
      EXPECT_EQ(answer.error().code(), codes::kScriptMemoryLimit);
    }
    EXPECT_EQ(run.session->usable(), only_read);
  }
  EXPECT_GT(failed, 10);
}

}  // namespace
}  // namespace gvm::script
