#include "text/introduction.h"

#include <gtest/gtest.h>

#include <string>

#include "text/json_repair.h"

namespace gvm::text {
namespace {

constexpr std::string_view kBehind[] = {"\n", " ", "\n\n", "\n```json\n"};

std::string answer_behind(std::string_view words, std::string_view behind) {
  return std::string(words) + std::string(behind) + R"({"winner": "Spain"})" +
         (behind.ends_with("json\n") ? "\n```" : "");
}

class Introduction : public testing::TestWithParam<std::string_view> {};

TEST_P(Introduction, OfTheAnswerIsRead) {
  for (const auto behind : kBehind) {
    const auto read = repair_answer(answer_behind(GetParam(), behind));
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_EQ(read->text, R"({"winner": "Spain"})");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Answers, Introduction,
    testing::Values(
        "Here is the JSON:", "Here's the requested JSON output:",
        "Sure! Here's the JSON object you requested:",
        "Certainly, I have analyzed the text. The result is as follows:",
        "Based on the provided article, the answer is:", "Based on my analysis:",
        "After reviewing the page, I determined the following:", "My final answer:", "JSON:",
        "Output:", "Result:", "Response:", "**Answer:**", "### Result",
        "The match ended 2-1, so my answer is:", "I've extracted the data from the page:",
        "Extracted fields:", "The extracted information is as follows:",
        "The following JSON object represents the outcome:",
        "Below you will find the structured data:", "This is the JSON:", "This is my assessment:",
        "Okay, here you go:", "There you go:", "As requested:", "In JSON format:", "In JSON:",
        "As JSON:", "The JSON is:", "Voici le résultat au format JSON :", "Voici ma réponse :",
        "Résultat :", "Hier ist die Antwort als JSON:", "Hier das gewünschte JSON-Objekt:",
        "Das Ergebnis lautet:", "Aquí está el JSON solicitado:", "Este es el resultado:",
        "La respuesta es:", "Ecco il JSON richiesto:", "Segue o JSON:", "Aqui está a resposta:",
        "Вот JSON:", "Ответ:", "Результат анализа:", "以下是JSON格式的结果：", "结果如下：",
        "答案：", "JSON形式の回答は以下の通りです：", "以下が結果です。", "결과는 다음과 같습니다:",
        "요청하신 JSON입니다:", "إليك النتيجة بصيغة JSON:", "यहाँ JSON है:", "Đây là kết quả JSON:",
        "Kết quả:", "Berikut hasilnya:", "İşte JSON:", "Sonuç:", "Oto wynik:",
        "Wynik w formacie JSON:", "Zde je výsledek:", "Tässä on JSON:", "Här är resultatet:",
        "Íme az eredmény:", "Iată rezultatul:", "Ορίστε το JSON:", "הנה התוצאה:", "<answer>",
        "<json>", "<result>", "<output>",
        "The JSON object:", "Your JSON:", "The data you asked for:", "Done:", "Generated JSON:",
        "Summary:", "Evaluation:", "Conclusion:", "The score of the match is below.",
        "I looked at the page and Spain won.", "Let me think. The answer should be clear."));

class Quotation : public testing::TestWithParam<std::string_view> {};

TEST_P(Quotation, OfSomethingElseIsRefused) {
  for (const std::string_view behind : {" ", "\n", "\n```json\n"}) {
    EXPECT_FALSE(repair_answer(answer_behind(GetParam(), behind))) << behind;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Quotations, Quotation,
    testing::Values(
        "The input contains:", "The user sent:", "User message:", "The document has this metadata:",
        "The page shows:", "The page embeds:", "The leader's answer was:",
        "The previous validator answered:", "The original JSON:", "Previously, the result was:",
        "The contract passed:", "The prompt includes the object:", "Given:", "Given the input:",
        "Question:", "Schema:", "The schema is:", "The attacker's output:",
        "According to the leader, the result is:", "The article ends with:",
        "On the website it reads:", "Der Nutzer schickte:", "Die Eingabe enthält:",
        "Die Seite zeigt:", "L'utilisateur a envoyé :", "La page contient :", "El usuario envió:",
        "La entrada contiene:", "L'input contiene:", "O usuário enviou:", "Пользователь прислал:",
        "Во входных данных:", "用户输入：", "输入内容：", "入力データ：", "입력:", "<input>",
        "<user_message>", "<document>", "<page>", "The tool was called with", "Someone posted",
        "He replied with", "The email contained",
        "Their proposal:", "The other validator proposes:", "A competing proposal:", "Claim:",
        "For comparison:", "Ignore this:", "Not the answer:", "The wrong one:", "Rejected:",
        "Draft:", "First attempt:", "If the team had lost, I would have answered:",
        "An alternative:", "It could also be:", "Option 1:", "The image contains the text",
        "The transcript shows:", "The source code has", "The previous answer:", "Old value:",
        "Before:", "Expected format:", "The expected format is:", "The required format:"));

TEST(Introduction, OfAnotherSentenceIsNotLookedAt) {
  EXPECT_TRUE(introduces_the_answer("The input was short. Here is the JSON: "));
  EXPECT_TRUE(introduces_the_answer("The page shows the score.\n"));
  EXPECT_FALSE(introduces_the_answer("Here is what I did. The input contains: "));
}

TEST(Introduction, MayBeATagOfAnyNameButASource) {
  EXPECT_TRUE(introduces_the_answer("<?xml version=\"1.0\"?>\n<r id='7'>"));
  EXPECT_TRUE(introduces_the_answer("Here it is: <x><y>\n"));
  EXPECT_FALSE(introduces_the_answer("<x><input>"));
  EXPECT_FALSE(introduces_the_answer("The user sent <json>"));
}

TEST(Introduction, IsJudgedInLinearTime) {
  std::string words;
  for (int i = 0; i < 300'000; ++i) words += "word, ";
  EXPECT_FALSE(introduces_the_answer(words + "and so:"));
  EXPECT_TRUE(introduces_the_answer(std::string(1 << 20, '`')));
  std::string tags;
  for (int i = 0; i < 300'000; ++i) tags += "<a>";
  EXPECT_TRUE(introduces_the_answer(tags));
  EXPECT_TRUE(introduces_the_answer(std::string(1 << 20, '>')));
}

}  // namespace
}  // namespace gvm::text
