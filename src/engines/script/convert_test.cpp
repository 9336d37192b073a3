#include <gtest/gtest.h>

#include "script/codes.h"
#include "support/script_session.h"

namespace gvm::script {
namespace {

Result<Value> echo(Session&, HostFunction::Args& args) {
  return args.empty() ? Value::null() : std::move(args[0]);
}

ProgramOptions with_echo() {
  ProgramOptions options;
  options.host.functions = {{"t", "echo", "", "", HostFunction::Sync(echo)}};
  options.libraries = {{"lib-t", "local name, host = ...\nreturn host['t']"}};
  return options;
}

Result<Value> answer_of(const std::string& expression) {
  test::ScriptRun run(
      "local t = require('lib-t')\nfunction F(ctx, v) return " + expression + " end", with_echo());
  if (run.load_error) return fail(*run.load_error);
  return run.call("F");
}

Result<Value> round_trip(Value value) {
  test::ScriptRun run("local t = require('lib-t')\nfunction F(ctx, v) return t.echo(v) end",
                      with_echo());
  std::vector<Argument> arguments;
  arguments.push_back({std::move(value)});
  return run.call("F", std::move(arguments));
}

TEST(Convert, ValuesComeBackAsTheyWent) {
  const Value rich = Value::object({
      {"list", Value::array({Value::integer(1), Value::real(2.5), Value::string("x")})},
      {"empty_list", Value::array()},
      {"empty_map", Value::map()},
      {"null", Value::null()},
      {"nested", Value::object({{"deep", Value::array({Value::array(), Value::map()})}})},
      {"text", Value::string("grüße")},
      {"bytes", Value::bytes("\xff\x00\x01")},
      {"yes", Value::boolean(true)},
      {"min", Value::integer(INT64_MIN)},
      {"big", Value::integer(*Integer::parse("123456789012345678901234567890"))},
  });
  const auto back = round_trip(rich);
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(*back, rich);
}

TEST(Convert, AnAddressBecomesItsHexText) {
  Address address{};
  address[0] = 0xab;
  address[19] = 1;
  EXPECT_EQ(*round_trip(Value::address(address)),
            Value::string("0xab00000000000000000000000000000000000001"));
}

TEST(Convert, SequencesAreListsAndOtherTablesMaps) {
  EXPECT_EQ(*answer_of("{1, 2}"), Value::array({Value::integer(1), Value::integer(2)}));
  EXPECT_EQ(*answer_of("{}"), Value::map());
  EXPECT_EQ(*answer_of("{[2] = 'b', [1] = 'a'}"),
            Value::array({Value::string("a"), Value::string("b")}));
  EXPECT_EQ(*answer_of("{1, x = 2}"),
            Value::object({{"1", Value::integer(1)}, {"x", Value::integer(2)}}));
  EXPECT_EQ(*answer_of("{[-5] = 1}"), Value::object({{"-5", Value::integer(1)}}));
}

TEST(Convert, NamesThePathOfWhatCannotLeave) {
  const auto function = answer_of("{a = {1, 2, {b = print}}}");
  ASSERT_FALSE(function);
  EXPECT_EQ(function.error().code(), codes::kScriptBadAnswer);
  EXPECT_NE(function.error().to_string().find("value.a[3].b"), std::string::npos)
      << function.error().to_string();
  const auto key = answer_of("{x = {[true] = 1}}");
  ASSERT_FALSE(key);
  EXPECT_NE(key.error().to_string().find("value.x: a boolean cannot be a key"), std::string::npos);
}

TEST(Convert, RefusesTablesNestedTooDeep) {
  const auto deep =
      answer_of("(function() local t = {} for i = 1, 200 do t = {t} end return t end)()");
  ASSERT_FALSE(deep);
  EXPECT_NE(deep.error().to_string().find("TOO_DEEP"), std::string::npos);
}

// 62,000 keys of one beginning took 40 ms of a lane to sort, 100,000 took 67.
TEST(Convert, AKeyCountsAsThreeValues) {
  const auto with = [](int keys) {
    return answer_of("(function() local t = {} for i = 1, " + std::to_string(keys) +
                     " do t['k' .. i] = i end return t end)()");
  };
  EXPECT_TRUE(with(62'000));
  const auto many = with(63'000);
  ASSERT_FALSE(many);
  EXPECT_NE(many.error().to_string().find("more than 250000 values"), std::string::npos);
}

TEST(Convert, BadArgumentsAreTypedErrorsInTheScript) {
  const auto error = answer_of("select(2, pcall(t.echo, print)).causes[1]");
  ASSERT_TRUE(error) << error.error().to_string();
  EXPECT_EQ(*error, Value::string("SCRIPT_BAD_ARGUMENT"));
}

TEST(Convert, NothingIsNilToAScriptAndNullInsideStaysNull) {
  EXPECT_EQ(*answer_of("t.echo() == nil"), Value::boolean(true));
  test::ScriptRun run("function F(ctx, v) return v.x ~= nil and v.x == v.y end");
  std::vector<Argument> arguments;
  arguments.push_back({Value::object({{"x", Value::null()}, {"y", Value::null()}})});
  EXPECT_EQ(*run.call("F", std::move(arguments)), Value::boolean(true));
}

}  // namespace
}  // namespace gvm::script
