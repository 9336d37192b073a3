// However a script computes, a neighbour on its lane is answered in time, and what the script made
// outside of Lua stays within its memory.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ctime>

#include "host/test_host_run.h"
#include "script/codes.h"
#include "support/slice_attacks.h"

namespace gvm::host {

namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using test::SliceAttack;

#ifdef GVM_SANITIZED
constexpr int kSlower = 16;  // AddressSanitizer and UBSan, where much is allocated
#else
constexpr int kSlower = 1;
#endif
// A lane of CI shares its core: there, under the sanitizers, only a step that is far too long is
// found. bench_script_attacks measures.
constexpr auto kLongestWait = 50ms * kSlower * (kSlower > 1 ? 2 : 1);

// The processor time of the lane: another program on the machine changes nothing.
std::chrono::nanoseconds thread_cpu() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

asio::awaitable<void> ask_again(script::Session* neighbour, const bool* over,
                                std::chrono::nanoseconds* longest) {
  while (!*over) {
    const auto executor = co_await asio::this_coro::executor;
    const auto before = thread_cpu();
    std::vector<script::Argument> none;
    auto call = neighbour->call("Ping", std::move(none), Deadline::never());
    const auto answer = co_await std::move(call);
    EXPECT_TRUE(answer);
    co_await asio::post(executor, asio::use_awaitable);
    *longest = std::max(*longest, thread_cpu() - before);
  }
}

class Slices : public testing::TestWithParam<SliceAttack> {};

TEST_P(Slices, HoldWhateverAScriptCalls) {
  HostRunOptions options = HostRun::body(GetParam().body);
  options.script += "\nfunction Ping() return 'pong' end";
  options.script_limits.cpu_total = 80ms * kSlower;
  options.script_limits.cpu_unyielding = 20ms * kSlower;
  HostRun run(std::move(options));
  ASSERT_FALSE(run.load_error) << run.load_error->to_string();
  auto neighbour = script::Session::open(run.program, run.io.get_executor(), log::Logger(),
                                         std::make_unique<script::Services>(), Value::map());
  ASSERT_TRUE(neighbour);
  bool over = false;
  std::chrono::nanoseconds longest{};
  const auto rethrow = [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  };
  asio::co_spawn(run.io, ask_again(neighbour->get(), &over, &longest), rethrow);
  std::vector<script::Argument> arguments(1);
  asio::co_spawn(run.io, run.session->call("Main", std::move(arguments), Deadline::never()),
                 [&](std::exception_ptr error, Result<Value>) {
                   rethrow(error);
                   over = true;
                 });
  run.io.run();
  EXPECT_LT(longest, kLongestWait) << longest / 1ms << " ms";
}

INSTANTIATE_TEST_SUITE_P(Attacks, Slices, testing::ValuesIn(test::kSliceAttacks),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(PiecewiseFunctions, CountWhatTheyHold) {
  HostRunOptions options = HostRun::body("return rs.base64_encode(('a'):rep(3e6))");
  options.script_limits.memory_bytes = 8 * kMiB;
  HostRun run(std::move(options));
  const auto answer = run.main();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kScriptMemoryLimit);
}

TEST(PiecewiseFunctions, AnswerTheSameInPieces) {
  const auto answer = run_lua(
      "local s = ('abc\\xff'):rep(500000) .. 'x'\n"
      "local e = rs.base64_encode(s)\n"
      "return {#e, rs.base64_decode(e) == s, e:sub(1, 8), e:sub(-4),\n"
      "  pcall(rs.base64_decode, ('QQ=='):rep(300000)), #rs.url_encode((' /'):rep(400000)),\n"
      "  rs.sha2_256(s) == rs.sha2_256(rs.base64_decode(e))}");
  ASSERT_TRUE(answer) << answer.error().to_string();
  const Value::Array& row = *answer->as_array();
  EXPECT_EQ(row[0], Value::integer((2'000'001 + 2) / 3 * 4));
  EXPECT_EQ(row[1], Value::boolean(true));
  EXPECT_EQ(row[2], Value::string("YWJj/2Fi"));
  EXPECT_EQ(row[4], Value::boolean(false));
  EXPECT_EQ(row[5], Value::integer(400'000 * 4));
  EXPECT_EQ(row[6], Value::boolean(true));
}

TEST(PiecewiseFunctions, StringifyLongTextsBetweenCharacters) {
  const auto answer = run_lua(
      "local s = ('é\\n\"\\0x'):rep(15000)\n"
      "local t = {a = s, b = {1, 2.5, {}, {x = rs.null}}, [\"k\\n\"] = true}\n"
      "local text = rs.json_stringify(t)\n"
      "local back = rs.json_parse(text)\n"
      "return {back.a == s, back.b[2], back['k\\n'], #rs.json_stringify(s)}");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, Value::array({Value::boolean(true), Value::real(2.5), Value::boolean(true),
                                   Value::integer(15000 * (2 + 2 + 2 + 6 + 1) + 2)}));
}

// Under the sanitizers a call takes much longer than the budgets of a release.
std::string error_without_budgets(const std::string& lua) {
  HostRunOptions options = HostRun::body(lua);
  options.script_limits.cpu_total = 60s;
  options.script_limits.cpu_unyielding = 60s;
  HostRun run(std::move(options));
  const auto answer = run.main();
  return answer ? "" : std::string(answer.error().code());
}

TEST(JsonFunctions, AsManyValuesAsOneGoAllowsAndNoMore) {
  EXPECT_EQ(error_without_budgets("rs.json_parse('[' .. ('1,'):rep(249998) .. '1]')"), "");
  EXPECT_EQ(error_without_budgets("rs.json_parse('[' .. ('1,'):rep(250000) .. '1]')"), "TOO_LARGE");
  EXPECT_EQ(
      error_without_budgets("local t = {} for i = 1, 250001 do t[i] = i end rs.json_stringify(t)"),
      "TOO_LARGE");
}

TEST(PatternFunctions, ALongSearchIsRefusedOnlyWhereItCannotWait) {
  const std::string search = "rs.re2_find_all('a', ('a'):rep(200) .. ('b'):rep(200000))";
  EXPECT_EQ(error_without_budgets("assert(#" + search + " == 200)"), "");
  EXPECT_EQ(error_without_budgets("coroutine.wrap(function() " + search + " end)()"),
            "SCRIPT_CANNOT_WAIT");
  EXPECT_EQ(error_without_budgets(
                "coroutine.wrap(function() assert(#rs.re2_find_all('a', ('a'):rep(200) .. "
                "('b'):rep(40000)) == 200) end)()"),
            "");
}

// Patterns of one size, so that each takes what RE2 may take for a small one.
const std::string kManyPatterns = "for i = 1, 40 do rs.re2_match('a' .. i, 'b') end\n";

TEST(PatternFunctions, ProgramsInUseCountAsMemoryOfTheSession) {
  HostRunOptions options = HostRun::body(kManyPatterns);
  options.script_limits.memory_bytes = 3 * kMiB;
  HostRun run(std::move(options));
  const auto answer = run.main();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kScriptMemoryLimit);
}

TEST(PatternFunctions, OldProgramsMakeRoomForNewOnes) {
  HostRun run(HostRun::body(kManyPatterns + "return 1"));
  const std::size_t before = run.session->memory_used();
  ASSERT_TRUE(run.main());
  const PatternLimits limits;
  const std::size_t after = run.session->memory_used();
  EXPECT_GE(after, before + limits.cached_patterns * limits.cached_program_bytes);
  EXPECT_LT(after, before + (limits.cached_patterns + 1) * limits.cached_program_bytes);
}

TEST(PatternFunctions, EverySessionCountsAProgramThatItShares) {
  const std::string one = "rs.re2_match('shared', 'text') rs.re2_match('shared', 'other')\n";
  for (int i = 0; i < 2; ++i) {
    HostRun run(HostRun::body(one));
    const std::size_t before = run.session->memory_used();
    ASSERT_TRUE(run.main());
    const std::size_t program = PatternLimits().cached_program_bytes;
    EXPECT_GE(run.session->memory_used(), before + program) << i;
    EXPECT_LT(run.session->memory_used(), before + 2 * program) << i;
  }
}

}  // namespace

}  // namespace gvm::host
