#include "guarded/moderation.h"

#include <gtest/gtest.h>

#include "base/error_detail.h"
#include "guard/codes.h"

namespace gvm::guarded {
namespace {

config::ModeratorConfig moderator(std::vector<std::string> categories = {}, double score = 0) {
  config::ModeratorConfig made;
  made.name = "m";
  made.categories = std::move(categories);
  made.score = score;
  return made;
}

// "flagged", "passes", or why there is no verdict.
std::string opinion(std::string_view body, const config::ModeratorConfig& of = moderator()) {
  const auto flagged = read_moderation(of, body);
  if (flagged) return *flagged ? "flagged" : "passes";
  EXPECT_EQ(flagged.error().code(), codes::kGuardUnavailable);
  return std::string(detail_of(flagged.error()));
}

TEST(Moderation, IsFlaggedByAnyResultOrCategory) {
  EXPECT_EQ(opinion(R"({"results":[{"flagged":false}]})"), "passes");
  EXPECT_EQ(opinion(R"({"results":[{"flagged":true}]})"), "flagged");
  EXPECT_EQ(opinion(R"({"results":[{"flagged":false},{"flagged":true}]})"), "flagged");
  EXPECT_EQ(opinion(R"({"results":[{"flagged":false,"categories":{"hate":true}}]})"), "flagged");
  EXPECT_EQ(opinion(R"({"results":[{"flagged":false,"categories":{"hate":null}}]})"), "passes");
}

TEST(Moderation, CountsConfiguredCategoriesOnly) {
  const auto body = R"({"results":[{"flagged":true,"categories":{"hate":true,"violence":false},)"
                    R"("category_scores":{"hate":0.7,"violence":0.2}}]})";
  EXPECT_EQ(opinion(body, moderator({"violence"})), "passes");
  EXPECT_EQ(opinion(body, moderator({"violence", "hate"})), "flagged");
  EXPECT_EQ(opinion(body, moderator({"violence"}, 0.2)), "flagged");
  EXPECT_EQ(opinion(body, moderator({"hate"}, 0.71)), "passes");
  EXPECT_EQ(opinion(body, moderator({"weather"})),
            "its answer says nothing of the category \"weather\"");
}

TEST(Moderation, IsNoVerdictWhenItIsOfAnotherForm) {
  EXPECT_EQ(opinion("no"), "its answer is no JSON");
  EXPECT_EQ(opinion(""), "its answer is no JSON");
  EXPECT_EQ(opinion("[]"), "its answer has no results");
  EXPECT_EQ(opinion(R"({"results":{}})"), "its answer has no results");
  EXPECT_EQ(opinion(R"({"results":[]})"), "its answer has no results");
  constexpr auto kNoFlag = "a result has no `flagged` that is true or false";
  EXPECT_EQ(opinion(R"({"results":[{"flagged":"false"}]})"), kNoFlag);
  EXPECT_EQ(opinion(R"({"results":[{"flagged":0}]})"), kNoFlag);
  EXPECT_EQ(opinion(R"({"results":[false]})"), kNoFlag);
  EXPECT_EQ(opinion(R"({"results":[{"flagged":false},7]})"), kNoFlag);
  EXPECT_EQ(opinion(R"({"results":[{"flagged":false,"categories":{"hate":"no"}}]})"),
            "a category is neither true nor false");
  for (const auto* score : {"1.5", "-1", "\"high\"", "null"})
    EXPECT_EQ(opinion(R"({"results":[{"flagged":false,"category_scores":{"hate":)" +
                          std::string(score) + "}}]}",
                      moderator({"hate"}, 0.5)),
              "a score is not between 0 and 1");
}

TEST(Moderation, AsksWithTheTextAndTheModel) {
  auto one = moderator();
  EXPECT_EQ(moderation_question(one, "a \"b\""), R"({"input":"a \"b\""})");
  one.model = "omni";
  EXPECT_EQ(moderation_question(one, "a"), R"({"input":"a","model":"omni"})");
}

}  // namespace
}  // namespace gvm::guarded
