#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace gvm::json {
namespace {

std::string json_string(std::string_view text) {
  std::string out;
  write_string_to(out, text);
  return out;
}

TEST(JsonWriter, WritesEveryKind) {
  const Value value = Value::object(
      {{"z", Value::null()},
       {"a", Value::array({Value::boolean(true), Value::integer(-7), Value::real(0.1)})},
       {"b", Value::bytes(std::string("\xff\x00\x01", 3))},
       {"d", Value::address({0xab, 1})},
       {"m", Value::map()}});
  EXPECT_EQ(
      write(value),
      R"({"a":[true,-7,0.1],"b":"/wAB","d":"0xab01000000000000000000000000000000000000","m":{},"z":null})");
}

TEST(JsonWriter, WritesLargeIntegersInFull) {
  EXPECT_EQ(write(Value::integer(Integer::pow2(128))), "340282366920938463463374607431768211456");
}

TEST(JsonWriter, WritesRealsShortestAndNeverNan) {
  EXPECT_EQ(write(Value::real(0.30000000000000004)), "0.30000000000000004");
  EXPECT_EQ(write(Value::real(1e300)), "1e+300");
  EXPECT_EQ(write(Value::real(-5.0)), "-5");
  EXPECT_EQ(write(Value::real(std::nan(""))), "null");
  EXPECT_EQ(write(Value::real(-INFINITY)), "null");
}

TEST(JsonWriter, EscapesAtEveryPositionOfARun) {
  // The scan takes eight bytes at a time: each special character is tried at each place of three
  // words.
  const std::pair<std::string, std::string> specials[] = {{"\"", "\\\""},
                                                          {"\\", "\\\\"},
                                                          {"\n", "\\n"},
                                                          {"\x01", "\\u0001"},
                                                          {"\x1f", "\\u001f"},
                                                          {std::string(1, '\0'), "\\u0000"},
                                                          {"\x7f", "\x7f"},
                                                          {"\xc3\xa9", "\xc3\xa9"},
                                                          {"\xff", "\xEF\xBF\xBD"},
                                                          {"\t\r\b\f", "\\t\\r\\b\\f"}};
  for (const auto& [raw, escaped] : specials) {
    for (std::size_t at = 0; at < 24; ++at) {
      const std::string before(at, 'a');
      const std::string after(24 - at, ' ');
      EXPECT_EQ(json_string(before + raw + after), '"' + before + escaped + after + '"');
    }
  }
}

TEST(JsonWriter, ReplacesInvalidUtf8BySubpart) {
  EXPECT_EQ(json_string("a\xe2\x82z"), "\"a\xEF\xBF\xBDz\"");  // cut-off euro sign
  EXPECT_EQ(json_string("\xed\xa0\x80"),
            "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // a surrogate
  EXPECT_EQ(json_string("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"");
}

TEST(JsonWriter, AgreesWithAPlainWriterOnRandomAscii) {
  std::mt19937 random(7);  // NOLINT: the same run every time
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    std::string expected = "\"";
    for (std::size_t n = random() % 60; n > 0; --n) {
      const char c = "abc \"\\\n~"[random() % 8];
      text += c;
      expected += c == '"' ? "\\\"" : c == '\\' ? "\\\\" : c == '\n' ? "\\n" : std::string(1, c);
    }
    ASSERT_EQ(json_string(text), expected + "\"");
  }
}

}  // namespace
}  // namespace gvm::json
