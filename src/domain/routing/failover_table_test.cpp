#include "routing/failover_table.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "support/paths.h"

namespace gvm::routing {
namespace {

struct Row {
  const char* kind;
  const char* step;
  const char* effect;
  const char* blame;
  bool retry_after;
  bool again;
  const char* charge;
};

// The documented behaviour, row by row.
const Row kRows[] = {
    {"connect", "next endpoint", "failure", "endpoint", false, true, "nothing"},
    {"tls", "next endpoint", "failure", "endpoint", false, true, "nothing"},
    {"dns", "next endpoint", "failure", "endpoint", false, true, "nothing"},
    {"reset", "retry here", "failure", "candidate", false, true, "worst case"},
    {"stale_connection", "retry here", "none", "nobody", false, true, "nothing"},
    {"first_byte_timeout", "next candidate", "failure", "candidate", false, true, "worst case"},
    {"idle_timeout", "next candidate", "failure", "candidate", false, true, "worst case"},
    {"total_timeout", "next candidate", "failure", "candidate", false, true, "worst case"},
    {"cut", "next endpoint", "failure", "candidate", false, true, "worst case"},
    {"token_limit", "next model", "none", "nobody", false, false, "worst case"},
    {"rate_limited", "next key", "cooldown", "candidate", true, true, "nothing"},
    {"overloaded", "next endpoint", "failure", "candidate", true, true, "server error"},
    {"server_error", "retry here", "failure", "candidate", true, true, "server error"},
    {"auth", "next key", "opens at once", "key", false, false, "nothing"},
    {"forbidden", "next key", "failure", "candidate", false, false, "nothing"},
    {"payment_required", "next key", "opens at once", "key", false, false, "nothing"},
    {"not_found", "next candidate", "opens at once", "candidate", false, false, "nothing"},
    {"bad_request", "next model", "none", "nobody", false, false, "nothing"},
    {"context_too_long", "next model", "none", "nobody", false, false, "nothing"},
    {"capability_json", "next model", "capability", "candidate", false, false, "nothing"},
    {"capability_image", "next model", "capability", "candidate", false, false, "nothing"},
    {"content_refused", "next model", "none", "nobody", false, false, "worst case"},
    {"garbled", "next candidate", "failure", "candidate", false, true, "worst case"},
    {"no_answer", "next candidate", "none", "nobody", false, true, "worst case"},
    {"unusable", "correct", "none", "nobody", false, true, "worst case"},
    {"empty", "retry here", "none", "nobody", false, true, "worst case"},
    {"oversize", "next candidate", "none", "nobody", false, false, "worst case"},
    {"redirect", "next endpoint", "failure", "endpoint", false, false, "nothing"},
    {"cancelled", "give up", "none", "nobody", false, false, "worst case"},
    {"deadline", "give up", "none", "nobody", false, false, "worst case"},
    {"budget", "give up", "none", "nobody", false, false, "nothing"},
};

class EveryErrorKind : public ::testing::TestWithParam<Row> {};

TEST_P(EveryErrorKind, IsFollowedByWhatIsPromised) {
  const auto& row = GetParam();
  const auto kind = parse_error_kind(row.kind);
  ASSERT_TRUE(kind);
  EXPECT_EQ(name_of(*kind), row.kind);
  const auto& rule = rule_of(*kind);
  EXPECT_EQ(rule.kind, *kind);
  EXPECT_EQ(name_of(rule.step), row.step);
  EXPECT_EQ(name_of(rule.effect), row.effect);
  EXPECT_EQ(name_of(rule.blame), row.blame);
  EXPECT_EQ(rule.retry_after == RetryAfter::honoured, row.retry_after);
  EXPECT_EQ(rule.again == Again::yes, row.again);
  EXPECT_EQ(name_of(rule.charge), row.charge);
}

INSTANTIATE_TEST_SUITE_P(FailoverTable, EveryErrorKind, ::testing::ValuesIn(kRows),
                         [](const auto& row) { return std::string(row.param.kind); });

TEST(FailoverTable, HasARowPerKindAndTheTestNamesThemAll) {
  std::set<std::string> named;
  for (const auto& row : kRows) named.insert(row.kind);
  EXPECT_EQ(named.size(), kErrorKinds);
  EXPECT_EQ(failover_table().size(), kErrorKinds);
  EXPECT_FALSE(parse_error_kind("unheard_of"));
}

TEST(FailoverTable, OnlyWhatCanPassIsTriedAgain) {
  for (const auto& rule : failover_table()) {
    if (rule.step == Step::retry_here) {
      EXPECT_EQ(rule.again, Again::yes) << name_of(rule.kind);
    }
    if (rule.effect == Effect::none) {
      EXPECT_EQ(rule.blame, Blame::nobody) << name_of(rule.kind);
    } else {
      EXPECT_NE(rule.blame, Blame::nobody) << name_of(rule.kind);
    }
  }
}

std::string page() {
  std::ifstream file(test::source_dir() + "/docs/routing.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(FailoverTable, TheManualSaysTheSame) {
  const auto text = page();
  for (const auto& row : kRows) {
    const std::string line = std::string("| `") + row.kind + "` | " + row.step + " | " +
                             row.effect + " | " + row.blame + " | " +
                             (row.retry_after ? "yes" : "no") + " | " + (row.again ? "yes" : "no") +
                             " | " + row.charge + " |";
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace gvm::routing
