#include <gtest/gtest.h>

#include "base/error_codes.h"
#include "support/script_session.h"

namespace gvm::script {
namespace {

std::string shown(const std::string& expression) {
  test::ScriptRun run("function F(ctx) return tostring(" + expression + ") end");
  const auto answer = run.call("F");
  if (!answer) return std::string(answer.error().code());
  return std::string(*answer->as_string());
}

TEST(Rat, ComputesExactly) {
  EXPECT_EQ(shown("rat.new('1/3') + rat.new('1/6')"), "1/2");
  EXPECT_EQ(shown("rat.new('0.1') + rat.new('0.2') == rat.new('0.3')"), "true");
  EXPECT_EQ(shown("rat.new(1, 3) * 3"), "1");
  EXPECT_EQ(shown("1 - rat.new('1.25e1')"), "-23/2");
  EXPECT_EQ(shown("rat.new(7) / 2"), "7/2");
  EXPECT_EQ(shown("rat.new(-7) % 3"), "2");
  EXPECT_EQ(shown("-rat.new('2/4')"), "-1/2");
  EXPECT_EQ(shown("rat.new(2):pow(-3)"), "1/8");
  EXPECT_EQ(shown("rat.new(0.5)"), "1/2");
  EXPECT_EQ(shown("rat.new('-7/2'):floor() .. rat.new('-7/2'):ceil() .. rat.new('-7/2'):trunc()"),
            "-4-3-3");
}

TEST(Rat, ComparesWithNumbers) {
  EXPECT_EQ(shown("rat.new('1/2') < 1"), "true");
  EXPECT_EQ(shown("2 <= rat.new('3/2')"), "false");
  EXPECT_EQ(shown("rat.new(10) > 9.5"), "true");
  EXPECT_EQ(shown("rat.new(2) == rat.new('4/2')"), "true");
}

TEST(Rat, ItsPartsAreDecimalStrings) {
  EXPECT_EQ(shown("type(rat.new('6/4'):numer()) .. type(rat.new(7):denom())"), "stringstring");
  EXPECT_EQ(shown("rat.new('-123456789012345678901234567890/11'):numer()"),
            "-123456789012345678901234567890");
  EXPECT_EQ(shown("math.tointeger(tonumber(rat.new(5):numer())) + 1"), "6");
}

TEST(Rat, TellsItsParts) {
  EXPECT_EQ(shown("rat.new('6/4'):numer() .. '|' .. rat.new('6/4'):denom()"), "3|2");
  EXPECT_EQ(shown("rat.new('-1/4'):to_float()"), "-0.25");
  EXPECT_EQ(shown("rat.new('-1/4'):abs()"), "1/4");
  EXPECT_EQ(shown("rat.new('-1/4'):sign()"), "-1");
  EXPECT_EQ(shown("rat.zero:is_zero()"), "true");
  EXPECT_EQ(shown("rat.new('4/2'):is_integer()"), "true");
  EXPECT_EQ(shown("rat.is_rat(rat.zero)"), "true");
  EXPECT_EQ(shown("rat.is_rat(0)"), "false");
}

// Each depth of calls leaves another rest of the stack to a metamethod.
TEST(Rat, IsConcatenatedAtAnyUsualDepth) {
  for (int depth = 0; depth < 20; ++depth) {
    test::ScriptRun run(
        "local function at(n) if n == 0 then return rat.new('3/2') .. '|' .. rat.new(2) end return "
        "(at(n - 1)) end function F(ctx) return at(" +
        std::to_string(depth) + ") end");
    const auto answer = run.call("F");
    ASSERT_TRUE(answer) << depth << ": " << answer.error().to_string();
    EXPECT_EQ(*answer->as_string(), "3/2|2") << depth;
  }
}

TEST(Rat, RefusesWhatIsNoNumber) {
  for (const char* bad :
       {"rat.new('x')", "rat.new('1/0')", "rat.new(1, 0)", "rat.new(0/0)", "rat.new(1/0)",
        "rat.new()", "rat.new({})", "rat.zero + {}", "rat.new(1) / 0", "rat.new(1) % 0",
        "rat.new(2):pow('x')", "rat.new(0):pow(-1)", "rat.new('')", "rat.new('1e')"}) {
    EXPECT_EQ(shown(bad), codes::kScriptBadArgument) << bad;
  }
}

TEST(Rat, RemainingGenIsARatWhateverItsSize) {
  test::ScriptRun run(
      "function F(ctx, gen) assert(rat.is_rat(gen)) return {gen = gen, less = gen - 1, enough = "
      "gen > 10} end");
  std::vector<Argument> small;
  small.push_back({Value::integer(12), true});
  EXPECT_EQ(*run.call("F", std::move(small)), Value::object({{"gen", Value::integer(12)},
                                                             {"less", Value::integer(11)},
                                                             {"enough", Value::boolean(true)}}));
  std::vector<Argument> big;
  big.push_back({Value::integer(Integer::pow2(200)), true});
  EXPECT_EQ(*run.call("F", std::move(big))->find("gen"), Value::integer(Integer::pow2(200)));
}

TEST(Rat, AFractionLeavesAsText) {
  test::ScriptRun run("function F(ctx) return rat.new(1, 3) end");
  EXPECT_EQ(*run.call("F"), Value::string("1/3"));
}

}  // namespace
}  // namespace gvm::script
