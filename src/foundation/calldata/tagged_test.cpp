#include "calldata/tagged.h"

#include <gtest/gtest.h>

#include "base/error_codes.h"
#include "base/json.h"
#include "calldata/debug.h"
#include "support/random_value.h"

namespace gvm::calldata {
namespace {

TEST(Tagged, ShowsEveryKind) {
  const Value value =
      Value::object({{"a", Value::address({1})},
                     {"b", Value::bytes(std::string("\x01\xff"))},
                     {"i", Value::integer(-5)},
                     {"l", Value::array({Value::null(), Value::boolean(true), Value::real(2.0)})},
                     {"r", Value::real(0.5)},
                     {"s", Value::string("t")}});
  EXPECT_EQ(
      json::write(to_tagged(value)),
      R"({"m":[["a",{"a":"0100000000000000000000000000000000000000"}],["b",{"b":"01ff"}],["i",{"i":"-5"}],)"
      R"(["l",{"l":[null,true,{"i":"2"}]}],["r",{"s":"0.5"}],["s",{"s":"t"}]]})");
}

TEST(Tagged, ReadsWhatItShows) {
  test::RandomValue random(3);
  for (int round = 0; round < 500; ++round) {
    const Value value = random.next();
    ASSERT_EQ(from_tagged(to_tagged(value)), value);
  }
}

TEST(Tagged, RefusesOtherForms) {
  const auto tag = [](std::string_view name, Value content) {
    return Value::object({{name, std::move(content)}});
  };
  const Value wrong[] = {
      Value::integer(1),
      Value::string("s"),
      Value::map(),
      Value::object({{"i", Value::string("1")}, {"s", Value::string("")}}),
      tag("x", Value::string("")),
      tag("i", Value::integer(1)),
      tag("i", Value::string("1.5")),
      tag("b", Value::string("0")),
      tag("a", Value::string("00")),
      tag("l", Value::string("")),
      tag("l", Value::array({Value::integer(1)})),
      tag("m", Value::array({Value::null()})),
      tag("m", Value::array({Value::array({Value::integer(1), Value::null()})})),
      tag("m", Value::array({Value::array({Value::string("k"), Value::integer(1)})}))};
  for (const Value& value : wrong) {
    const auto read = from_tagged(value);
    ASSERT_FALSE(read) << json::write(value);
    EXPECT_EQ(read.error().code(), codes::kMalformedCalldata);
  }
}

TEST(DebugString, AbbreviatesBytesTextAndTheWhole) {
  EXPECT_EQ(
      to_debug_string(Value::object({{"a", Value::array({Value::integer(1), Value::boolean(true)})},
                                     {"b", Value::bytes(std::string(100, '\xab'))}})),
      R"({"a": [1, true], "b": bytes(100) abababababababababababababababab...})");
  EXPECT_EQ(to_debug_string(Value::address({})), "addr#" + std::string(40, '0'));
  EXPECT_EQ(to_debug_string(Value::integer(Integer::pow2(1000))), "integer(1001 bits)");
  EXPECT_TRUE(to_debug_string(Value::string(std::string(5000, 'x'))).ends_with("...(5000 bytes)"));
  const Value::Array many(1'000'000, Value::string("\xc3\xa9\xc3\xa9"));
  const auto text = to_debug_string(Value::array(many), 30);
  EXPECT_LE(text.size(), 30);
  EXPECT_TRUE(text.ends_with("..."));
}

}  // namespace
}  // namespace gvm::calldata
