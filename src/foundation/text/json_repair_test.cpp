#include "text/json_repair.h"

#include <gtest/gtest.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "base/json.h"
#include "support/paths.h"
#include "text/codes.h"
#include "text/json.h"

namespace gvm::text {
namespace {

// Rows {"in", "out": exact text or null for refused, "any"?: expect anything, "cut"?: the answer
// ends early}.
Value cases() {
  std::ifstream file(test::source_dir() + "/tests/data/json_repair_cases.json");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return parse_json(text).value_or(Value::null());
}

bool flag(const Value& row, std::string_view key) {
  const Value* value = row.find(key);
  return value != nullptr && *value == Value::boolean(true);
}

TEST(JsonRepair, AnswersTheTableExactly) {
  const auto table = cases();
  ASSERT_NE(table.as_array(), nullptr);
  ASSERT_GE(table.as_array()->size(), 150U);
  for (const auto& row : *table.as_array()) {
    const std::string in(*row.find("in")->as_string());
    const auto repaired =
        repair_answer(in, {.expect = flag(row, "any") ? Expect::any : Expect::object});
    const auto expected = row.find("out")->as_string();
    if (!expected) {
      EXPECT_FALSE(repaired) << in << "\n-> " << (repaired ? repaired->text : "");
      EXPECT_TRUE(repaired || repaired.error().code() == codes::kAnswerNotUsable);
      continue;
    }
    EXPECT_TRUE(repaired) << in << "\n" << repaired.error().to_string();
    if (!repaired) continue;
    EXPECT_EQ(repaired->text, *expected) << in;
    EXPECT_EQ(repaired->value, *parse_json(*expected)) << in;
    EXPECT_TRUE(flag(row, "any") || repaired->cut == flag(row, "cut")) << in;
  }
}

TEST(JsonRepair, SaysWhereAndWhy) {
  EXPECT_EQ(repair_json(" {\"a\": NaN}").error().to_string(),
            "ANSWER_NOT_USABLE: the answer is no usable JSON: at byte 7, NaN is no JSON value");
  EXPECT_EQ(repair_json("no").error().to_string(),
            "ANSWER_NOT_USABLE: the answer holds no JSON object");
  EXPECT_EQ(repair_json("[1]").error().to_string(),
            "ANSWER_NOT_USABLE: the answer is JSON, but of type array where an object is due");
}

TEST(JsonRepair, DropsACutUtf8SequenceAndRefusesOthers) {
  EXPECT_EQ(*repair_json("{\"a\":\"x\xE2\x82"), R"({"a":"x"})");
  EXPECT_EQ(*repair_json("{\"a\":\"x\xF0\x9F\x98"), R"({"a":"x"})");
  EXPECT_FALSE(repair_json("{\"a\":\"x\xFF\"}"));
  EXPECT_FALSE(repair_json("{\"a\":\"\xE2\x82\",\"b\":1}"));
}

TEST(JsonRepair, LeavesValidObjectsByteForByte) {
  const std::string text = "{ \"b\" : 1.10,\n \"a\":[ 1e5, \"\\u0041\" ] }";
  const auto repaired = repair_answer("\n" + text + "  ");
  ASSERT_TRUE(repaired);
  EXPECT_EQ(repaired->text, text);
  EXPECT_FALSE(repaired->repaired);
}

std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> kPieces = {"a", " ", "\"", "'", "\\",   "\n",      ",",
                                                   ":", "{", "}",  "[", "]",    "```",     "//",
                                                   "#", "é", "😀", "1", "true", "</think>"};
  std::string out;
  for (auto n = random() % 6; n > 0; --n) out += kPieces[random() % kPieces.size()];
  return out;
}

Value random_value(std::mt19937& random, int depth) {
  switch (random() % (depth > 0 ? 7 : 5)) {
    case 0:
      return Value::null();
    case 1:
      return Value::boolean(random() % 2 == 0);
    case 2:
      return Value::integer(static_cast<std::int64_t>(random()) - (1LL << 31));
    case 3:
      return Value::real(static_cast<double>(random()) / 1024 + 0.5 / 1024);
    case 4:
      return Value::string(random_text(random));
    case 5: {
      Value::Array items;
      for (auto n = random() % 4; n > 0; --n) items.push_back(random_value(random, depth - 1));
      return Value::array(std::move(items));
    }
    default: {
      Value::Map members;
      for (auto n = random() % 4; n > 0; --n) {
        members.set(random_text(random), random_value(random, depth - 1));
      }
      return Value::map(std::move(members));
    }
  }
}

Value random_object(std::mt19937& random) {
  Value value;
  while (value.as_map() == nullptr) value = random_value(random, 4);
  return value;
}

// The same value written with the habits of models: single quotes aside, which need care with
// apostrophes.
TEST(JsonRepair, ReadsEveryValidObjectUnchangedInFencesAndProse) {
  std::mt19937 random(11);
  int read_with_comma = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto value = random_object(random);
    const auto text = json::write(value);
    EXPECT_EQ(repair_json(text), text);
    if (text == "{}") continue;
    const auto wrapped = repair_answer("Here it is:\n```json\n" + text + "\n```\nDone.");
    ASSERT_TRUE(wrapped) << text << "\n" << wrapped.error().to_string();
    EXPECT_EQ(wrapped->value, value) << text;
    // Of text that is not valid, keys with structure in them are refused.
    const auto trailing = repair_answer(text.substr(0, text.size() - 1) + " , }");
    if (!trailing) continue;
    ++read_with_comma;
    EXPECT_EQ(trailing->value, value) << text;
  }
  EXPECT_GE(read_with_comma, 500);
}

// Is `part` what remains of `whole` when its text is cut?
bool is_cut_of(const Value& part, const Value& whole) {
  if (part.kind() != whole.kind()) return false;
  if (const auto text = part.as_string()) return whole.as_string()->starts_with(*text);
  if (const auto* items = part.as_array()) {
    if (items->size() > whole.as_array()->size()) return false;
    for (std::size_t i = 0; i < items->size(); ++i) {
      if (!is_cut_of((*items)[i], (*whole.as_array())[i])) return false;
    }
    return true;
  }
  if (const auto* members = part.as_map()) {
    for (const auto& [key, value] : *members) {
      const Value* original = whole.find(key.view());
      if (original == nullptr || !is_cut_of(value, *original)) return false;
    }
    return true;
  }
  return part == whole;
}

TEST(JsonRepair, EveryTruncationGivesAPartOfTheOriginalOrIsRefused) {
  std::mt19937 random(13);
  std::size_t repaired_count = 0;
  for (int i = 0; i < 1500; ++i) {
    const auto value = random_object(random);
    const auto text = json::write(value);
    for (std::size_t size = 0; size < text.size(); ++size) {
      const auto repaired = repair_answer(std::string_view(text).substr(0, size));
      if (!repaired) continue;
      ++repaired_count;
      EXPECT_TRUE(is_cut_of(repaired->value, value)) << text.substr(0, size) << "\n"
                                                     << repaired->text;
      EXPECT_TRUE(repaired->cut);
    }
  }
  EXPECT_GT(repaired_count, 5'000U);
}

// A quote, colon, comma or opening bracket lost anywhere never moves content from one place to
// another unnoticed. A closing brace is taken to be lost at the end, as in any cut text.
TEST(JsonRepair, ALostByteNeverChangesOtherMembers) {
  const std::string text =
      R"({"a":"first one","b":{"c":["x","y"],"d":"z"},"e":"last","f":true,"g":[[1],[2]]})";
  const auto value = *parse_json(text);
  int mended = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!std::string_view("\"{[],:").contains(text[i])) continue;
    auto broken = text;
    broken.erase(i, 1);
    const auto repaired = repair_answer(broken);
    mended += repaired ? 1 : 0;
    EXPECT_TRUE(!repaired || repaired->value == value) << broken << "\n" << repaired->text;
  }
  EXPECT_GE(mended, 5);  // the commas between members
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds_to_repair(std::string_view piece, std::size_t bytes) {
  std::string repeated;
  while (repeated.size() < bytes) repeated += piece;
  const double start = cpu_seconds();
  (void)repair_json(repeated);
  (void)repair_json("{\"a\":\"" + repeated);
  return cpu_seconds() - start;
}

TEST(JsonRepair, TakesLinearTimeOnHostileAnswers) {
  constexpr std::size_t kBytes = 40'000;
  for (const auto* piece : {"{",
                            "[",
                            "{\"a\":",
                            "[[1,",
                            "\"",
                            "{\"a\":\"\"\"",
                            "{a",
                            "{a:",
                            "<think>",
                            "</think>",
                            "\n</think>\n",
                            "```",
                            "\\\"",
                            "{\\\"",
                            "//",
                            "/*",
                            "{\"a\":\"x\" ",
                            "['",
                            "{\"",
                            "[1,",
                            "{}",
                            "{} ",
                            "{\"a\":1}",
                            "# ",
                            "[{\"a\":1},x]",
                            "\xE2\x80\x9C",
                            " ",
                            "[\"//\"",
                            "{x}",
                            "[1] ",
                            "'a': ",
                            "a: ",
                            "\"a\" ",
                            ",",
                            "{,",
                            "{\"a\":1 # x\n",
                            "\u0436 ",
                            "\u9519",
                            "\u0436: \u9519",
                            "ja - ",
                            "<a ",
                            "```x\n",
                            "ja.\n* ",
                            "{\"\u201D:",
                            "a: {\"b\":1}\n"}) {
    const double small = seconds_to_repair(piece, kBytes);
    const double large = seconds_to_repair(piece, 4 * kBytes);
    // Linear is 4 times, quadratic 16 times.
    EXPECT_LT(large, 0.05 + 9 * small) << piece;
  }
}

TEST(JsonRepair, NeverCompletesACutAnswer) {
  const std::string_view open = R"({"pay_to": ["ann", "bob")";
  EXPECT_TRUE(repair_answer(open));
  const auto cut = repair_answer(open, {.end = AnswerEnd::cut});
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code(), codes::kAnswerNotUsable);
  EXPECT_TRUE(repair_answer(R"({"a": 1,})", {.end = AnswerEnd::cut}));
}

}  // namespace
}  // namespace gvm::text
