#include "json_schema/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "text/json.h"

namespace gvm::json_schema {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const Schema> schema(std::string_view text) {
  auto compiled = Schema::compile(*text::parse_json(text));
  EXPECT_TRUE(compiled) << text << ": " << compiled.error().at << ": " << compiled.error().why;
  return compiled ? *compiled : nullptr;
}

BadSchema fault_of(std::string_view text) {
  auto compiled = Schema::compile(*text::parse_json(text));
  EXPECT_FALSE(compiled) << text;
  return compiled ? BadSchema() : compiled.error();
}

constexpr std::string_view kPayment = R"({
  "type": "object",
  "required": ["pay_to", "amount"],
  "additionalProperties": false,
  "properties": {
    "pay_to": {"type": "array", "items": {"enum": ["ann", "bob"]}, "uniqueItems": true},
    "amount": {"type": "integer", "minimum": 0},
    "memo": {"type": "string", "pattern": "^[A-Z]"}}})";

TEST(JsonSchema, NamesTheFirstViolationAndItsPlace) {
  const auto payment = schema(kPayment);
  EXPECT_EQ(payment->violation(R"({"pay_to":["ann"],"amount":12345678901234567890})"),
            std::nullopt);
  const std::pair<std::string_view, std::string_view> rows[] = {
      {R"({"pay_to":[]})", "at the top: Required property 'amount' not found"},
      {R"({"pay_to":["eve"],"amount":1})", "at /pay_to/0: "},
      {R"({"pay_to":["ann","ann"],"amount":1})", "at /pay_to: "},
      {R"({"pay_to":[],"amount":"1"})", "at /amount: Expected integer, found string"},
      {R"({"pay_to":[],"amount":-1})", "at /amount: "},
      {R"({"pay_to":[],"amount":1,"memo":"x"})", "at /memo: "},
      {R"({"pay_to":[],"amount":1,"to":"x"})", "at /to: "},
      {"[]", "at the top: Expected object, found array"}};
  for (const auto& [text, violation] : rows)
    EXPECT_THAT(payment->violation(text).value_or("none"), HasSubstr(violation)) << text;
}

TEST(JsonSchema, RefusesABadSchemaAndSaysWhere) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {R"({"type":"objekt"})", "/type"},
      {R"({"properties":{"a":{"minimum":"1"}}})", "/properties"},
      {R"({"properties":[]})", "/properties"},
      {R"({"properties":{"a":{"pattern":"("}}})", "/properties/a/pattern"},
      {R"~({"patternProperties":{"(?=a)":{}}})~", "/patternProperties"},
      {R"({"$schema":"http://json-schema.org/draft-07/schema#"})", "/$schema"}};
  for (const auto& [text, at] : rows) EXPECT_EQ(fault_of(text).at, at) << text;
  EXPECT_THAT(fault_of(R"({"$ref":"https://example.org/x.json"})").why, HasSubstr("example.org"));
  EXPECT_NE(fault_of(R"({"$ref":"#/$defs/none"})").why, "");
  EXPECT_NE(fault_of("7").why, "");
}

TEST(JsonSchema, RefusesSchemasWithoutBounds) {
  std::string deep = "{}";
  for (std::size_t i = 0; i <= kMostSchemaDepth; ++i) deep = R"({"not":)" + deep + "}";
  EXPECT_THAT(fault_of(deep).why, HasSubstr("deep"));
  EXPECT_THAT(fault_of(R"({"description":")" + std::string(kMostSchemaBytes, 'x') + "\"}").why,
              HasSubstr("KiB"));
  EXPECT_THAT(fault_of(R"({"pattern":")" + std::string(2000, 'x') + "\"}").why, HasSubstr("1000"));
  EXPECT_THAT(fault_of(R"({"$ref":"#"})").why, HasSubstr("without an end"));
  EXPECT_THAT(fault_of(R"({"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"$ref":"#/$defs/a"}},
                           "$ref":"#/$defs/a"})")
                  .why,
              HasSubstr("without an end"));
  std::string patterns;
  for (std::size_t i = 0; i <= kMostPatterns; ++i)
    patterns += (i == 0 ? "" : ",") + ("\"^" + std::to_string(i) + "$\":{}");
  EXPECT_THAT(fault_of(R"({"patternProperties":{)" + patterns + "}}").why, HasSubstr("patterns"));
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// What a model, made to by a contract, can answer to a schema of an operator's.
TEST(JsonSchema, NoTextHoldsTheThread) {
  std::string doubling = R"({"$ref":"#/$defs/d0","$defs":{)";
  for (int i = 0; i < 40; ++i) {
    const auto next = "{\"$ref\":\"#/$defs/d" + std::to_string(i + 1) + "\"}";
    doubling +=
        "\"d" + std::to_string(i) + "\":{\"items\":{\"allOf\":[" + next + "," + next + "]}},";
  }
  doubling += R"("d40":{}}})";
  std::string nested = "0";
  for (int i = 0; i < 60; ++i) nested = "[" + nested + "]";
  std::string numbers = "[0";
  for (int i = 1; i < 100'000; ++i) numbers += "," + std::to_string(i);
  numbers += "]";
  std::string words = "\"";
  for (int i = 0; i < 300'000; ++i) words += "ab";
  words += "!\"";
  const std::pair<std::string, std::string> rows[] = {
      {doubling, nested},
      {R"({"uniqueItems":true})", numbers},
      {R"({"contains":{"type":"string"},"unevaluatedItems":false})", numbers},
      {R"({"anyOf":[{"items":{"type":"string"}},{"items":{"enum":["x"]}}]})", numbers},
      {R"({"pattern":"^(((ab)*)*)*$"})", words},
      {R"({"items":{"$ref":"#"}})", nested}};
  for (const auto& [of, text] : rows) {
    const auto compiled = schema(of);
    const double start = cpu_seconds();
    (void)compiled->violation(text);
    // Under AddressSanitizer; a release takes a tenth.
    EXPECT_LT(cpu_seconds() - start, 3.0) << of.substr(0, 60);
  }
  EXPECT_THAT(schema(doubling)->violation(nested).value_or(""), HasSubstr("too large"));
}

TEST(JsonSchema, PatternsAreOfEcma262) {
  const std::tuple<std::string_view, std::string_view, bool> rows[] = {
      {R"("^\\u0041$")", R"("A")", true},
      {R"("^\\s+$")", R"("\u00a0\ufeff\t")", true},
      {R"("^[\\s]+$")", R"("\u2028")", true},
      {R"("^\\S$")", R"("\u3000")", false},
      {R"("^\\cJ$")", R"("\n")", true},
      {R"("a[^]b")", R"("a\nb")", true},
      {R"("^\\d{2}-[A-Z]\\w*$")", R"("12-Ab_c")", true},
      {R"("^.$")", R"("é")", true},
      {R"("b")", R"("abc")", true},
      {R"("^a$")", R"("a\n")", false}};
  for (const auto& [pattern, text, matches] : rows)
    EXPECT_EQ(!schema("{\"pattern\":" + std::string(pattern) + "}")->violation(text), matches)
        << pattern;
}

}  // namespace
}  // namespace gvm::json_schema
