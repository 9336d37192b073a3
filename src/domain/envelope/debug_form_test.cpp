#include "envelope/debug_form.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <regex>
#include <set>

#include "base/error_codes.h"
#include "support/paths.h"
#include "text/json.h"

namespace gvm::envelope {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The vectors write each value as {"str": ...}, {"number": "1.0"}, {"array": ...}, ...
Value value_of(const Value& vector) {
  const auto* map = vector.as_map();
  if (map == nullptr) return vector;
  const auto& [kind, content] = *map->begin();
  // std::stod is not used, because it refuses the smallest numbers.
  if (kind.view() == "number")
    return Value::real(std::strtod(std::string(*content.as_string()).c_str(), nullptr));
  if (kind.view() == "bytes") {
    std::string bytes;
    for (const auto& byte : *content.as_array())
      bytes += static_cast<char>(byte.as_integer()->to_i64().value());
    return Value::bytes(std::move(bytes));
  }
  if (kind.view() == "array") {
    Value::Array items;
    for (const auto& item : *content.as_array()) items.push_back(value_of(item));
    return Value::array(std::move(items));
  }
  if (kind.view() == "map") {
    Value::Map fields;
    for (const auto& [key, item] : *content.as_map()) fields.set(key.view(), value_of(item));
    return Value::map(std::move(fields));
  }
  return content;
}

Value ctx_of(const Value& vector) {
  Value ctx = Value::map();
  for (const auto& [key, item] : *vector.find("ctx")->as_map())
    ctx.as_map()->set(key.view(), value_of(item));
  return ctx;
}

// Tests a form without causes, which Error itself never has.
std::string debug_of(const Value& vector) {
  std::vector<std::string> causes;
  for (const auto& cause : *vector.find("causes")->as_array())
    causes.emplace_back(*cause.as_string());
  const bool none = causes.empty();
  if (none) causes.emplace_back("NONE");
  const auto fatality = *vector.find("fatal")->as_bool() ? Fatality::fatal : Fatality::user;
  std::string text = debug_form(Error(std::move(causes), fatality, ctx_of(vector)));
  if (none) text.erase(text.find("\"NONE\""), 6);
  return text;
}

TEST(DebugForm, IsWhatTheFieldsModulesPrint) {
  const auto json =
      content_of(test::source_dir() + "/../shared/data/error-forms/module-errors.json");
  if (json.empty()) GTEST_SKIP() << "../shared/data/error-forms is not there";
  const auto vectors = text::parse_json(json);
  ASSERT_TRUE(vectors);
  ASSERT_FALSE(vectors->as_array()->empty());
  for (const auto& vector : *vectors->as_array())
    EXPECT_EQ(debug_of(vector), vector.find("text")->as_string());
}

TEST(DebugForm, WritesNumbersAsRustDoes) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::pair<double, const char*> numbers[] = {
      {0, "0.0"},
      {-0.0, "-0.0"},
      {401, "401.0"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {12.25, "12.25"},
      {1e15, "1000000000000000.0"},
      {9999999999999998, "9999999999999998.0"},
      {1e16, "1e16"},
      {-1.25e17, "-1.25e17"},
      {1e-4, "0.0001"},
      {9.5e-5, "9.5e-5"},
      {5e-324, "5e-324"},
      {kInfinity, "inf"},
      {-kInfinity, "-inf"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"}};
  for (const auto& [number, text] : numbers) EXPECT_EQ(debug_number(number), text);
}

TEST(DebugForm, EscapesWhatRustEscapes) {
  EXPECT_EQ(debug_text("q\"b\\t\tn\nr\r'"), R"("q\"b\\t\tn\nr\r'")");
  EXPECT_EQ(debug_text(std::string_view("\0\x07\x7f", 3)), R"("\0\u{7}\u{7f}")");
  EXPECT_EQ(debug_text("\u00e9 \u6f22 \U0001F600"), "\"\u00e9 \u6f22 \U0001F600\"");
  EXPECT_EQ(debug_text("e\u0301\u200b\u00a0\ue000"), R"("e\u{301}\u{200b}\u{a0}\u{e000}")");
  EXPECT_EQ(debug_text("bad \xff"), "\"bad \uFFFD\"");
}

TEST(DebugForm, WritesEveryKindOfValue) {
  const Error error =
      Error("CODE", Fatality::user)
          .with("a", Value::address(Address{1}))
          .with("big", Value::integer(Integer::pow2(256)))
          .with("list", Value::array({Value::null(), Value::boolean(false)}))
          .with("map", Value::object({{"k", Value::bytes(std::string("\x00\xff", 2))}}));
  EXPECT_EQ(debug_form(error),
            "ModuleError { causes: [\"CODE\"], fatal: false, ctx: {\"a\": Bytes([1, 0, 0, 0, 0, 0, "
            "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), \"big\": Number(1.157920892373162e77), "
            "\"list\": Array([Null, Bool(false)]), \"map\": Map({\"k\": Bytes([0, 255])})} }");
}

// Every code of base/error_codes.h and of each codes.h, read from the files, so that a new code is
// tested too.
std::set<std::string> all_codes() {
  const std::regex code("\"([A-Z][A-Z0-9_]+)\"");
  std::set<std::string> codes;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(test::source_dir() + "/src")) {
    const auto name = entry.path().filename();
    if (name != "error_codes.h" && name != "codes.h") continue;
    const auto source = content_of(entry.path().string());
    for (std::sregex_iterator at(source.begin(), source.end(), code), end; at != end; ++at)
      EXPECT_TRUE(codes.insert((*at)[1]).second) << (*at)[1] << " is declared twice";
  }
  return codes;
}

std::string found(const std::string& text, const char* pattern) {
  std::smatch match;
  return std::regex_search(text, match, std::regex(pattern)) ? match[1].str() : "nothing";
}

Value attempt(std::string_view model, int status) {
  return Value::object(
      {{"provider", Value::string("node \"1\"")},
       {"model", Value::string(std::string(model))},
       {"status", Value::integer(status)},
       {"error_message", Value::string("line\nwith \"causes: [\\\"X\\\"\" \u00e9")}});
}

TEST(DebugForm, IsReadByThePatternsOfHostsForEveryCode) {
  const auto codes = all_codes();
  ASSERT_GT(codes.size(), 50u);
  ASSERT_TRUE(codes.contains("NO_PROVIDER_FOR_PROMPT"));
  for (const auto& code : codes) {
    for (const auto fatality : {Fatality::fatal, Fatality::user}) {
      const Error error = Error(code, fatality, "a \"quoted\"\nsentence \\ \u6f22")
                              .with("primary_error", attempt("m-1", 401))
                              .with("fallback_error", attempt("m-2", 503));
      const std::string text = debug_form(error);
      EXPECT_EQ(text.find('\n'), std::string::npos);
      EXPECT_EQ(found(text, R"re(causes:\s*\["([A-Z_][A-Z0-9_]*)")re"), code) << text;
      EXPECT_EQ(found(text, R"re(fatal:\s*(true|false))re"), error.fatal() ? "true" : "false");
      EXPECT_EQ(found(text, R"re("primary_error": Map\(\{.*?"status": Number\(([0-9.]+)\))re"),
                "401.0");
      EXPECT_EQ(found(text, R"re("fallback_error": Map\(\{.*?"status": Number\(([0-9.]+)\))re"),
                "503.0");
      EXPECT_EQ(found(text, R"re("primary_error": Map\(\{.*?"model": Str\("([^"]*)"\))re"), "m-1");
    }
  }
}

}  // namespace
}  // namespace gvm::envelope
