// The C++ client's codec against the modules' own, and both against the vectors of the clients.
#include <genvm_client.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>

#include "base/encoding.h"
#include "calldata/decode.h"
#include "calldata/encode.h"
#include "calldata/tagged.h"
#include "support/paths.h"
#include "support/random_value.h"
#include "text/json.h"

namespace gvm {
namespace {

Value vectors() {
  std::ifstream file(test::source_dir() + "/clients/vectors/calldata.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return text::parse_json(text).value().to_owned();
}

const Value::Array& list(const Value& vectors, std::string_view name) {
  return *vectors.find(name)->as_array();
}

std::string frame_of(const Value& vector) {
  return hex_decode(*vector.find("hex")->as_string()).value();
}

TEST(ClientVectors, ValidOnesAreReadAndWrittenByBothCodecs) {
  const Value all = vectors();
  ASSERT_FALSE(list(all, "valid").empty());
  for (const auto& vector : list(all, "valid")) {
    const std::string frame = frame_of(vector);
    const Value value = calldata::from_tagged(*vector.find("value")).value();
    EXPECT_EQ(calldata::encode(value).value(), frame);
    EXPECT_EQ(calldata::decode(frame).value(), value);
    EXPECT_EQ(genvm::calldata::encode(genvm::calldata::decode(frame)), frame) << hex_encode(frame);
  }
}

TEST(ClientVectors, MalformedOnesAreRefusedByBothCodecsAtTheSameByte) {
  const Value all = vectors();
  ASSERT_FALSE(list(all, "malformed").empty());
  for (const auto& vector : list(all, "malformed")) {
    const std::string frame = frame_of(vector);
    const auto offset = vector.find("offset")->as_integer()->to_u64().value();
    EXPECT_FALSE(calldata::decode(frame)) << hex_encode(frame);
    try {
      genvm::calldata::decode(frame);
      ADD_FAILURE() << hex_encode(frame);
    } catch (const genvm::CalldataError& error) {
      EXPECT_EQ(error.offset(), offset) << hex_encode(frame);
    }
  }
}

bool client_accepts(const std::string& frame) {
  try {
    return genvm::calldata::encode(genvm::calldata::decode(frame)) == frame;
  } catch (const genvm::CalldataError&) {
    return false;
  }
}

TEST(ClientCodec, ReadsWhatTheModulesWriteAndWritesTheSameBytes) {
  test::RandomValue random(31);
  for (int i = 0; i < 3000; ++i) {
    const std::string frame = calldata::encode(random.next()).value();
    ASSERT_TRUE(client_accepts(frame)) << hex_encode(frame);
  }
}

TEST(ClientCodec, JudgesChangedBytesAsTheModulesDo) {
  test::RandomValue values(32);
  std::mt19937_64 random(33);
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string frame = calldata::encode(values.next()).value();
    if (frame.size() > 4096) continue;
    for (std::size_t flips = random() % 3; flips > 0; --flips)
      frame[random() % frame.size()] = static_cast<char>(random());
    const bool ours = calldata::decode(frame).has_value();
    ASSERT_EQ(client_accepts(frame), ours) << hex_encode(frame);
    accepted += ours ? 1 : 0;
  }
  EXPECT_GT(accepted, 2500);
}

TEST(ClientCodec, BoundsDepthValuesAndIntegers) {
  const auto nested = [](std::size_t arrays) { return std::string(arrays, '\x0d') + '\0'; };
  EXPECT_TRUE(client_accepts(nested(genvm::calldata::kMaxDepth)));
  EXPECT_FALSE(client_accepts(nested(genvm::calldata::kMaxDepth + 1)));
  EXPECT_FALSE(client_accepts(nested(100'000)));
  std::string announcing;
  for (int i = 0; i < 100; ++i) announcing += "\x85\xa4\xe8\x03";
  EXPECT_FALSE(client_accepts(announcing + std::string(2'000'000, '\0')));
  EXPECT_FALSE(client_accepts(std::string(8U << 20, '\x81')));
  genvm::Value deep = genvm::Value::array();
  for (std::size_t i = 0; i < genvm::calldata::kMaxDepth; ++i) deep = genvm::Value::array({deep});
  EXPECT_THROW(genvm::calldata::encode(deep), genvm::CalldataError);
  EXPECT_THROW(genvm::calldata::encode(genvm::Value::string("\xff")), genvm::CalldataError);
}

TEST(ClientInteger, IsReadAndShownExactly) {
  test::RandomValue random(34);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = random.integer().to_string();
    EXPECT_EQ(genvm::Integer::parse(text).to_string(), text);
    const genvm::Value value = genvm::Value::integer(genvm::Integer::parse(text));
    EXPECT_EQ(calldata::decode(genvm::calldata::encode(value)).value(),
              Value::integer(Integer::parse(text).value()));
  }
  for (const std::int64_t n : {INT64_MIN, INT64_MAX, std::int64_t{0}, std::int64_t{-1}}) {
    EXPECT_EQ(genvm::Integer(n).to_int64(), n);
    EXPECT_EQ(genvm::Integer(n).to_string(), std::to_string(n));
  }
  EXPECT_FALSE(genvm::Integer::parse("9223372036854775808").to_int64());
  EXPECT_FALSE(genvm::Integer::parse("-9223372036854775809").to_int64());
  EXPECT_EQ(genvm::Integer::parse("-0"), genvm::Integer(0));
  for (const auto* bad : {"", "-", "+1", "1a", " 1"})
    EXPECT_THROW(genvm::Integer::parse(bad), std::invalid_argument);
}

TEST(ClientFatalText, IsReadInBothForms) {
  const auto debug = genvm::read_fatal(
      "ModuleError { causes: [\"A\"], fatal: true, ctx: {\"s\": Number(401.0), \"r\": Number(0.5), "
      "\"x\": Array([Str(\"q\\\"\\u{e9}\"), Bytes([0, 255]), Map({}), Null])} }");
  EXPECT_TRUE(debug.readable());
  EXPECT_EQ(debug.code(), "A");
  EXPECT_EQ(debug.ctx().find("s")->as_integer(), genvm::Integer(401));
  EXPECT_EQ(debug.ctx().find("r")->as_string(), "0.5");
  EXPECT_EQ(debug.ctx().find("x")->as_array().at(0).as_string(), "q\"\xc3\xa9");
  EXPECT_EQ(debug.ctx().find("x")->as_array().at(1).as_bytes(), std::string("\0\xff", 2));
  const auto json = genvm::read_fatal(R"({"causes":["A","b"],"fatal":true,"ctx":{"n":[1,-2.5]}})");
  EXPECT_EQ(json.causes(), (std::vector<std::string>{"A", "b"}));
  EXPECT_EQ(json.ctx().find("n")->as_array().at(1).as_string(), "-2.5");
}

TEST(ClientFatalText, OtherTextsAreNotReadable) {
  const std::string good =
      "ModuleError { causes: [\"A\"], fatal: true, ctx: {\"a\": Array([Str(\"x\"), Bytes([1])])} }";
  ASSERT_TRUE(genvm::read_fatal(good).readable());
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(genvm::read_fatal(good.substr(0, size)).readable()) << size;
  std::string deep = "ModuleError { causes: [\"A\"], fatal: true, ctx: {\"a\": ";
  for (int i = 0; i < 100'000; ++i) deep += "Array([";
  for (const std::string& text :
       {good + " ", deep, std::string(R"({"causes":1})"), std::string(100'000, '{')})
    EXPECT_FALSE(genvm::read_fatal(text).readable()) << text.substr(0, 80);
}

TEST(ClientJson, IsReadStrictly) {
  EXPECT_TRUE(genvm::parse_json(R"( {"a":[1,-0,2.5e3,"\ud83d\ude00\n",true,null,{}]} )"));
  for (const auto* bad :
       {"", "{", R"({"a":1,})", "[1,]", R"({"a":1,"a":2})", "01", "1.", "NaN", "\"\n\"", R"("\x")",
        R"("\ud83d")", R"("\ude00")", "\"a", "nul", "{} {}", "{a:1}", "\"\xff\"", "-"})
    EXPECT_FALSE(genvm::parse_json(bad)) << bad;
  EXPECT_FALSE(genvm::parse_json(std::string(100'000, '[')));
}

}  // namespace
}  // namespace gvm
