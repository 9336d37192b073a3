#include "provider/merge.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "text/json.h"

namespace gvm::provider {
namespace {

Value parse(std::string_view text) {
  return text::parse_json(text).value();
}

Result<std::string> merged(std::string_view body, std::string_view extra,
                           std::string_view strategy) {
  Value target = parse(body);
  auto parsed = parse_merge_strategy(parse(strategy));
  if (!parsed) return fail(parsed.error());
  auto done = merge_extra(target, parse(extra), *parsed);
  if (!done) return fail(done.error());
  return json::write(target);
}

struct Row {
  std::string_view body, extra, strategy, expected;
};

TEST(Merge, FollowsTheNamedStrategy) {
  const Row rows[] = {
      {R"({"a":1})", R"({"b":2})", R"("none")", R"({"a":1,"b":2})"},
      {R"({"a":1})", R"({"a":2})", R"("none")", R"({"a":2})"},
      {R"({"a":{"x":1}})", R"({"a":{"y":2}})", "null", R"({"a":{"x":1,"y":2}})"},
      {R"({"a":[1]})", R"({"a":"s"})", R"("none")", R"({"a":"s"})"},
      {R"({"a":1})", R"({"b":2})", R"("replace")", R"({"b":2})"},
      {R"({"a":[1],"b":1})", R"({"a":[2]})", R"({"a":"replace"})", R"({"a":[2],"b":1})"},
      {R"({"a":[1]})", R"({"a":[2]})", R"({"a":"merge_left"})", R"({"a":[1,2]})"},
      {R"({"a":[1]})", R"({"a":[2]})", R"({"a":"merge_right"})", R"({"a":[2,1]})"},
      {R"({"a":"x"})", R"({"a":"y"})", R"({"a":"merge_left"})", R"({"a":"xy"})"},
      {R"({"a":"x"})", R"({"a":"y"})", R"({"a":"merge_right"})", R"({"a":"yx"})"},
      {R"({"a":{"b":[1]}})", R"({"a":{"b":[2]}})", R"({"a":{"b":"merge_left"}})",
       R"({"a":{"b":[1,2]}})"},
      {R"({"a":1})", R"({"new":[1]})", R"({"new":"merge_left"})", R"({"a":1,"new":[1]})"},
  };
  for (const auto& row : rows) {
    auto result = merged(row.body, row.extra, row.strategy);
    ASSERT_TRUE(result) << result.error().to_string();
    EXPECT_EQ(*result, row.expected) << row.body << " + " << row.extra << " by " << row.strategy;
  }
}

TEST(Merge, TwoArraysWithoutAStrategyAreAnErrorThatNamesThePath) {
  auto result = merged(R"({"a":{"stop":["x"]}})", R"({"a":{"stop":["y"]}})", R"("none")");
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().to_string().find("/a/stop"), std::string::npos);
}

TEST(Merge, JoiningWhatCannotBeJoinedIsAnError) {
  EXPECT_FALSE(merged(R"({"a":1})", R"({"a":2})", R"({"a":"merge_left"})"));
  EXPECT_FALSE(merged(R"({"a":1})", R"({"a":2})", R"("merge_left")"));
}

TEST(Merge, AnUnknownStrategyIsNamed) {
  auto result = merged("{}", "{}", R"("merge_middle")");
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().to_string().find("merge_middle"), std::string::npos);
}

}  // namespace
}  // namespace gvm::provider
