// The red team's tables (tests/data/redteam): what they must hold, and that none of their texts
// breaks out of a prompt.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <vector>

#include "judge/datamark.h"
#include "judge/test_judge.h"
#include "support/paths.h"
#include "text/json.h"

namespace gvm::judge {
namespace {

std::vector<Value> rows_of(const std::string& name) {
  std::ifstream file(test::source_dir() + "/tests/data/redteam/" + name);
  std::vector<Value> rows;
  for (std::string line; std::getline(file, line);) {
    auto row = text::parse_json(line);
    if (row) rows.push_back(std::move(*row).to_owned());
  }
  return rows;
}

std::string text_in(const Value& row, std::string_view key) {
  const Value* found = row.find(key);
  return std::string(found == nullptr ? "" : found->as_string().value_or(""));
}

Values values_of(const Value& row) {
  Values values;
  for (const auto& [slot, value] : *row.find("values")->as_map())
    values[std::string(slot.view())] = std::string(value.as_string().value_or(""));
  return values;
}

TEST(RedTeam, HasEnoughInjectionsInEnoughLanguages) {
  const auto rows = rows_of("injections.jsonl");
  EXPECT_GE(rows.size(), 300U);
  std::set<std::string> languages, families, places, ids;
  for (const auto& row : rows) {
    languages.insert(text_in(row, "language"));
    families.insert(text_in(row, "family"));
    places.insert(text_in(row, "place"));
    ids.insert(text_in(row, "id"));
    EXPECT_NE(*row.find("truth")->as_bool(), *row.find("wanted")->as_bool());
  }
  EXPECT_GE(languages.size(), 10U);
  EXPECT_GE(families.size(), 10U);
  EXPECT_EQ(places.size(), 5U);
  EXPECT_EQ(ids.size(), rows.size());
}

TEST(RedTeam, HasAsManyTruePlainPairsAsFalseOnes) {
  std::map<bool, int> by_truth;
  for (const auto& row : rows_of("plain.jsonl")) ++by_truth[*row.find("truth")->as_bool()];
  EXPECT_GE(by_truth[true], 100);
  EXPECT_EQ(by_truth[true], by_truth[false]);
}

TEST(RedTeam, NoInjectionLeavesItsFence) {
  std::uint64_t seed = 0;
  for (const auto& row : rows_of("injections.jsonl")) {
    SCOPED_TRACE(text_in(row, "id"));
    const auto kind = kind_named(text_in(row, "template"));
    ASSERT_TRUE(kind);
    const auto values = values_of(row);
    const auto prompt = harden(*kind, lookup(values), {}, std::nullopt, counted(++seed));
    ASSERT_TRUE(prompt);
    const std::string lead = "between two lines \"";
    const auto at = prompt->user.find(lead) + lead.size();
    const auto fence = prompt->user.substr(at, prompt->user.find('"', at) - at);
    // Once where it is explained, and twice around each text.
    EXPECT_EQ(count(prompt->user, fence), 1 + 2 * slots_of(*kind).size());
    EXPECT_TRUE(prompt->user.ends_with(R"("result": false})"));
  }
}

}  // namespace
}  // namespace gvm::judge
