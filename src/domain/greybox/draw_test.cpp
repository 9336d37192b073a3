#include "greybox/draw.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>

#include "greybox/test_kind.h"

namespace gvm::greybox {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr std::uint64_t kSeed = 0x5eed;
constexpr std::uint64_t kDraws = 20'000;

std::vector<Draw> draws_of(const config::GreyboxKind& kind, std::uint64_t seed,
                           std::uint64_t count) {
  std::vector<Draw> draws;
  for (std::uint64_t n = 1; n <= count; ++n) draws.push_back(draw(kind, seed, PromptKind::text, n));
  return draws;
}

// Pearson's statistic of counts against shares.
double chi_squared(const std::map<std::uint32_t, double>& counts, const std::vector<double>& shares,
                   double total) {
  double sum = 0;
  for (std::uint32_t i = 0; i < shares.size(); ++i) {
    const double expected = shares[i] * total;
    const auto found = counts.find(i);
    const double off = (found == counts.end() ? 0 : found->second) - expected;
    sum += off * off / expected;
  }
  return sum;
}

// Beyond it lies one in 100000 of chi-squared with 2 degrees of freedom.
constexpr double kBound = 23.03;

TEST(GreyboxDraw, ModelsComeFirstByTheirWeights) {
  const auto kind = kind_with_everything();
  std::map<std::uint32_t, double> first;
  for (const auto& each : draws_of(kind, kSeed, kDraws)) ++first[each.models[0]];
  EXPECT_LT(chi_squared(first, {0.6, 0.3, 0.1}, kDraws), kBound);
}

TEST(GreyboxDraw, TheSecondModelIsDrawnByTheWeightsOfTheRest) {
  const auto kind = kind_with_everything();
  std::map<std::uint32_t, double> second;
  double total = 0;
  for (const auto& each : draws_of(kind, kSeed, kDraws)) {
    ASSERT_THAT(each.models, UnorderedElementsAre(0, 1, 2));
    if (each.models[0] != 0) continue;
    ++second[each.models[1]];
    ++total;
  }
  EXPECT_EQ(second[0], 0);
  const double off = second[1] - total * 0.75;
  EXPECT_LT(off * off / (total * 0.75 * 0.25), kBound);
}

TEST(GreyboxDraw, ModelsOfWeight0ComeAfterAllOthers) {
  auto kind = kind_with_everything();
  kind.pool = {{"z", "m", 0}, {"a", "m", 1}, {"y", "m", 0}};
  for (const auto& each : draws_of(kind, kSeed, 50)) EXPECT_THAT(each.models, ElementsAre(1, 0, 2));
}

TEST(GreyboxDraw, PhrasingsAndDelimitersComeByTheirWeights) {
  auto kind = kind_with_everything();
  kind.phrasings.push_back(phrasing_of("", {"#{prompt}"}));
  kind.phrasings[0].weight = 5;
  kind.phrasings[1].weight = 3;
  kind.phrasings[2].weight = 2;
  kind.delimiters[0].weight = 0;
  std::map<std::uint32_t, double> phrasings;
  for (const auto& each : draws_of(kind, kSeed, kDraws)) {
    ++phrasings[*each.phrasing];
    EXPECT_EQ(each.delimiter, 1u) << "the other one has the weight 0";
  }
  EXPECT_LT(chi_squared(phrasings, {0.5, 0.3, 0.2}, kDraws), kBound);
}

TEST(GreyboxDraw, NumbersFillTheirRangesEvenly) {
  const auto kind = kind_with_everything();
  std::map<std::uint32_t, double> thirds;
  for (const auto& each : draws_of(kind, kSeed, kDraws)) {
    ASSERT_GE(*each.temperature, 0.2);
    ASSERT_LE(*each.temperature, 0.9);
    ASSERT_GE(*each.top_p, 0.8);
    ASSERT_LE(*each.top_p, 1.0);
    ASSERT_GE(*each.seed, 10u);
    ASSERT_LE(*each.seed, 1'000'000u);
    ++thirds[std::min(2U, static_cast<std::uint32_t>((*each.temperature - 0.2) / 0.7 * 3))];
  }
  EXPECT_LT(chi_squared(thirds, {1.0 / 3, 1.0 / 3, 1.0 / 3}, kDraws), kBound);
}

TEST(GreyboxDraw, EqualEndsGiveThatValue) {
  auto kind = kind_with_everything();
  kind.temperature = {0.123456, 0.123456};
  kind.provider_seed = {42, 42};
  const auto drawn = draw(kind, kSeed, PromptKind::text, 1);
  EXPECT_EQ(drawn.temperature, 0.123456);
  EXPECT_EQ(drawn.seed, 42u);
}

TEST(GreyboxDraw, FiltersComeWithTheirProbabilitiesAndInTheirOrder) {
  auto kind = kind_with_everything();
  kind.filters = {{"NFKC", 0.25}, {"RmBidi", 1}, {"NormalizeWS", 0}};
  double first = 0;
  for (const auto& each : draws_of(kind, kSeed, kDraws)) {
    const bool has = each.filters.size() == 2;
    EXPECT_EQ(each.filters,
              has ? std::vector<std::uint32_t>({0, 1}) : std::vector<std::uint32_t>({1}));
    first += has ? 1 : 0;
  }
  const double off = first - kDraws * 0.25;
  EXPECT_LT(off * off / (kDraws * 0.25 * 0.75), kBound);
}

TEST(GreyboxDraw, ShuffledSectionsStandInAnyOrderEquallyOften) {
  auto kind = kind_with_everything();
  kind.phrasings.erase(kind.phrasings.begin());
  std::map<std::vector<std::uint32_t>, int> orders;
  for (const auto& each : draws_of(kind, kSeed, 6000)) ++orders[each.sections];
  ASSERT_EQ(orders.size(), 6u);
  for (const auto& [order, count] : orders) EXPECT_NEAR(count, 1000, 150);
}

TEST(GreyboxDraw, TheSameSeedDrawsTheSameAndAnotherOneDoesNot) {
  const auto kind = kind_with_everything();
  EXPECT_EQ(draws_of(kind, kSeed, 20), draws_of(kind, kSeed, 20));
  EXPECT_NE(draws_of(kind, kSeed, 20), draws_of(kind, kSeed + 1, 20));
}

// Operators repeat a draw from the seed of a record.
TEST(GreyboxDraw, WhatASeedMeansDoesNotChange) {
  const auto drawn = draw(kind_with_everything(), 42, PromptKind::json, 7);
  EXPECT_THAT(drawn.models, ElementsAre(0, 1, 2));
  EXPECT_EQ(drawn.temperature, 0.8153);
  EXPECT_EQ(drawn.top_p, 0.8817);
  EXPECT_EQ(drawn.seed, 346'821u);
  EXPECT_EQ(drawn.phrasing, 1u);
  EXPECT_THAT(drawn.sections, ElementsAre(0, 1, 2));
  EXPECT_EQ(drawn.delimiters, (Delimiters{"[[[", "]]]"}));
  EXPECT_EQ(drawn.reserve.open, "<data-81adee4d8c0b5ed6>");
  EXPECT_THAT(drawn.filters, ElementsAre(0, 1, 2));
  EXPECT_THAT(drawn.image_filters, ElementsAre(1));
  EXPECT_EQ(drawn.noise, 0xded80acc91b17227);
}

TEST(GreyboxDraw, AnotherKindAndAnotherPromptDrawOtherwise) {
  const auto kind = kind_with_everything();
  const auto noise = [&](PromptKind name, std::uint64_t ordinal) {
    return draw(kind, 42, name, ordinal).noise;
  };
  EXPECT_NE(noise(PromptKind::json, 7), noise(PromptKind::text, 7));
  EXPECT_NE(noise(PromptKind::json, 7), noise(PromptKind::json, 8));
}

// Everything but the key that was changed.
void expect_same_but(Draw one, Draw two, void (*forget)(Draw&)) {
  forget(one);
  forget(two);
  EXPECT_EQ(one, two);
}

TEST(GreyboxDraw, ChangingOneKeyLeavesTheDrawsOfAllOthers) {
  const auto kind = kind_with_everything();
  for (std::uint64_t n = 1; n <= 50; ++n) {
    const auto before = draw(kind, kSeed, PromptKind::text, n);
    const auto after = [&](auto change) {
      auto changed = kind;
      change(changed);
      return draw(changed, kSeed, PromptKind::text, n);
    };
    expect_same_but(before, after([](auto& k) { k.temperature = {}; }),
                    [](Draw& d) { d.temperature = {}; });
    expect_same_but(before, after([](auto& k) { k.pool.pop_back(); }),
                    [](Draw& d) { d.models.clear(); });
    expect_same_but(before, after([](auto& k) { k.provider_seed = {}; }),
                    [](Draw& d) { d.seed = {}; });
    expect_same_but(before, after([](auto& k) { k.phrasings.clear(); }), [](Draw& d) {
      d.phrasing = {};
      d.sections.clear();
    });
    expect_same_but(before, after([](auto& k) { k.delimiters.clear(); }), [](Draw& d) {
      d.delimiter = {};
      d.delimiters = {};
    });
    expect_same_but(before, after([](auto& k) { k.filters.clear(); }),
                    [](Draw& d) { d.filters.clear(); });
    expect_same_but(before, after([](auto& k) { k.filters.push_back({"NFC", 0}); }), [](Draw&) {});
    expect_same_but(before, after([](auto& k) { k.image_filters.clear(); }),
                    [](Draw& d) { d.image_filters.clear(); });
  }
}

TEST(GreyboxDraw, DelimitersAreOthersForEveryPrompt) {
  auto kind = kind_with_everything();
  kind.delimiters.clear();
  std::set<std::string> seen;
  for (const auto& each : draws_of(kind, kSeed, 100)) {
    EXPECT_NE(each.delimiters.open, each.delimiters.close);
    seen.insert(each.delimiters.open);
    seen.insert(each.reserve.open);
  }
  EXPECT_EQ(seen.size(), 200u);
}

TEST(GreyboxDraw, BothDelimitersHaveTheSameRandomPart) {
  auto kind = kind_with_everything();
  kind.delimiters.pop_back();
  const auto drawn = draw(kind, kSeed, PromptKind::text, 1);
  EXPECT_EQ(drawn.delimiters.open.size(), 20u);
  EXPECT_EQ(drawn.delimiters.close, "<</" + drawn.delimiters.open.substr(2));
}

TEST(GreyboxDraw, NothingConfiguredDrawsNothing) {
  const auto drawn = draw({}, kSeed, PromptKind::text, 1);
  EXPECT_TRUE(drawn.models.empty());
  EXPECT_FALSE(drawn.temperature || drawn.top_p || drawn.seed || drawn.phrasing);
  EXPECT_TRUE(drawn.filters.empty());
  EXPECT_TRUE(drawn.image_filters.empty());
}

// Printed as a figure; the bound is far above what any build takes.
TEST(GreyboxDraw, ADrawTakesMicrosecondsAtMost) {
  const auto kind = kind_with_everything();
  constexpr int kRounds = 20'000;
  std::uint64_t sum = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int n = 1; n <= kRounds; ++n)
    sum += draw(kind, kSeed, PromptKind::text, static_cast<std::uint64_t>(n)).noise;
  const auto took = std::chrono::steady_clock::now() - start;
  const auto each = std::chrono::duration_cast<std::chrono::nanoseconds>(took).count() / kRounds;
  RecordProperty("nanoseconds", std::to_string(each));
  std::printf("a draw of every key: %lld ns\n", static_cast<long long>(each));
  EXPECT_NE(sum, 0u);
  EXPECT_LT(each, 1'000'000) << "nanoseconds";
}

}  // namespace
}  // namespace gvm::greybox
