#include "routing/candidate.h"

#include <gtest/gtest.h>

#include <limits>

#include "routing/test_candidates.h"

namespace gvm::routing {
namespace {

using testing::backends;
using testing::candidate;

TEST(CandidateSet, NumbersWhatCandidatesShare) {
  const auto set = testing::set_of(
      {candidate("a", "m1", "https://h1", 0), candidate("a", "m1", "https://h1", 1),
       candidate("a", "m2", "https://h1", 0), candidate("b", "m1", "https://h2", 0)});
  EXPECT_EQ(set->backends(), 2U);
  EXPECT_EQ(set->endpoints(), 2U);
  EXPECT_EQ(set->keys(), 3U);
  EXPECT_EQ(set->facts(0).model, set->facts(1).model);
  EXPECT_NE(set->facts(0).model, set->facts(3).model) << "the same name, but of another backend";
  EXPECT_EQ(set->facts(0).key, set->facts(2).key);
  EXPECT_NE(set->facts(0).key, set->facts(3).key);
}

TEST(CandidateSet, FindsByLabel) {
  const auto set = testing::set_of({candidate("a"), candidate("b", "m", "https://h", 2)});
  EXPECT_EQ(set->label(1), "b/m@https://h#2");
  EXPECT_EQ(set->find("b/m@https://h#2"), 1U);
  EXPECT_FALSE(set->find("c/m@https://h#2"));
}

void expect_refused(std::vector<Candidate> candidates, std::string_view why) {
  const auto set = CandidateSet::create(std::move(candidates));
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().code(), "INVALID_CONFIG");
  EXPECT_NE(set.error().to_string().find(why), std::string::npos) << set.error().to_string();
}

TEST(CandidateSet, RefusesWhatCannotBeRouted) {
  expect_refused({candidate("a"), candidate("b"), candidate("a")}, "twice");
  expect_refused({candidate("")}, "needs a backend");
  auto odd = candidate("a");
  odd.tier = kMaxTier + 1;
  expect_refused({odd}, "tier");
  odd = candidate("a");
  for (const double weight :
       {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    odd.weight = weight;
    expect_refused({odd}, "weight");
  }
  expect_refused(backends(kMaxCandidates + 1), "over the limit");
}

}  // namespace
}  // namespace gvm::routing
