#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace gvm::json {
namespace {

TEST(JsonWriter, PutsCommasBetweenMembersAndNowhereElse) {
  std::string out;
  Writer writer(out);
  writer.begin_object();
  writer.key("empty");
  writer.begin_array();
  writer.end_array();
  writer.key("list");
  writer.begin_array();
  writer.number(1);
  writer.begin_object();
  writer.end_object();
  writer.boolean(true);
  writer.end_array();
  writer.key("last");
  writer.string("x");
  writer.end_object();
  EXPECT_EQ(out, R"({"empty":[],"list":[1,{},true],"last":"x"})");
}

TEST(JsonWriter, WritesTextsAndNumbersAsAValueIsWritten) {
  const std::string text = "a\"b\\\n\x01\xff \xd1\x8f";
  std::string out;
  Writer writer(out);
  writer.begin_object();
  writer.key(text);
  writer.string(text);
  writer.end_object();
  Value::Map map;
  map.set(text, Value::string(text));
  EXPECT_EQ(out, write(Value::map(std::move(map))));
  for (const auto n : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, std::int64_t{0},
                       std::numeric_limits<std::int64_t>::max()}) {
    out.clear();
    Writer(out).number(n);
    EXPECT_EQ(out, write(Value::integer(n)));
  }
  out.clear();
  Writer(out).number(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(out, "18446744073709551615");
}

TEST(JsonWriter, AppendsToWhatIsThere) {
  std::string out = "data: ";
  Writer writer(out);
  writer.begin_array();
  writer.string("");
  writer.end_array();
  EXPECT_EQ(out, "data: [\"\"]");
}

}  // namespace
}  // namespace gvm::json
