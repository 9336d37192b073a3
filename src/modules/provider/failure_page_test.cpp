// The table "How a call ended" of docs/providers.md, against the table that routing and billing
// use.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "routing/failover_table.h"
#include "support/paths.h"

namespace gvm::provider {
namespace {

using routing::Charge;

struct PageRow {
  std::string kind;
  std::string again;
  std::string health;
  std::string charge;
};

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  for (std::size_t from = 1; from < line.size();) {
    const auto end = std::min(line.find('|', from), line.size());
    const auto first = std::min(line.find_first_not_of(' ', from), end);
    const auto last = line.find_last_not_of(' ', end - 1);
    cells.push_back(last < first ? "" : line.substr(first, last + 1 - first));
    from = end + 1;
  }
  return cells;
}

std::vector<PageRow> page_rows() {
  std::ifstream page(test::source_dir() + "/docs/providers.md");
  std::vector<PageRow> rows;
  bool in_table = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| the call | kind |")) in_table = true;
    if (line.empty()) in_table = false;
    if (!in_table || line.find("| `") == std::string::npos) continue;
    const auto cells = cells_of(line);
    if (cells.size() != 5) throw std::runtime_error("not five cells: " + line);
    rows.push_back({cells[1].substr(1, cells[1].size() - 2), cells[2], cells[3], cells[4]});
  }
  return rows;
}

bool says(const std::string& cell, std::string_view words) {
  return cell.find(words) != std::string::npos;
}

bool charge_fits(Charge charge, const std::string& cell) {
  switch (charge) {
    case Charge::nothing:
      return cell == "nothing";
    case Charge::worst_case:
      return says(cell, "worst case");
    case Charge::server_error:
      return says(cell, "`charge_server_errors`");
  }
  return false;
}

std::string_view health_word(const routing::FailoverRule& rule) {
  using routing::Blame;
  using routing::Effect;
  switch (rule.effect) {
    case Effect::none:
      return "";
    case Effect::failure:
      return rule.blame == Blame::endpoint ? "endpoint" : "counts";
    case Effect::decisive:
      return rule.blame == Blame::key ? "the key is left out" : "the model is left out";
    case Effect::cooldown:
      return "a pause";
    case Effect::capability:
      return "remembered";
  }
  return "";
}

TEST(FailurePage, SaysWhatTheCodeDoes) {
  const auto rows = page_rows();
  ASSERT_GE(rows.size(), 27U);
  for (const auto& row : rows) {
    const auto kind = routing::parse_error_kind(row.kind);
    ASSERT_TRUE(kind) << row.kind;
    const auto& rule = routing::rule_of(*kind);
    EXPECT_TRUE(charge_fits(rule.charge, row.charge)) << row.kind << ": " << row.charge;
    EXPECT_EQ(row.health, health_word(rule)) << row.kind;
    if (rule.again == routing::Again::no) {
      EXPECT_FALSE(says(row.again, "yes") || says(row.again, "after the others")) << row.kind;
    } else {
      EXPECT_FALSE(row.again.starts_with("no")) << row.kind;
    }
  }
}

TEST(FailurePage, HasARowForEveryWayInWhichACallCanEnd) {
  std::set<std::string> told;
  for (const auto& row : page_rows()) told.insert(row.kind);
  for (const auto& rule : routing::failover_table()) {
    const std::string name(routing::name_of(rule.kind));
    // These end the prompt, not a call.
    if (name == "cancelled" || name == "deadline" || name == "budget") continue;
    EXPECT_TRUE(told.contains(name)) << name;
  }
}

}  // namespace
}  // namespace gvm::provider
