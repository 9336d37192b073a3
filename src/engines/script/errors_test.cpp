#include <gtest/gtest.h>

#include "base/error_codes.h"
#include "script/codes.h"
#include "support/script_session.h"

namespace gvm::script {
namespace {

Result<Value> answer_of(const std::string& body) {
  ProgramOptions options;
  options.libraries = {{"lib-t", "local name, host = ...\nreturn host['lib.rs']"}};
  test::ScriptRun run("local rs = require('lib-t')\nfunction F(ctx)\n" + body + "\nend",
                      std::move(options));
  if (run.load_error) return fail(*run.load_error);
  return run.call("F");
}

const std::string kRaise =
    "rs.user_error{causes = {'MINE', 'deeper'}, fatal = true, ctx = {a = 1}}\n";

TEST(Errors, WhatAScriptRaisesArrivesTyped) {
  const auto answer = answer_of(kRaise);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().causes(), (std::vector<std::string>{"MINE", "deeper"}));
  EXPECT_TRUE(answer.error().fatal());
  EXPECT_EQ(answer.error().ctx(), Value::object({{"a", Value::integer(1)}}));
}

TEST(Errors, TheirTypeSurvivesPcallXpcallCoroutinesAndRethrow) {
  for (const std::string& body : std::vector<std::string>{
           "local ok, e = pcall(function() " + kRaise + " end) error(e)",
           "local ok, e = pcall(pcall, function() " + kRaise +
               " end) error(select(2, pcall(error, e)) == e and e or e, 0)",
           "local ok, e = xpcall(function() " + kRaise + " end, function(e) return e end) error(e)",
           "coroutine.wrap(function() " + kRaise + " end)()",
           "local c = coroutine.create(function() " + kRaise +
               " end) error(select(2, coroutine.resume(c)))",
           "local x <close> = setmetatable({}, {__close = function() end}) " + kRaise,
       }) {
    const auto answer = answer_of(body);
    ASSERT_FALSE(answer);
    if (body.find("pcall(pcall") == std::string::npos) {
      EXPECT_EQ(answer.error().code(), "MINE") << body;
    }
  }
}

TEST(Errors, AsUserErrorReadsThemAndNothingElse) {
  EXPECT_EQ(
      *answer_of("local ok, e = pcall(function() " + kRaise + " end) return rs.as_user_error(e)"),
      Value::object({{"causes", Value::array({Value::string("MINE"), Value::string("deeper")})},
                     {"fatal", Value::boolean(true)},
                     {"ctx", Value::object({{"a", Value::integer(1)}})}}));
  EXPECT_EQ(*answer_of("return rs.as_user_error('text') == nil and rs.as_user_error({}) == nil and"
                       " rs.as_user_error() == nil and rs.as_user_error(rat.zero) == nil"),
            Value::boolean(true));
}

TEST(Errors, AreReadableAsText) {
  EXPECT_EQ(*answer_of("return tostring(select(2, pcall(function() " + kRaise + " end)))"),
            Value::string("MINE: deeper"));
}

TEST(Errors, ARaiseNeedsItsCauses) {
  for (const char* bad : {"{}", "{causes = {}}", "{causes = 'x'}", "{causes = {1}}",
                          "{causes = {'x'}, fatal = 1}", "{causes = {'x'}, ctx = 1}", "1", "nil"}) {
    const auto answer = answer_of("rs.user_error(" + std::string(bad) + ")");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), codes::kScriptBadArgument) << bad;
  }
}

TEST(Errors, OrdinaryLuaErrorsNameTheirLine) {
  const auto answer = answer_of("local x = nil\nreturn x.y");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kScriptError);
  EXPECT_TRUE(answer.error().fatal()) << "unexpected: nothing a contract may catch";
  EXPECT_NE(answer.error().to_string().find("script.lua:4: attempt to index a nil value"),
            std::string::npos)
      << answer.error().to_string();
}

TEST(Errors, WhateverIsRaisedIsDescribed) {
  const auto table = answer_of("error({code = 5})");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().to_string(), "SCRIPT_ERROR: the script raised {\"code\":5}");
  const auto nothing = answer_of("error()");
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code(), codes::kScriptError);
  const auto function = answer_of("error(print)");
  ASSERT_FALSE(function);
  EXPECT_EQ(function.error().to_string(), "SCRIPT_ERROR: the script raised a function");
}

}  // namespace
}  // namespace gvm::script
