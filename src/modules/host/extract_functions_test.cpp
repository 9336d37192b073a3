// page:extract{...} and lib.rs.json_path, as scripts call them.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/error_codes.h"
#include "base/json.h"
#include "host/test_host_run.h"
#include "html/codes.h"
#include "support/paths.h"
#include "text/json.h"

namespace gvm::host {
namespace {

std::string shown(const Result<Value>& result) {
  return result ? json::write(*result) : result.error().to_string();
}

std::string extract(const std::string& html, const std::string& description) {
  return shown(run_lua("return rs.html(argument):extract" + description, Value::string(html)));
}

constexpr const char* kPage = R"(<h1 id=top> A  page </h1>
<ul class=a><li>one<li><a href="/2">two</a></ul><ul class=b><li> 1,200 <li>none<li>-3.5</ul>
<div><p>x<div><p>y</div></div>)";

TEST(Extract, TakesTextsAndAttributesOfTheFirstMatch) {
  EXPECT_EQ(extract(kPage, R"({title = "h1", id = "h1 @ID", link = ".a a @href", none = "h2",
                               no_attribute = "h1 @x"})"),
            R"({"id":"top","link":"/2","title":"A page"})");
  EXPECT_EQ(extract("<a title='a@b'>x</a>", R"({mail = "a[title='a@b']"})"), R"({"mail":"x"})");
  EXPECT_EQ(extract(kPage, R"({html = {one = ".a a", html = true}})"),
            R"({"html":"<a href=\"/2\">two</a>"})");
}

TEST(Extract, TakesListsAndRecords) {
  EXPECT_EQ(extract(kPage, R"({all = {"li"}})"), R"({"all":["one","two","1,200","none","-3.5"]})");
  EXPECT_EQ(extract(kPage, R"({lists = {"ul", {"li"}}})"),
            R"({"lists":[["one","two"],["1,200","none","-3.5"]]})");
  EXPECT_EQ(extract(kPage, R"({links = {"a", {to = "@href", text = "."}}})"),
            R"({"links":[{"text":"two","to":"/2"}]})");
  EXPECT_EQ(extract(kPage, R"({lists = {"ul", {link = "a @href"}}})"),
            R"({"lists":[{"link":"/2"}]})")
      << "a record without fields is left out";
  EXPECT_EQ(extract(kPage, R"({none = {"h2"}, one = {one = "ul", each = {"li"}}})"),
            R"({"none":[],"one":["one","two"]})");
  EXPECT_EQ(shown(run_lua("return rs.html(argument):first('.b'):extract{first = 'li'}",
                          Value::string(kPage))),
            R"({"first":"1,200"})");
}

TEST(Extract, TakesNumbersByLanguage) {
  EXPECT_EQ(
      extract(kPage, R"({n = {".b li", number = "en"}, d = {all = ".b li", decimal = "en"}})"),
      R"({"d":["1200","-3.5"],"n":[1200,-3.5]})");
  EXPECT_EQ(extract("<p>123456789012345678901", R"({n = {one = "p", number = "en"}})"),
            R"({"n":123456789012345678901})");
}

TEST(Extract, SaysWhatIsWrongWithADescription) {
  const auto error = [](const std::string& description) {
    const auto result = run_lua("return rs.html('<p>'):extract" + description);
    return result ? "none" : result.error().to_string();
  };
  for (const char* wrong :
       {"{}", "{1, 2, 3}", "{a = 5}", "{a = {}}", "{a = {'p', 'b', 'c'}}",
        "{a = {one = 'p', all = 'p'}}", "{a = {number = 'en'}}", "{a = {one = 'p', number = 'xx'}}",
        "{a = {one = 'p', number = 'en', html = true}}", "{a = {one = 'p', nubmer = 'en'}}",
        "{a = {'p @x', {b = 'c'}}}", "{a = 'p @'}",
        "{a = {all = 'p', each = {b = 'c'}, number = 'en'}}"})
    EXPECT_NE(error(wrong).find(codes::kScriptBadArgument), std::string::npos)
        << wrong << ": " << error(wrong);
  const auto bad = run_lua("return rs.html('<p>'):extract{rows = {'tr', {x = 'td['}}}");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), codes::kBadSelector);
  EXPECT_EQ(*bad.error().ctx().find("field")->as_string(), "rows.x");
  EXPECT_FALSE(bad.error().fatal());
}

TEST(Extract, DepthAndWorkAreBounded) {
  std::string deep = "{a = 'p'}";
  for (int i = 0; i < 20; ++i) deep = "{a = {'p', " + deep + "}}";
  EXPECT_EQ(error_of("return rs.html('<p>'):extract" + deep), codes::kScriptBadArgument);
  std::string nested;
  for (int i = 0; i < 300; ++i) nested += "<div>" + std::string(100, 'x');
  for (int i = 0; i < 5000; ++i) nested += "<i>a</i>";
  EXPECT_EQ(error_of("return rs.html(argument):extract{a = {'div', {b = {'div', {c = {'div', "
                     "{d = {'i'}}}}}}}}",
                     Value::string(nested)),
            codes::kDocumentTooComplex);
}

TEST(JsonPathFunction, TakesATextOrATable) {
  EXPECT_EQ(
      shown(run_lua(R"(return rs.json_path('{"a": [1, null, {"b": null, "c": 2}]}', '$.a[*]'))")),
      R"([1,null,{"c":2}])");
  EXPECT_EQ(shown(run_lua("return rs.json_path({a = {1, 2, 3}}, '$.a[-1]')")), "[3]");
  EXPECT_EQ(shown(run_lua("return rs.json_path('{}', '$.none')")), "[]");
  EXPECT_EQ(error_of("return rs.json_path('{}', '$[')"), "BAD_JSON_PATH");
  EXPECT_EQ(error_of("return rs.json_path('{', '$')"), codes::kDeserializing);
  EXPECT_EQ(error_of("return rs.json_path('{}')"), codes::kScriptBadArgument);
}

// --- The examples of docs/extraction.md

struct Example {
  std::string title, language, source, lua, expected;
};

std::string fenced(const std::string& text, std::size_t& at, std::string& language) {
  const auto open = text.find("```", at);
  const auto line = text.find('\n', open);
  const auto close = text.find("\n```", line);
  language = text.substr(open + 3, line - open - 3);
  at = close + 4;
  return text.substr(line + 1, close - line);
}

std::vector<Example> examples_of_the_page() {
  std::ifstream file(test::source_dir() + "/docs/extraction.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string mark = "### Example: ";
  std::vector<Example> out;
  for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at)) {
    Example example;
    example.title = text.substr(at + mark.size(), text.find('\n', at) - at - mark.size());
    std::string ignored;
    example.source = fenced(text, at, example.language);
    example.lua = fenced(text, at, ignored);
    example.expected = fenced(text, at, ignored);
    out.push_back(std::move(example));
  }
  return out;
}

TEST(Extract, TheExamplesOfThePageAnswerWhatItSays) {
  const auto examples = examples_of_the_page();
  ASSERT_EQ(examples.size(), 3U);
  for (const Example& example : examples) {
    const std::string given =
        example.language == "html" ? "local page = rs.html(argument)\n" : "local body = argument\n";
    const auto answer = run_lua(given + example.lua, Value::string(example.source));
    const auto expected = text::parse_json(example.expected);
    ASSERT_TRUE(expected) << example.title;
    EXPECT_EQ(shown(answer), json::write(*expected)) << example.title;
  }
}

}  // namespace
}  // namespace gvm::host
