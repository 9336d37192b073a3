#include "text/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/error_codes.h"
#include "base/json.h"
#include "text/json_view.h"

namespace gvm::text {
namespace {

Value parsed(std::string_view text) {
  auto value = parse_json(text);
  EXPECT_TRUE(value.has_value()) << text << ": " << (value ? "" : value.error().to_string());
  return value ? std::move(*value) : Value::string("parsing failed");
}

std::string refusal(std::string_view text) {
  const auto value = parse_json(text);
  EXPECT_FALSE(value.has_value()) << text;
  return value ? "" : value.error().to_string();
}

TEST(Json, ReadsEveryKindOfValue) {
  const auto value =
      parsed(R"( {"n":null,"t":true,"f":false,"i":-12,"r":1.5,"s":"x","a":[1,[]],"o":{}} )");
  EXPECT_EQ(value, Value::object({{"n", Value::null()},
                                  {"t", Value::boolean(true)},
                                  {"f", Value::boolean(false)},
                                  {"i", Value::integer(-12)},
                                  {"r", Value::real(1.5)},
                                  {"s", Value::string("x")},
                                  {"a", Value::array({Value::integer(1), Value::array()})},
                                  {"o", Value::map()}}));
}

TEST(Json, KeepsIntegersExactAtAnySize) {
  for (const std::string digits :
       {"0", "-1", "999999999999999999", "1000000000000000000", "9223372036854775807",
        "-9223372036854775808", "9223372036854775808", "18446744073709551616",
        "115792089237316195423570985008687907853269984665640564039457584007913129639935"}) {
    const auto value = parsed(digits);
    ASSERT_NE(value.as_integer(), nullptr) << digits;
    EXPECT_EQ(value.as_integer()->to_string(), digits);
  }
  EXPECT_EQ(parsed("-0"), Value::integer(0));
}

TEST(Json, KeepsRealsRealEvenWhenIntegral) {
  EXPECT_EQ(parsed("1.0"), Value::real(1.0));
  EXPECT_EQ(parsed("1e3"), Value::real(1000.0));
  EXPECT_EQ(parsed("-1.5E-2"), Value::real(-0.015));
  EXPECT_EQ(parsed("0.1"), Value::real(0.1));
  EXPECT_EQ(parsed("5e-324"), Value::real(5e-324));
  EXPECT_EQ(parsed("1.7976931348623157e308"), Value::real(std::numeric_limits<double>::max()));
}

TEST(Json, RoundsTooSmallNumbersToZeroAndRefusesTooLargeOnes) {
  EXPECT_EQ(parsed("1e-999"), Value::real(0.0));
  EXPECT_EQ(parsed("0." + std::string(400, '0') + "1"), Value::real(0.0));
  EXPECT_EQ(parsed("1e-99999999999999999999"), Value::real(0.0));
  EXPECT_EQ(parsed("0e999"), Value::real(0.0));
  for (const std::string text : {"1e999", "-1e309", "1e99999999999999999999"}) {
    EXPECT_EQ(refusal(text), "DESERIALIZING: JSON, byte 0: a number too large for a double");
  }
  EXPECT_EQ(refusal(std::string(400, '1') + ".5").substr(0, 13), "DESERIALIZING");
}

// Of a model's answer: a double rounds 1e23 to 99999999999999991611392.
TEST(Json, RoundsNothingAwayWhereNumbersAreExact) {
  const JsonLimits exact{.numbers = Numbers::exact};
  const auto read = [&](std::string_view text) {
    const auto value = parse_json(text, JsonStrings::copy, exact);
    return value ? json::write(*value) : value.error().to_string();
  };
  EXPECT_EQ(read("1e23"), "100000000000000000000000");
  EXPECT_EQ(read("-100000000000000000000000.000"), "-100000000000000000000000");
  EXPECT_EQ(read("9007199254740993.0"), "9007199254740993");
  EXPECT_EQ(read("12345678901234567890.5e1"), "123456789012345678905");
  EXPECT_EQ(read("0.00123e25"), "12300000000000000000000");
  EXPECT_EQ(parse_json("1e3", JsonStrings::copy, exact), Value::real(1000));
  EXPECT_EQ(parse_json("-0.0e5", JsonStrings::copy, exact), Value::real(-0.0));
  EXPECT_EQ(parse_json("9007199254740991.0", JsonStrings::copy, exact),
            Value::real(9007199254740991.0));
  EXPECT_EQ(parse_json("3.14159265358979323846", JsonStrings::copy, exact),
            Value::real(3.14159265358979323846));
  EXPECT_EQ(parse_json("0.1", JsonStrings::copy, exact), Value::real(0.1));
  for (const std::string lost : {"12345678901234567890.5", "1.0000000000000000001", "1e-400",
                                 "-9007199254740993.25", "4503599627370496.5000000001e1"}) {
    EXPECT_NE(read(lost).find("a number whose fraction a double cannot hold"), std::string::npos)
        << lost;
  }
  for (const std::string large : {"1e309", "-1e999", "10e99999999999999999999"})
    EXPECT_NE(read(large).find("too large"), std::string::npos) << large;
}

TEST(Json, BoundsTheDigitsOfAnInteger) {
  EXPECT_NE(parsed(std::string(4096, '7')).as_integer(), nullptr);
  EXPECT_EQ(parse_json(std::string(4097, '7')).error().code(), codes::kTooLarge);
  EXPECT_EQ(
      parse_json("123456789012345678901", JsonStrings::copy, {.integer_digits = 20}).error().code(),
      codes::kTooLarge);
}

TEST(Json, OfEqualKeysTheLastWins) {
  EXPECT_EQ(parsed(R"({"a":1,"b":2,"\u0061":3})"),
            Value::object({{"a", Value::integer(3)}, {"b", Value::integer(2)}}));
}

TEST(Json, DecodesEscapes) {
  EXPECT_EQ(
      parsed(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\uD83D\ude00\u0000z")"),
      Value::string(std::string("\"\\/\b\f\n\r\tA\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\0z", 20)));
}

TEST(Json, MendsStringsWhereTheLimitsSaySo) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {R"("a\ud83d")", "a\ufffd"},
      {R"("\ud83d\ud83d\ude00")", "\ufffd\U0001f600"},
      {R"("\ude00b\n")", "\ufffdb\n"},
      {"\"a\nb\x01\"", "a\nb\x01"},
      {"\"\t\\t\"", "\t\t"}};
  for (const auto& [text, meant] : rows) {
    const auto value = parse_json(text, JsonStrings::copy, {.faults = StringFaults::mend});
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(value->as_string(), meant) << text;
  }
  for (const auto* wrong : {"\"a\n", "\"a\\", "\"\\u12\"", "{\"a\": 1\n\"b\": 2}", "\"a\" \x01"})
    EXPECT_FALSE(parse_json(wrong, JsonStrings::copy, {.faults = StringFaults::mend})) << wrong;
}

TEST(Json, RefusesLoneSurrogates) {
  for (const auto* text : {R"("\ud800")", R"("\udc00")", R"("\ud800\ud800")", R"("\ud800x")",
                           R"("\ud800\n")", R"("\udc00\ud800")", R"({"\ud800":1})"}) {
    EXPECT_NE(refusal(text).find("half a surrogate pair"), std::string::npos) << text;
  }
}

TEST(Json, RefusesInvalidUtf8AndSaysWhere) {
  EXPECT_EQ(refusal("\"ab\xFF\""), "DESERIALIZING: JSON, byte 3: invalid UTF-8");
  EXPECT_EQ(refusal("\"\xED\xA0\x80\""), "DESERIALIZING: JSON, byte 1: invalid UTF-8");
  EXPECT_EQ(refusal("\"\xC0\x80\""), "DESERIALIZING: JSON, byte 1: invalid UTF-8");
  EXPECT_EQ(refusal("\xEF\xBB\xBF{}"), "DESERIALIZING: JSON, byte 0: expected a value");
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const std::string text : {"",
                                 " ",
                                 "{",
                                 "[",
                                 "\"",
                                 "\"a",
                                 "{]",
                                 "[}",
                                 "[1,]",
                                 "[,1]",
                                 "[1 2]",
                                 "{\"a\":1,}",
                                 "{,}",
                                 "{\"a\"}",
                                 "{\"a\":}",
                                 "{\"a\" 1}",
                                 "{a:1}",
                                 "{'a':1}",
                                 "{1:1}",
                                 "tru",
                                 "TRUE",
                                 "nul",
                                 "NaN",
                                 "Infinity",
                                 "-",
                                 "+1",
                                 "01",
                                 "-01",
                                 "1.",
                                 ".5",
                                 "1.e5",
                                 "1e",
                                 "1e+",
                                 "0x10",
                                 "1_000",
                                 "--1",
                                 "{} {}",
                                 "1 2",
                                 "[1]x",
                                 "\"\\x\"",
                                 "\"\\u12\"",
                                 "\"\\u12g4\"",
                                 "\"\\",
                                 "\"a\nb\"",
                                 "\"\t\"",
                                 "\"\\uD83D\\u\"",
                                 "/**/1",
                                 "1//",
                                 "[1]]",
                                 "\v1",
                                 "\xC2\xA0"
                                 "1",
                                 "truefalse",
                                 "nullx"}) {
    EXPECT_EQ(refusal(text).substr(0, 20), "DESERIALIZING: JSON,") << text;
  }
  EXPECT_EQ(refusal(std::string_view("1\0", 2)),
            "DESERIALIZING: JSON, byte 1: expected the end of the text");
}

TEST(Json, SaysWhereAndWhatWasExpected) {
  EXPECT_EQ(refusal(R"({"a":[1,2)"),
            "DESERIALIZING: JSON, byte 9: expected ',' or ']', but the text ends");
  EXPECT_EQ(refusal(R"({"a" 1})"), "DESERIALIZING: JSON, byte 5: expected ':'");
  EXPECT_EQ(refusal("[1,]"), "DESERIALIZING: JSON, byte 3: expected a value");
  EXPECT_EQ(refusal("[01]"), "DESERIALIZING: JSON, byte 2: expected no digit after a leading zero");
  EXPECT_TRUE(parse_json("{").error().fatal());
}

TEST(Json, BoundsDepth) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(parse_json(nested(kMaxDepth)));
  EXPECT_EQ(parse_json(nested(kMaxDepth + 1)).error().code(), codes::kTooDeep);
  EXPECT_EQ(parse_json(std::string(1'000'000, '[')).error().code(), codes::kTooDeep);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(parse_json(objects).error().code(), codes::kTooDeep);
}

TEST(Json, BorrowsOnlyStringsWithoutEscapes) {
  const std::string text = R"({"plain":"as it stands","escaped":"a\nb"})";
  const auto value = *parse_json(text, JsonStrings::borrow);
  const auto inside = [&](std::string_view view) {
    return view.data() >= text.data() && view.data() < text.data() + text.size();
  };
  EXPECT_TRUE(inside(*value.find("plain")->as_string()));
  EXPECT_FALSE(inside(*value.find("escaped")->as_string()));
  const auto copied = *parse_json(text);
  EXPECT_FALSE(inside(*copied.find("plain")->as_string()));
  EXPECT_EQ(value, copied);
}

TEST(Json, FindsStringEndsAtEveryAlignment) {
  for (std::size_t lead = 0; lead < 40; ++lead) {
    for (std::size_t length = 0; length < 40; ++length) {
      const std::string content(length, 'x');
      EXPECT_EQ(parsed(std::string(lead, ' ') + '"' + content + '"'), Value::string(content));
      EXPECT_EQ(parsed(std::string(lead, ' ') + '"' + content + "\\n\""),
                Value::string(content + "\n"));
      EXPECT_FALSE(parse_json(std::string(lead, ' ') + '"' + content + "\x1f\""));
    }
  }
}

Value random_value(std::mt19937& random, int depth) {
  static const std::vector<std::string> kTexts = {"",
                                                  "a",
                                                  "\"",
                                                  "\\",
                                                  "\n\x01\x1f",
                                                  "é€😀",
                                                  "a/b~c",
                                                  std::string("\0", 1),
                                                  "longer than one register"};
  switch (random() % (depth > 0 ? 8 : 6)) {
    case 0:
      return Value::null();
    case 1:
      return Value::boolean(random() % 2 == 0);
    case 2:
      return Value::integer(static_cast<std::int64_t>(random()) - (1LL << 31));
    case 3:
      return Value::integer(Integer::pow2(static_cast<unsigned>(random() % 300)));
    case 4:
      return Value::real(std::ldexp(static_cast<double>(random()) + 0.5, int(random() % 90) - 60));
    case 5:
      return Value::string(kTexts[random() % kTexts.size()]);
    case 6: {
      Value::Array items;
      for (auto n = random() % 5; n > 0; --n) items.push_back(random_value(random, depth - 1));
      return Value::array(std::move(items));
    }
    default: {
      Value::Map members;
      for (auto n = random() % 5; n > 0; --n) {
        members.set(kTexts[random() % kTexts.size()], random_value(random, depth - 1));
      }
      return Value::map(std::move(members));
    }
  }
}

TEST(Json, ReadsBackWhatIsWritten) {
  std::mt19937 random(7);
  for (int i = 0; i < 5000; ++i) {
    const auto value = random_value(random, 5);
    const auto text = json::write(value);
    const auto back = parse_json(text);
    ASSERT_TRUE(back) << text;
    ASSERT_EQ(json::write(*back), text);
  }
}

TEST(JsonView, FollowsPointers) {
  const auto value =
      parsed(R"({"choices":[{"message":{"content":"hi"}}],"":{"a/b":1,"m~n":2},"n":7})");
  EXPECT_EQ(string_at(value, "/choices/0/message/content"), "hi");
  EXPECT_EQ(integer_at(value, "/n"), 7);
  EXPECT_EQ(integer_at(value, "//a~1b"), 1);
  EXPECT_EQ(integer_at(value, "//m~0n"), 2);
  EXPECT_EQ(at(value, ""), &value);
  for (const auto* absent :
       {"/choices/1", "/choices/00", "/choices/", "/choices/-1", "/choices/0x",
        "/choices/99999999999999999999999", "/n/x", "n", "/absent", "//m~2n", "//m~"}) {
    EXPECT_EQ(at(value, absent), nullptr) << absent;
  }
  EXPECT_EQ(string_at(value, "/n"), std::nullopt);
  EXPECT_EQ(integer_at(value, "/choices/0/message/content"), std::nullopt);
}

}  // namespace
}  // namespace gvm::text
