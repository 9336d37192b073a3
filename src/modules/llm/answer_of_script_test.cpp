#include "llm/answer_of_script.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "script/codes.h"
#include "text/json.h"

namespace gvm::llm {
namespace {

using Generation = envelope::Generation;

envelope::LlmRequest prompt(envelope::ResponseFormat format) {
  envelope::PromptRequest request;
  request.response_format = format;
  return request;
}

envelope::LlmRequest judge(envelope::Template kind) {
  envelope::TemplateRequest request;
  request.kind = kind;
  return request;
}

Result<ScriptAnswer> read(std::string_view returned, const envelope::LlmRequest& request,
                          Generation generation = Generation::a) {
  return read_script_answer(text::parse_json(returned).value(), request, generation);
}

const auto kText = prompt(envelope::ResponseFormat::text);
const auto kJson = prompt(envelope::ResponseFormat::json);
const auto kJudge = judge(envelope::Template::eq_comparative);
const auto kLeader = judge(envelope::Template::eq_non_comparative_leader);

TEST(AnswerOfScript, EachRequestHasItsForm) {
  EXPECT_EQ(read(R"({"data":"hi"})", kText)->data.as_string(), "hi");
  EXPECT_EQ(read(R"({"data":"hi"})", kLeader)->data.as_string(), "hi");
  EXPECT_TRUE(*read(R"({"data":true})", kJudge)->data.as_bool());
  EXPECT_EQ(json::write(read(R"({"data":{"a":1}})", kJson)->data), R"({"a":1})");
}

TEST(AnswerOfScript, AJsonAnswerMayComeInEitherFormAndGoesInThePeersForm) {
  EXPECT_EQ(json::write(read(R"({"data":"{\"a\":1}"})", kJson)->data), R"({"a":1})");
  EXPECT_EQ(read(R"({"data":{"a":1}})", kJson, Generation::c)->data.as_string(), R"({"a":1})");
  EXPECT_EQ(read(R"({"data":"{\"b\":1,\"a\":2}"})", kJson, Generation::c)->data.as_string(),
            R"({"b":1,"a":2})");
}

TEST(AnswerOfScript, ABareAnswerIsTheDataAndConsumesNothing) {
  const auto text = read(R"("hi")", kText);
  ASSERT_TRUE(text) << text.error().to_string();
  EXPECT_EQ(text->data.as_string(), "hi");
  EXPECT_EQ(text->consumed_gen, Integer(0));
  EXPECT_TRUE(text->bare);
  EXPECT_FALSE(read(R"({"data":"hi"})", kText)->bare);
  EXPECT_TRUE(*read("true", kJudge)->data.as_bool());
  EXPECT_EQ(json::write(read(R"({"a":1})", kJson)->data), R"({"a":1})");
  EXPECT_EQ(json::write(read(R"("{\"a\":1}")", kJson)->data), R"({"a":1})");
  EXPECT_EQ(read(R"({"a":1})", kJson, Generation::c)->data.as_string(), R"({"a":1})");
  for (const char* wrong : {"true", R"({"a":1})"})
    EXPECT_EQ(read(wrong, kText).error().code(), codes::kScriptBadAnswer) << wrong;
  EXPECT_EQ(read(R"("yes")", kJudge).error().code(), codes::kScriptBadAnswer);
}

TEST(AnswerOfScript, ConsumedGenIsWholeAndUnsigned) {
  EXPECT_EQ(read(R"({"data":"x"})", kText)->consumed_gen, Integer(0));
  EXPECT_EQ(read(R"({"data":"x","consumed_gen":5})", kText)->consumed_gen, Integer(5));
  EXPECT_EQ(read(R"({"data":"x","consumed_gen":5.9})", kText)->consumed_gen, Integer(5));
  EXPECT_EQ(read(R"({"data":"x","consumed_gen":"17/3"})", kText)->consumed_gen, Integer(5));
  for (auto bad : {R"({"data":"x","consumed_gen":-1})", R"({"data":"x","consumed_gen":"a"})",
                   R"({"data":"x","consumed_gen":true})", R"({"data":"x","consumed_gen":"1/0"})"}) {
    auto answer = read(bad, kText);
    ASSERT_FALSE(answer) << bad;
    EXPECT_EQ(answer.error().code(), codes::kScriptBadAnswer);
  }
}

TEST(AnswerOfScript, WrongFormsNameTheField) {
  const std::pair<std::string_view, const envelope::LlmRequest*> rows[] = {
      {"1", &kText},
      {"{}", &kText},
      {R"({"data":1})", &kText},
      {R"({"data":1})", &kJudge},
      {R"({"data":"true"})", &kJudge},
      {R"({"data":5})", &kJson}};
  for (const auto& [returned, request] : rows) {
    auto answer = read(returned, *request);
    ASSERT_FALSE(answer) << returned;
    EXPECT_EQ(answer.error().code(), codes::kScriptBadAnswer);
  }
}

}  // namespace
}  // namespace gvm::llm
