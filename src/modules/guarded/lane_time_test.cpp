// Whatever text rules look at, a neighbour on the lane is answered in time.
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "base/size.h"
#include "guarded/functions.h"
#include "guarded/guards.h"
#include "guarded/in_turn.h"
#include "script/off_lane.h"
#include "support/guard_attacks.h"
#include "support/lane_turns.h"
#include "support/script_session.h"

namespace gvm::guarded {
namespace {

using namespace std::chrono_literals;
using test::GuardAttack;

#ifdef GVM_SANITIZED
constexpr auto kLongestWait = 50ms * 6;
#else
constexpr auto kLongestWait = 50ms;
#endif

std::shared_ptr<SessionGuards> session_of(const std::vector<guard::Rule>& rules) {
  config::GuardsConfig config;
  config.enforce = true;
  auto compiled = guard::GuardSet::compile(rules);
  if (!compiled) throw std::runtime_error(compiled.error().to_string());
  config.compiled = std::move(*compiled);
  return std::make_shared<SessionGuards>(Guards::make(config, {}), 7);
}

class GuardsOnALane : public testing::TestWithParam<GuardAttack> {};

TEST_P(GuardsOnALane, LetNeighboursHaveTheirTurn) {
  const auto guards = session_of(GetParam().rules());
  script::ProgramOptions options;
  add_guard_function(options.host, "rs", guard::Stage::page,
                     [guards](script::Session&) { return guards; });
  options.libraries = {{"lib-t", "local name, host = ...\nreturn host['rs']"}};
  options.limits.memory_bytes = 512 * kMiB;
  options.limits.cpu_total = 60s;
  test::ScriptRun run(
      "local rs = require('lib-t')\nfunction Main(ctx, text) return #rs.guard(text).rules end",
      options);
  ASSERT_FALSE(run.load_error) << run.load_error->to_string();
  std::vector<script::Argument> arguments(1);
  arguments[0].value = Value::string(GetParam().text());
  const auto turns = test::longest_turn(
      run.io, run.session->call("Main", std::move(arguments), Deadline::never()));
  EXPECT_LT(turns.longest, kLongestWait) << turns.longest / 1ms << " ms";
  if (!turns.result) {
    EXPECT_EQ(turns.result.error().code(), "TOO_LARGE") << turns.result.error().to_string();
  }
}

INSTANTIATE_TEST_SUITE_P(Attacks, GuardsOnALane, testing::ValuesIn(test::guard_attacks()),
                         [](const auto& row) { return row.param.name; });

// Runs `look` as in_turn() does for a text of `bytes`.
test::Turns in_turn_of(std::size_t bytes, Look look) {
  const auto background = script::keep_background();
  boost::asio::io_context io{1};
  return test::longest_turn(io, in_turn(bytes, std::move(look)));
}

TEST(LooksInTurn, AtManyShortStringsAreOffTheLane) {
  const auto guards = session_of(test::every_detector());
  Value::Array many;
  for (int i = 0; i < 15'000; ++i) many.push_back(Value::string("a"));
  const auto value = std::make_shared<Value>(Value::array(std::move(many)));
  EXPECT_GT(text_bytes(*value), kOnLaneBytes);
  const auto turns = in_turn_of(text_bytes(*value), [=](guard::Effort* effort) -> Result<Value> {
    (void)guards->pass(guard::Stage::output, *value, {.effort = effort});
    return Value::null();
  });
  EXPECT_LT(turns.longest, kLongestWait) << turns.longest / 1ms << " ms";
}

TEST(LooksInTurn, EndOnTheLaneWhenTheyAreCheap) {
  const auto guards = session_of(test::every_detector());
  const auto lane = std::this_thread::get_id();
  int calls = 0;
  const auto turns = in_turn_of(4'096, [&](guard::Effort* effort) -> Result<Value> {
    ++calls;
    EXPECT_NE(effort, nullptr);
    EXPECT_EQ(std::this_thread::get_id(), lane);
    return Value::boolean(
        guards->pass(guard::Stage::page, test::repeated("plain words ", 4'096), {.effort = effort})
            .has_value());
  });
  EXPECT_EQ(*turns.result, Value::boolean(true));
  EXPECT_EQ(calls, 1);
}

// The text is short; only the rules make it dear.
TEST(LooksInTurn, BeginAnewOffTheLaneWhenTheyAreDear) {
  const auto guards = session_of(test::slow_patterns(1'000));
  const auto lane = std::this_thread::get_id();
  const auto text = test::letters_in_disorder(4'096);
  std::vector<bool> on_lane;
  const auto turns = in_turn_of(text.size(), [&](guard::Effort* effort) -> Result<Value> {
    on_lane.push_back(std::this_thread::get_id() == lane);
    EXPECT_EQ(effort != nullptr, on_lane.back());
    auto passed = guards->pass(guard::Stage::page, text, {.effort = effort});
    return passed ? Value::string(std::move(*passed)) : Value::null();
  });
  EXPECT_EQ(on_lane, (std::vector<bool>{true, false}));
  EXPECT_EQ(*turns.result, Value::string(text));
}

TEST(LooksInTurn, CountATextOnceThoughTheyBeginAnew) {
  config::GuardsConfig config;
  config.compiled = *guard::GuardSet::compile(test::slow_patterns(1'000));
  const auto module = Guards::make(config, {});
  const auto guards = std::make_shared<SessionGuards>(module, 7);
  (void)in_turn_of(4'096, [&](guard::Effort* effort) -> Result<Value> {
    (void)guards->look(guard::Stage::page, test::letters_in_disorder(4'096), {.effort = effort});
    return Value::null();
  });
  metrics::Exposition out;
  module->write_to(out);
  EXPECT_NE(out.text().find("genvm_guard_texts_total{stage=\"page\"} 1\n"), std::string::npos);
}

}  // namespace
}  // namespace gvm::guarded
