#include "pricing/cost.h"

#include <gtest/gtest.h>

#include <random>

#include "pricing/test_catalog.h"

namespace gvm::pricing {
namespace {

const Entry& entry_in(const PriceCatalog& catalog) {
  return **catalog.find("", "m", on_day(2026, 1, 1));
}

std::int64_t worst(const std::string& prices, const PlannedCall& plan) {
  const auto catalog = catalog_with(prices);
  const auto nano = worst_case(entry_in(catalog), plan);
  if (nano) return *nano;
  ADD_FAILURE() << unknown_name(nano.error());
  return -1;
}

TEST(WorstCase, IsThePromptAndAllThatMayBeAnswered) {
  EXPECT_EQ(worst("input: 1, output: 2", {.prompt_tokens = 1000, .max_tokens = 500}), 2'000'000);
}

TEST(WorstCase, TakesTheDefaultWhenTheRequestSetsNoLimit) {
  EXPECT_EQ(worst("input: 1, output: 2", {.prompt_tokens = 1000, .default_max_tokens = 4096}),
            9'192'000);
}

TEST(WorstCase, CountsImagesAndTheRequest) {
  EXPECT_EQ(worst("input: 0, output: 0, image: 0.003, request: 0.01", {.images = 3}), 19'000'000);
}

TEST(WorstCase, ReckonsWithTheDearestKindOfToken) {
  const std::string prices = "input: 1, output: 2, cache_write: 1.25, reasoning: 3";
  EXPECT_EQ(worst(prices, {.prompt_tokens = 1000, .max_tokens = 100}), 1'550'000);
  EXPECT_EQ(
      worst(prices,
            {.prompt_tokens = 1000, .max_tokens = 100, .cache_writes = CacheWrites::impossible}),
      1'300'000);
}

TEST(WorstCase, ReckonsWithEveryTierWithinReach) {
  const std::string dearer = "input: 1, output: 1, tiers: [{above: 100, input: 2, output: 2}]";
  EXPECT_EQ(worst(dearer, {.prompt_tokens = 100}), 100'000);
  EXPECT_EQ(worst(dearer, {.prompt_tokens = 101}), 202'000);
  const std::string cheaper = "input: 2, output: 1, tiers: [{above: 100, input: 1, output: 1}]";
  EXPECT_EQ(worst(cheaper, {.prompt_tokens = 101}), 200'000) << "100 tokens cost more than 101";
}

TEST(WorstCase, RoundsUp) {
  EXPECT_EQ(worst("input: 0.000001, output: 0", {.prompt_tokens = 1}), 1);
}

TEST(WorstCase, IsUnknownWithoutPricesAndBeyondReason) {
  const auto reported = catalog_with("use_reported_cost: true");
  EXPECT_EQ(worst_case(entry_in(reported), {}).error(), Unknown::no_prices);
  const auto dear = catalog_with("input: 10000, output: 10000");
  EXPECT_EQ(worst_case(entry_in(dear), {.prompt_tokens = UINT64_MAX}).error(), Unknown::absurd);
  EXPECT_EQ(worst_case(entry_in(dear), {.max_tokens = 1'000'000'000}).error(), Unknown::absurd);
}

// Whatever usage a provider reports within the plan, the reservation is at least its cost.
TEST(WorstCase, IsNeverLessThanTheCost) {
  const auto catalog = catalog_with(
      "input: 1.1, output: 4.4, cache_read: 0.3, cache_write: 1.375, cache_write_1h: 2.2, "
      "reasoning: 4.9, image: 0.0013, request: 0.0002, "
      "tiers: [{above: 1000, input: 2.2, output: 3, cache_read: 0.6, cache_write: 2.75, "
      "cache_write_1h: 4.4, reasoning: 3}, {above: 3000, input: 1, output: 9, cache_read: 1, "
      "cache_write: 1, cache_write_1h: 1, reasoning: 1}]");
  const auto& entry = entry_in(catalog);
  std::mt19937_64 random(7);
  const auto below = [&](std::uint64_t n) { return random() % (n + 1); };
  for (int i = 0; i < 20'000; ++i) {
    const PlannedCall plan{
        .prompt_tokens = below(5000), .max_tokens = below(2000), .images = below(3)};
    Usage usage;
    usage.known = true;
    usage.cache_read = below(plan.prompt_tokens);
    usage.cache_write = below(plan.prompt_tokens - usage.cache_read);
    usage.cache_write_1h = below(plan.prompt_tokens - usage.cache_read - usage.cache_write);
    usage.input = below(plan.prompt_tokens - usage.prompt_tokens());
    usage.reasoning = below(*plan.max_tokens);
    usage.output = below(*plan.max_tokens - usage.reasoning);
    usage.images = below(plan.images);
    ASSERT_LE(cost(usage, entry)->nano_usd, *worst_case(entry, plan));
  }
}

TEST(Cost, OfUnknownUsageIsUnknown) {
  const auto catalog = catalog_with("input: 0, output: 0");
  EXPECT_EQ(cost(Usage{}, entry_in(catalog)).error(), Unknown::no_usage);
}

TEST(Cost, OfTheMostThatCanBeCountedDoesNotWrap) {
  const auto catalog =
      catalog_with("input: 10000, output: 10000, reasoning: 10000, image: 1000, request: 1000");
  Usage usage;
  usage.known = true;
  usage.input = usage.output = usage.reasoning = usage.images = std::uint64_t{1} << 53;
  EXPECT_EQ(cost(usage, entry_in(catalog)).error(), Unknown::absurd);
}

TEST(Cost, KeepsTheFlagsOfTheUsage) {
  const auto catalog = catalog_with("input: 1, output: 1");
  Usage usage;
  usage.known = true;
  usage.flags.set(Flag::hidden_output);
  EXPECT_TRUE(cost(usage, entry_in(catalog))->flags.has(Flag::hidden_output));
}

}  // namespace
}  // namespace gvm::pricing
