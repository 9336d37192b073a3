#include <gtest/gtest.h>

#include "base/json.h"
#include "host/test_host_run.h"

namespace gvm::host {

namespace {

std::string json_of(const std::string& lua, Value argument = {}) {
  const auto result = run_lua(lua, std::move(argument));
  return result ? json::write(*result) : result.error().to_string();
}

TEST(JsonFunctions, RoundTripKeepsKindsAndSortsKeys) {
  const std::string text = R"({"z":[1,2.5,"x",true],"a":{"b":[]},"m":{}})";
  EXPECT_EQ(json_of("return rs.json_stringify(rs.json_parse(argument))", Value::string(text)),
            json::write(Value::string(R"({"a":{"b":[]},"m":{},"z":[1,2.5,"x",true]})")));
}

TEST(JsonFunctions, NullInAnObjectIsNilAndInAListKeepsItsPlace) {
  EXPECT_EQ(json_of("local v = rs.json_parse('{\"a\":null,\"b\":{\"c\":null}}')\n"
                    "return {v.a == nil, v.b.c == nil, rs.json_parse('null') == nil}"),
            "[true,true,true]");
  EXPECT_EQ(json_of("local v = rs.json_parse('[1,null,3]')\n"
                    "return {#v, v[2] == rs.null, v[3], rs.json_stringify(v)}"),
            R"([3,true,3,"[1,null,3]"])");
  EXPECT_EQ(json_of("return rs.json_stringify({a = rs.null})"), R"("{\"a\":null}")");
}

TEST(JsonFunctions, IntegersOfAnySizeSurvive) {
  EXPECT_EQ(json_of("local v = rs.json_parse('{\"n\":123456789012345678901234567890}')\n"
                    "return {rat.is_rat(v.n), rs.json_stringify(v), tostring(v.n + 1)}"),
            R"([true,"{\"n\":123456789012345678901234567890}","123456789012345678901234567891"])");
  EXPECT_EQ(json_of("return math.type(rs.json_parse('9223372036854775807'))"), R"("integer")");
  EXPECT_EQ(json_of("return math.type(rs.json_parse('1.5'))"), R"("float")");
}

TEST(JsonFunctions, NotANumberBecomesNull) {
  EXPECT_EQ(json_of("return rs.json_stringify({0/0, 1/0})"), R"("[null,null]")");
}

TEST(JsonFunctions, BrokenJsonIsATypedFatalError) {
  const auto result = run_lua("rs.json_parse('{\"a\":')");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), "DESERIALIZING");
  EXPECT_TRUE(result.error().fatal());
  EXPECT_EQ(error_of("rs.json_parse({})"), "SCRIPT_BAD_ARGUMENT");
  EXPECT_EQ(error_of("rs.json_parse(string.rep('[', 1000))"), "TOO_DEEP");
}

TEST(JsonFunctions, BytesAreRefusedInsteadOfChanged) {
  EXPECT_EQ(error_of("return rs.json_stringify({a = {'\\xff'}})"), "SCRIPT_BAD_ARGUMENT");
}

TEST(JsonFunctions, AParsedStringOutlivesItsText) {
  EXPECT_EQ(json_of("local v = rs.json_parse('[\"' .. string.rep('x', 40) .. '\"]')\n"
                    "collectgarbage()\nreturn v[1] == string.rep('x', 40)"),
            "true");
}

TEST(Base64Functions, RoundTripBytes) {
  const std::string bytes("\x00\xff\x10 abc", 7);
  EXPECT_EQ(json_of("return rs.base64_decode(rs.base64_encode(argument)) == argument",
                    Value::bytes(bytes)),
            "true");
  EXPECT_EQ(json_of("return rs.base64_encode('Man') .. rs.base64_encode(12)"), R"("TWFuMTI=")");
}

TEST(Base64Functions, RefuseWhatIsNoBase64) {
  EXPECT_EQ(error_of("rs.base64_decode('a*b=')"), "DESERIALIZING");
  EXPECT_EQ(error_of("rs.base64_decode(true)"), "SCRIPT_BAD_ARGUMENT");
  EXPECT_EQ(error_of("rs.base64_encode(nil)"), "SCRIPT_BAD_ARGUMENT");
}

}  // namespace

}  // namespace gvm::host
