// Hardening a template with huge values lets neighbours on the lane have their turn.
#include <gtest/gtest.h>

#include "config/default_templates.h"
#include "llm/functions.h"
#include "support/guard_attacks.h"
#include "support/lane_turns.h"
#include "support/script_session.h"

namespace gvm::llm {
namespace {

using namespace std::chrono_literals;

#ifdef GVM_SANITIZED
constexpr auto kLongestWait = 50ms * 12;
#else
constexpr auto kLongestWait = 50ms;
#endif

struct Case {
  const char* name;
  const char* script;  // `call(text)` hardens
  std::string_view piece;
  std::size_t bytes;
};

void PrintTo(const Case& row, std::ostream* out) {
  *out << row.name;
}

constexpr const char* kPlain = "call(text)";
constexpr const char* kCannotWait = "coroutine.wrap(function() pcall(call, text) end)()";

const Case kCases[] = {
    {"ten_megabytes_of_words", kPlain, "a ", 10'000'000},
    {"ten_megabytes_of_signs", kPlain, "~kz~bc", 10'000'000},
    {"ten_megabytes_of_ideographs", kPlain, "\u6771\u4EAC", 10'000'000},
    {"ten_megabytes_of_marks", kPlain, "\u0301", 10'000'000},
    {"ten_megabytes_of_joined_emoji", kPlain, "\U0001F469\u200D", 10'000'000},
    {"ten_megabytes_of_nothing_seen", kPlain, "\U000E0041\u202E\u200B", 10'000'000},
    {"many_short_ones", "for _ = 1, 50 do call(text) end", "a ", 16'000},
    {"where_it_cannot_wait", kCannotWait, "~kz \u6771", 500'000},
    {"too_long_where_it_cannot_wait", kCannotWait, "a ", 4'000'000},
};

class HardenedTemplates : public testing::TestWithParam<Case> {};

TEST_P(HardenedTemplates, LetNeighboursHaveTheirTurn) {
  config::LlmConfig config;
  config.prompt_templates = config::default_templates();
  script::ProgramOptions options;
  add_template_functions(options.host, config);
  options.libraries = {{"lib-t", "local name, host = ...\nreturn host['llm.rs']"}};
  options.limits.memory_bytes = 1 * kGiB;
  options.limits.cpu_total = options.limits.cpu_unyielding = 60s;
  test::ScriptRun run(
      "local rs = require('lib-t')\n"
      "function Main(ctx, text)\n"
      "  local function call(t) return rs.harden_template({template = 'EqComparative',\n"
      "    leader_answer = t, validator_answer = t, principle = 'p'}) end\n" +
          std::string(GetParam().script) + "\nend",
      options);
  ASSERT_FALSE(run.load_error) << run.load_error->to_string();
  std::vector<script::Argument> arguments(1);
  arguments[0].value = Value::string(test::repeated(GetParam().piece, GetParam().bytes));
  const auto turns = test::longest_turn(
      run.io, run.session->call("Main", std::move(arguments), Deadline::never()));
  EXPECT_TRUE(turns.result) << turns.result.error().to_string();
  EXPECT_LT(turns.longest, kLongestWait) << turns.longest / 1ms << " ms";
}

INSTANTIATE_TEST_SUITE_P(Values, HardenedTemplates, testing::ValuesIn(kCases),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace gvm::llm
