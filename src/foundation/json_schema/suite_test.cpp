// The published test suite of draft 2020-12 (JSON-Schema-Test-Suite), as a Python package ships it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/json.h"
#include "json_schema/schema.h"
#include "text/json.h"

namespace gvm::json_schema {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string_view text_at(const Value& value, std::string_view key) {
  return value.find(key)->as_string().value_or("");
}

// We refuse schemas that refer to another document, and those of other drafts or vocabularies.
bool is_refused_on_purpose(const Value& group) {
  const auto schema = json::write(*group.find("schema"));
  return schema.find("http://localhost:1234/") != schema.npos;
}

TEST(JsonSchemaSuite, HoldsButForSchemasThatReferToOthers) {
  std::size_t held = 0;
  std::size_t refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(GVM_JSON_SCHEMA_SUITE)) {
    if (entry.path().extension() != ".json") continue;
    const auto file = text::parse_json(read_file(entry.path()));
    ASSERT_TRUE(file) << entry.path();
    for (const auto& group : *file->as_array()) {
      const auto compiled = Schema::compile(*group.find("schema"));
      const auto& tests = *group.find("tests")->as_array();
      if (!compiled) {
        EXPECT_TRUE(is_refused_on_purpose(group))
            << entry.path().filename() << ": " << text_at(group, "description") << ": "
            << compiled.error().why;
        refused += tests.size();
        continue;
      }
      for (const auto& test : tests) {
        const auto violation = (*compiled)->violation(json::write(*test.find("data")));
        EXPECT_EQ(!violation, *test.find("valid")->as_bool())
            << entry.path().filename() << ": " << text_at(group, "description") << ": "
            << text_at(test, "description") << ": " << violation.value_or("");
        ++held;
      }
    }
  }
  EXPECT_GT(held, 1200U);
  EXPECT_LT(refused, 60U);
}

}  // namespace
}  // namespace gvm::json_schema
