#include "envelope/hello.h"

#include <gmock/gmock.h>

#include "base/error_codes.h"
#include "base/error_detail.h"

namespace gvm::envelope {
namespace {

using testing::HasSubstr;

Value host_data() {
  return Value::object({{"node_address", Value::string("0xa")},
                        {"tx_id", Value::string("0xb")},
                        {"more", Value::integer(1)}});
}

Value of_a() {
  return Value::object({{"cookie", Value::string("c")}, {"host_data", host_data()}});
}

Value of_b() {
  return Value::object({{"genvm_id", Value::integer(12)}, {"host_data", host_data()}});
}

Value of_c() {
  return Value::object({{"genvm_id", Value::integer(12)},
                        {"role", Value::string("validator")},
                        {"host_data", Value::map()},
                        {"gas_data", Value::object({{"price", Value::string("1")}})},
                        {"initial_time_units_allocation", Value::integer(100)}});
}

Value changed(Value hello, std::string_view key, Value value) {
  hello.as_map()->set(key, std::move(value));
  return hello;
}

Value without(Value hello, std::string_view key) {
  hello.as_map()->erase(key);
  return hello;
}

TEST(Hello, ACookieIsGenerationA) {
  const auto hello = parse_hello(of_a());
  ASSERT_TRUE(hello) << hello.error().to_string();
  EXPECT_EQ(hello->generation, Generation::a);
  EXPECT_EQ(hello->node_address, "0xa");
  EXPECT_EQ(hello->tx_id, "0xb");
  EXPECT_EQ(hello->fields, of_a());
}

TEST(Hello, AGenvmIdAloneIsGenerationB) {
  const auto hello = parse_hello(of_b());
  ASSERT_TRUE(hello) << hello.error().to_string();
  EXPECT_EQ(hello->generation, Generation::b);
  EXPECT_EQ(hello->node_address, "0xa");
}

TEST(Hello, ARoleMakesItGenerationC) {
  const auto hello = parse_hello(of_c());
  ASSERT_TRUE(hello) << hello.error().to_string();
  EXPECT_EQ(hello->generation, Generation::c);
}

TEST(Hello, KeepsExtraFieldsInEveryGeneration) {
  for (const Value& known : {of_a(), of_b(), of_c()}) {
    const auto hello = parse_hello(changed(known, "extra", Value::boolean(true)));
    ASSERT_TRUE(hello) << hello.error().to_string();
    EXPECT_EQ(*hello->fields.find("extra"), Value::boolean(true));
  }
  const auto mixed = parse_hello(changed(of_b(), "cookie", Value::string("c")));
  ASSERT_TRUE(mixed) << mixed.error().to_string();
  EXPECT_EQ(mixed->generation, Generation::b) << "a genvm_id decides";
}

TEST(Hello, AbsentAndNullIdentitiesAreEmptyTexts) {
  for (const Value& host_data :
       {Value::map(), Value::object({{"tx_id", Value::null()}, {"node_address", Value::null()}})}) {
    for (const Value& known : {of_a(), of_b(), of_c()}) {
      const auto hello = parse_hello(changed(known, "host_data", host_data));
      ASSERT_TRUE(hello) << hello.error().to_string();
      EXPECT_EQ(hello->tx_id, "");
      EXPECT_EQ(hello->node_address, "");
    }
  }
}

TEST(Hello, OwnsItsFields) {
  std::string frame = "cookie";
  Value value = of_a();
  value.as_map()->set("cookie", Value::string(Blob::borrow(frame)));
  const auto hello = parse_hello(std::move(value));
  frame.assign("xxxxxx");
  EXPECT_EQ(hello->fields.find("cookie")->as_string(), "cookie");
}

TEST(Hello, NamesTheFieldThatIsWrong) {
  const auto host = [](std::string_view key) {
    return changed(of_a(), "host_data", Value::object({{key, Value::integer(1)}}));
  };
  const std::pair<Value, const char*> wrong[] = {
      {Value::null(), "expected a map, found null"},
      {Value::map(), "cookie: is missing"},
      {changed(of_a(), "cookie", Value::integer(1)), "cookie: expected a string, found an integer"},
      {without(of_a(), "host_data"), "host_data: is missing"},
      {changed(of_a(), "host_data", Value::string("x")),
       "host_data: expected a map, found a string"},
      {host("node_address"), "host_data.node_address: expected a string, found an integer"},
      {host("tx_id"), "host_data.tx_id: expected a string, found an integer"},
      {changed(of_c(), "genvm_id", Value::string("1")),
       "genvm_id: expected an integer, found a string"},
      {without(of_c(), "role"), "role: is missing"},
      {changed(of_c(), "role", Value::string("king")),
       "role: expected one of leader, validator, found \"king\""},
      {without(of_c(), "gas_data"), "gas_data: is missing"},
      {changed(of_c(), "gas_data", Value::object({{"p", Value::integer(1)}})),
       "gas_data.p: expected a string"},
      {without(of_c(), "initial_time_units_allocation"),
       "initial_time_units_allocation: is missing"},
  };
  for (const auto& [value, detail] : wrong) {
    const auto hello = parse_hello(value);
    ASSERT_FALSE(hello) << detail;
    EXPECT_EQ(hello.error().code(), codes::kMalformedHello);
    EXPECT_TRUE(hello.error().fatal());
    EXPECT_THAT(detail_of(hello.error()), testing::StartsWith(detail));
  }
}

TEST(Hello, ATokenIsTakenOutOfTheFields) {
  for (const auto& plain : {of_a(), of_b(), of_c()}) {
    auto hello = parse_hello(changed(plain, "token", Value::string("t")));
    ASSERT_TRUE(hello);
    EXPECT_EQ(take_token(*hello), "t");
    EXPECT_EQ(hello->fields, plain) << "scripts get the rest";
    EXPECT_EQ(take_token(*hello), "");
  }
}

TEST(Hello, ATokenThatIsNoTextIsNoneAndIsRemovedToo) {
  for (const auto& other : {Value::integer(7), Value::null(), Value::array(), Value::map()}) {
    auto hello = parse_hello(changed(of_c(), "token", other));
    ASSERT_TRUE(hello);
    EXPECT_EQ(take_token(*hello), "");
    EXPECT_EQ(hello->fields, of_c());
  }
}

}  // namespace
}  // namespace gvm::envelope
