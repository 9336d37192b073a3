// What the compliance suite (compliance_test.cpp) does not ask: errors, bounds, numbers of any
// size.
#include "jsonpath/query.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "jsonpath/codes.h"
#include "jsonpath/patterns.h"
#include "text/json.h"

namespace gvm::jsonpath {
namespace {

std::string run(std::string_view path, std::string_view json, const Limits& limits = {}) {
  const auto query = Query::compile(path, limits);
  if (!query) return std::string(query.error().code());
  const Value document = text::parse_json(json).value();
  const auto nodes = query->run(document);
  if (!nodes) return std::string(nodes.error().code());
  Value::Array values;
  for (const Value* node : *nodes) values.push_back(*node);
  return json::write(Value::array(std::move(values)));
}

constexpr const char* kShop = R"({"store": {"book": [
  {"title": "A", "price": 8.95, "isbn": "0-1"}, {"title": "B", "price": 12},
  {"title": "C", "price": 22.99, "isbn": "0-2"}], "bicycle": {"price": 399}}})";

TEST(JsonPath, SelectsAsTheRfcShows) {
  EXPECT_EQ(run("$.store.book[*].title", kShop), R"(["A","B","C"])");
  EXPECT_EQ(run("$..price", kShop), "[399,8.95,12,22.99]");
  EXPECT_EQ(run("$..book[-1].title", kShop), R"(["C"])");
  EXPECT_EQ(run("$..book[:2].title", kShop), R"(["A","B"])");
  EXPECT_EQ(run("$..book[?@.isbn && @.price < 10].title", kShop), R"(["A"])");
  EXPECT_EQ(run("$..[?@.price > $.store.book[1].price].title", kShop), R"(["C"])");
  EXPECT_EQ(run("$.store.book[?match(@.isbn, '0-[2-9]')].title", kShop), R"(["C"])");
  EXPECT_EQ(run("$[?count(@.*) == 2]", R"([[1], [1, 2]])"), "[[1,2]]");
}

TEST(JsonPath, ComparesNumbersByValueWhateverTheirForm) {
  EXPECT_EQ(run("$[?@ == 1]", "[1, 1.0, 1e0, \"1\", true]"), "[1,1,1]");
  EXPECT_EQ(run("$[?@ > 9007199254740992]", "[9007199254740993, 9007199254740992]"),
            "[9007199254740993]");
  EXPECT_EQ(run("$[?@ == 100000000000000000000]", "[100000000000000000000, 1e20]"),
            "[100000000000000000000,1e+20]");
  EXPECT_EQ(run("$[?@ == $[1]]", "[{\"a\": [1, 2.0]}, {\"a\": [1.0, 2]}]"),
            R"([{"a":[1,2]},{"a":[1,2]}])");
}

TEST(JsonPath, SaysWhereAPathIsWrong) {
  const auto position = [](std::string_view path) {
    const auto query = Query::compile(path);
    return query ? "good" : json::write(*query.error().ctx().find("position"));
  };
  EXPECT_EQ(position("$.a["), "5");
  EXPECT_EQ(position("a"), "1");
  EXPECT_EQ(position("$[?@.a == ]"), "11");
  EXPECT_EQ(position("$ "), "2");
  EXPECT_EQ(position("$['a]"), "6");
  EXPECT_EQ(position("$.a\xff"), "1") << "no UTF-8";
  EXPECT_EQ(position("$[?length(@.*) > 1]"), "14");
  EXPECT_EQ(run("$[01]", "[]"), codes::kBadJsonPath);
}

TEST(JsonPath, NestingAndLengthAreBounded) {
  std::string deep = "$[?" + std::string(5000, '(') + "@.a" + std::string(5000, ')') + "]";
  EXPECT_EQ(run(deep, "[]"), codes::kBadJsonPath);
  deep = "$";
  for (int i = 0; i < 200; ++i) deep += "[?@";
  EXPECT_EQ(run(deep, "[]"), codes::kBadJsonPath);
  EXPECT_EQ(run("$." + std::string(5000, 'a'), "{}"), codes::kBadJsonPath);
}

std::string nested_arrays(int depth) {
  std::string out;
  for (int i = 0; i < depth; ++i) out += "[1,";
  return out + "[]" + std::string(static_cast<std::size_t>(depth), ']');
}

TEST(JsonPath, WorkAndResultsAreBounded) {
  EXPECT_EQ(run("$..[*]..[*]..[*]..[*]..[*]", nested_arrays(100)), codes::kJsonPathTooComplex);
  std::string wide = "[0";
  for (int i = 0; i < 3000; ++i) wide += "," + std::to_string(i);
  wide += "]";
  EXPECT_EQ(run("$[?count($..*) > 5]", wide), codes::kJsonPathTooComplex);
  EXPECT_EQ(run("$[*, *, *]", wide, {.results = 5000}), codes::kJsonPathTooComplex);
  EXPECT_EQ(run("$[?count(@..*) > 5]", wide), "[]");
}

TEST(JsonPath, PatternsAreBounded) {
  const std::string text(200'000, 'a');
  const std::string json = "[\"" + text + "\"]";
  EXPECT_EQ(run("$[?search(@, '(a|b|c|d|e)*(a|b|c|d|e)*(x|y){1,900}z')]", json),
            codes::kJsonPathTooComplex);
  EXPECT_EQ(run("$[?match(@, '(((((a{1,900}){1,900}){1,900})))')]", "[\"a\"]"), "[]")
      << "too large a program is no pattern";
  EXPECT_EQ(run("$[?match(@, '(')]", "[\"(\"]"), "[]") << "nor is a broken one";
  std::string many = "[";
  for (int i = 0; i < 200; ++i) many += "\"p" + std::to_string(i) + "\",";
  EXPECT_EQ(run("$[?match(@, @)]", many + "\"last\"]").size(),
            run("$[:64]", many + "\"last\"]").size())
      << "the 65th pattern and those after it match nothing";
}

TEST(JsonPath, ADotMatchesNoLineEnd) {
  EXPECT_EQ(to_re2("a.b[.]\\.\\\\."), "a[^\\n\\r]b[.]\\.\\\\[^\\n\\r]");
}

}  // namespace
}  // namespace gvm::jsonpath
