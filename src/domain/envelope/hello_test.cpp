#include "envelope/hello.h"

#include <gmock/gmock.h>

#include "base/error_codes.h"

namespace gvm::envelope {
namespace {

using testing::HasSubstr;

Value first() {
  return Value::object({{"cookie", Value::string("c")},
                        {"host_data", Value::object({{"node_address", Value::string("0xa")},
                                                     {"tx_id", Value::string("0xb")},
                                                     {"more", Value::integer(1)}})}});
}

Value second() {
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

TEST(Hello, ReadsTheFirstGeneration) {
  const auto hello = parse_hello(first());
  ASSERT_TRUE(hello) << hello.error().to_string();
  EXPECT_EQ(hello->generation, Hello::Generation::first);
  EXPECT_EQ(hello->node_address, "0xa");
  EXPECT_EQ(hello->tx_id, "0xb");
  EXPECT_EQ(hello->fields, first());
}

TEST(Hello, ReadsTheSecondGeneration) {
  const auto hello = parse_hello(changed(second(), "extra", Value::boolean(true)));
  ASSERT_TRUE(hello) << hello.error().to_string();
  EXPECT_EQ(hello->generation, Hello::Generation::second);
  EXPECT_EQ(hello->tx_id, "");
  EXPECT_EQ(*hello->fields.find("extra"), Value::boolean(true));
}

TEST(Hello, OwnsItsFields) {
  std::string frame = "cookie";
  Value value = first();
  value.as_map()->set("cookie", Value::string(Blob::borrow(frame)));
  const auto hello = parse_hello(std::move(value));
  frame.assign("xxxxxx");
  EXPECT_EQ(hello->fields.find("cookie")->as_string(), "cookie");
}

TEST(Hello, NamesTheFieldThatIsWrong) {
  const auto host = [](std::string_view key) {
    return changed(first(), "host_data", Value::object({{key, Value::integer(1)}}));
  };
  const std::pair<Value, const char*> wrong[] = {
      {Value::null(), "expected a map, found null"},
      {Value::map(), "cookie: is missing"},
      {changed(first(), "cookie", Value::integer(1)),
       "cookie: expected a string, found an integer"},
      {without(first(), "host_data"), "host_data: is missing"},
      {changed(first(), "host_data", Value::string("x")),
       "host_data: expected a map, found a string"},
      {host("node_address"), "host_data.node_address: expected a string, found an integer"},
      {host("tx_id"), "host_data.tx_id: expected a string, found an integer"},
      {changed(second(), "genvm_id", Value::string("1")),
       "genvm_id: expected an integer, found a string"},
      {without(second(), "role"), "role: is missing"},
      {changed(second(), "role", Value::string("king")),
       "role: expected one of leader, validator, found \"king\""},
      {without(second(), "gas_data"), "gas_data: is missing"},
      {changed(second(), "gas_data", Value::object({{"p", Value::integer(1)}})),
       "gas_data.p: expected a string"},
      {without(second(), "initial_time_units_allocation"),
       "initial_time_units_allocation: is missing"},
  };
  for (const auto& [value, detail] : wrong) {
    const auto hello = parse_hello(value);
    ASSERT_FALSE(hello) << detail;
    EXPECT_EQ(hello.error().code(), codes::kMalformedHello);
    EXPECT_TRUE(hello.error().fatal());
    EXPECT_THAT(hello.error().causes().at(1), testing::StartsWith(detail));
  }
}

}  // namespace
}  // namespace gvm::envelope
