// Every row of tests/data/config/bad_files.txt: a broken file and exactly the messages it must
// give.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "config/load.h"
#include "config/test_environment.h"
#include "support/paths.h"

namespace gvm::config {
namespace {

struct Row {
  std::string name;
  std::string kind;
  std::string yaml;
  std::string messages;
};

std::string with_control_character(std::string text) {
  if (const auto at = text.find("\\x01"); at != std::string::npos) text.replace(at, 4, "\x01");
  return text;
}

std::vector<Row> read_rows() {
  std::ifstream file(test::source_dir() + "/tests/data/config/bad_files.txt");
  std::vector<Row> rows;
  bool in_messages = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("=== ")) {
      const auto space = line.rfind(' ');
      rows.push_back({line.substr(4, space - 4), line.substr(space + 1), "", ""});
      in_messages = false;
    } else if (line == "---") {
      in_messages = true;
    } else if (!rows.empty()) {
      (in_messages ? rows.back().messages : rows.back().yaml) += line + "\n";
    }
  }
  return rows;
}

constexpr LoadOptions kStrict{.strictness = Strictness::strict};

std::string messages_of(const Row& row) {
  const auto yaml = with_control_character(row.yaml);
  if (row.kind == "web") {
    const auto loaded = load_web_text(yaml, "c.yaml", test_environment(), kStrict);
    return loaded ? "loads" : to_string(loaded.error());
  }
  const auto loaded = load_llm_text(yaml, "c.yaml", test_environment(), kStrict);
  return loaded ? "loads" : to_string(loaded.error());
}

class BadFile : public testing::TestWithParam<Row> {};

TEST_P(BadFile, GivesExactlyItsMessages) {
  const auto messages = messages_of(GetParam());
  EXPECT_EQ(messages, GetParam().messages);
  EXPECT_THAT(messages, testing::Not(testing::HasSubstr("secret")));
}

INSTANTIATE_TEST_SUITE_P(Table, BadFile, testing::ValuesIn(read_rows()),
                         [](const auto& row) { return row.param.name; });

TEST(BadFiles, AreManyAndDistinct) {
  std::vector<std::string> files;
  for (const auto& row : read_rows()) files.push_back(row.kind + row.yaml);
  std::sort(files.begin(), files.end());
  EXPECT_GE(files.size(), 100U);
  EXPECT_EQ(std::adjacent_find(files.begin(), files.end()), files.end());
}

}  // namespace
}  // namespace gvm::config
