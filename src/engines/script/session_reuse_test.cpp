// A Lua state serves one session after the other: nothing of a session is left for the next one.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <set>

#include "base/size.h"
#include "script/allocator.h"
#include "script/script.h"
#include "support/script_session.h"

namespace gvm::script {
namespace {

using namespace std::chrono_literals;

// The blocks of Lua states as they ship, and as AddressSanitizer sees them.
class Blocks {
 public:
  explicit Blocks(bool pooled) : before_(std::exchange(Allocator::pools_by_default, pooled)) {}
  ~Blocks() { Allocator::pools_by_default = before_; }
  Blocks(const Blocks&) = delete;

 private:
  bool before_;
};

// A host function at whose calls the tests look.
ProgramOptions options_with_count(int* calls) {
  ProgramOptions options;
  options.libraries = {{"lib-t", "local _, host = ... return host['lib.t']"}};
  options.host.functions = {
      {"lib.t", "count", "", "", HostFunction::Sync([calls](Session&, HostFunction::Args&) {
         return Result<Value>(Value::integer(++*calls));
       })}};
  return options;
}

class Pool {
 public:
  explicit Pool(const std::string& text, ProgramOptions options = {}, std::size_t ready = 1)
      : run_(text, std::move(options)) {
    if (run_.load_error) throw std::runtime_error(run_.load_error->to_string());
    run_.session.reset();
    pool_.emplace(run_.program, run_.io.get_executor(), ready);
    settle();
  }

  std::unique_ptr<Session> open() {
    auto opened = pool_->open(log::Logger(), std::make_unique<Services>(), Value::map());
    if (!opened) throw std::runtime_error(opened.error().to_string());
    return std::move(*opened);
  }

  Result<Value> call(Session& session, std::string entry) {
    std::optional<Result<Value>> answer;
    boost::asio::co_spawn(run_.io, session.call(entry, {}, Deadline::in(60s)),
                          [&](std::exception_ptr error, Result<Value> result) {
                            if (error) std::rethrow_exception(error);
                            answer.emplace(std::move(result));
                          });
    settle();
    return std::move(answer.value());
  }

  // One session that calls `entry`; then whether its state waits for the next one.
  struct Turn {
    Result<Value> answer;
    bool reused;
  };
  Turn turn(const std::string& entry) {
    auto session = open();
    auto answer = call(*session, entry);
    const std::size_t before = pool_->ready();
    session.reset();
    const bool reused = pool_->ready() == before + 1;
    settle();
    return {std::move(answer), reused};
  }

  SessionPool& operator*() { return *pool_; }

 private:
  void settle() {
    run_.io.restart();
    run_.io.run();
  }

  test::ScriptRun run_;
  std::optional<SessionPool> pool_;
};

Value text(std::string_view t) {
  return Value::string(std::string(t));
}

// What a session could leave behind, and how the next one would see it.
struct Trace {
  const char* name;
  const char* leave;
  const char* look;  // nil, or what was seen
};

constexpr Trace kTraces[] = {
    {"Global", "x = 1", "return x"},
    {"GlobalRemoved", "Look2 = nil; string = nil", "return string == nil and 'gone' or nil"},
    {"LibraryFunction", "string.rep = 7", "return type(string.rep) == 'number' or nil"},
    {"StringMethod", "string.shout = 1", "return ('').shout"},
    {"Metatable", "setmetatable(_G, {__index = function() return 'seen' end})",
     "return nothing_here"},
    {"SharedTable", "shared.list[1] = 'seen'", "return shared.list[1]"},
    {"Upvalue", "set(5)", "return get()"},
    {"LoadedModule", "package = package or {}; require('lib-t').left = 'seen'",
     "return require('lib-t').left"},
    {"Context", "seen_ctx.left = 'seen'", "return seen_ctx and seen_ctx.left"},
    {"ManyGlobals", "for i = 1, 20000 do _G['k' .. i] = i end", "return k777"},
    {"LongString", "big = ('x'):rep(2000000)", "return big"},
    {"Coroutine", "co = coroutine.wrap(function() coroutine.yield() end) co()", "return co"},
    {"Error", "local ok, e = pcall(error, {1}) kept = e", "return kept"},
    {"TypedError", "local ok, e = pcall(function() local t <const> = nil; return t.x end) kept = e",
     "return kept"},
    {"ToBeClosed", "local c <close> = setmetatable({}, {__close = function() left = 1 end})",
     "return left"},
};

class LeavesNothing : public testing::TestWithParam<std::tuple<Trace, bool>> {};

TEST_P(LeavesNothing, ForTheNextSessionOfTheSameState) {
  const auto& [trace, pooled] = GetParam();
  const Blocks blocks(pooled);
  int calls = 0;
  const std::string script =
      std::string("require('lib-t')\nshared = {list = {}}\n") +
      "do local value; function set(v) value = v end function get() return value end end\n" +
      "function Leave(ctx) seen_ctx = ctx; " + trace.leave + " end\n" +
      "function Look(ctx) seen_ctx = ctx; " + trace.look + " end\n" +
      "function Use() local _ = package end\n";
  Pool pool(script, options_with_count(&calls));
  for (int i = 0; i < 3; ++i) {
    const auto left = pool.turn("Leave");
    ASSERT_TRUE(left.answer) << left.answer.error().to_string();
    EXPECT_TRUE(left.reused);
    const auto seen = pool.turn("Look");
    ASSERT_TRUE(seen.answer) << seen.answer.error().to_string();
    EXPECT_TRUE(seen.answer->is_null());
    EXPECT_TRUE(seen.reused);
  }
}

INSTANTIATE_TEST_SUITE_P(Traces, LeavesNothing,
                         testing::Combine(testing::ValuesIn(kTraces), testing::Bool()),
                         [](const auto& trace) {
                           return std::string(std::get<0>(trace.param).name) +
                                  (std::get<1>(trace.param) ? "InPooledBlocks" : "");
                         });

TEST(SessionReuse, MemoryIsThatOfTheFirstSession) {
  const Blocks blocks(true);
  Pool pool("function F() t = {} for i = 1, 50000 do t[i] = {i} end end");
  auto first = pool.open();
  const std::size_t at_start = first->memory_used();
  ASSERT_TRUE(pool.call(*first, "F"));
  EXPECT_GT(first->memory_used(), at_start + kMiB);
  first.reset();
  EXPECT_EQ(pool.open()->memory_used(), at_start);
}

TEST(SessionReuse, EverySessionHasItsOwnRandomNumbers) {
  const Blocks blocks(true);
  Pool pool("function F() return tostring(math.random(0)) end");
  std::set<std::string> drawn;
  for (int i = 0; i < 50; ++i) {
    const auto turn = pool.turn("F");
    EXPECT_TRUE(turn.reused);
    drawn.emplace(*turn.answer->as_string());
  }
  EXPECT_EQ(drawn.size(), 50U);
}

struct Outside {
  const char* name;
  const char* top_level;
};

constexpr Outside kOutside[] = {
    {"Random", "choice = math.random(0)"},
    {"RandomSeed", "math.randomseed(7)"},
    {"Time", "choice = os.time()"},
    {"Clock", "choice = os.clock()"},
    {"Date", "choice = os.date()"},
    {"HostFunction", "choice = require('lib-t').count()"},
    {"Print", "print('started')"},
    {"ALocalCopyOfTheFunction", "local r = math.random; choice = r(5)"},
    {"InACoroutine", "coroutine.wrap(function() choice = math.random(5) end)()"},
};

class AsksOutside : public testing::TestWithParam<Outside> {};

TEST_P(AsksOutside, SoTheTopLevelRunsForEverySession) {
  int calls = 0;
  Pool pool(std::string(GetParam().top_level) + "\nfunction F() return choice end",
            options_with_count(&calls));
  for (int i = 0; i < 3; ++i) {
    const auto turn = pool.turn("F");
    ASSERT_TRUE(turn.answer);
    EXPECT_FALSE(turn.reused);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, AsksOutside, testing::ValuesIn(kOutside),
                         [](const auto& kind) { return kind.param.name; });

TEST(SessionReuse, AnObjectWithAFinalizerIsMadeForEverySession) {
  // A typed error that the top level keeps is such an object.
  Pool pool(
      "local ok, e = pcall(error, rat.new(1, 2)) ok, kept = pcall(rat.new, 1, 0)\n"
      "function F() return type(kept) end");
  const auto turn = pool.turn("F");
  ASSERT_TRUE(turn.answer);
  EXPECT_EQ(turn.reused, *turn.answer == text("string"));
}

TEST(SessionReuse, ASessionThatWasEndedLeavesNoState) {
  ProgramOptions options;
  options.limits.memory_bytes = 4 * kMiB;
  Pool pool("function F() local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end end",
            std::move(options));
  const auto turn = pool.turn("F");
  EXPECT_FALSE(turn.answer);
  EXPECT_FALSE(turn.reused);
  EXPECT_TRUE(pool.open()->usable());
}

TEST(SessionReuse, ASetUpThatIsTooLargeRunsForEverySession) {
  Pool pool("t = {} for i = 1, 20000 do t[i] = {i} end function F() return #t end");
  const auto turn = pool.turn("F");
  EXPECT_EQ(*turn.answer, Value::integer(20000));
  EXPECT_FALSE(turn.reused);
}

TEST(SessionReuse, AFailedCallDoesNotEndTheState) {
  const Blocks blocks(true);
  Pool pool("function F() error({a = {}}) end function G() return x end");
  const auto failed = pool.turn("F");
  EXPECT_FALSE(failed.answer);
  EXPECT_TRUE(failed.reused);
  EXPECT_TRUE(pool.turn("G").answer->is_null());
}

TEST(SessionReuse, ManySessionsOfMuchWorkEachSeeAFreshState) {
  const Blocks blocks(true);
  Pool pool(R"(
    calls = 0
    function F()
      calls = calls + 1
      if calls ~= 1 then return 'not fresh' end
      local t = {}
      for i = 1, 3000 do t['k' .. i] = {i, tostring(i):rep(i % 40)} end
      for i = 1, 3000, 2 do t['k' .. i] = nil end
      kept = t
      local sum = 0
      for _, v in pairs(t) do sum = sum + v[1] end
      return sum
    end)",
            {}, 2);
  for (int i = 0; i < 300; ++i)
    ASSERT_EQ(*pool.turn("F").answer, Value::integer(4501500 / 2 + 750)) << i;
}

}  // namespace
}  // namespace gvm::script
