#include "pricing/price_catalog.h"

#include <gtest/gtest.h>

#include "pricing/test_catalog.h"

namespace gvm::pricing {
namespace {

// The input price of the entry that is found, in USD per million tokens, or the reason why there is
// none.
std::string found(const PriceCatalog& catalog, std::string_view backend, std::string_view model,
                  PriceCatalog::Time time = on_day(2026, 6, 1)) {
  const auto entry = catalog.find(backend, model, time);
  if (!entry) return std::string(unknown_name(entry.error()));
  return Usd::from_pico((*entry)->base.input).to_string();
}

TEST(PriceCatalog, OfNothingKnowsNoPrice) {
  EXPECT_EQ(found(PriceCatalog(), "a", "m"), "no_entry");
}

TEST(PriceCatalog, PrefersTheBackendThenTheExactNameThenTheLongestPrefix) {
  const auto catalog = catalog_of(R"(
models:
  - {model: "*", input: 1, output: 1}
  - {model: gpt-*, input: 2, output: 1}
  - {model: gpt-4o-*, input: 3, output: 1}
  - {model: gpt-4o-mini, input: 4, output: 1}
  - {model: gpt-*, backend: azure, input: 5, output: 1}
  - {model: gpt-4o-mini, backend: azure, input: 6, output: 1}
)");
  EXPECT_EQ(catalog.size(), 6U);
  EXPECT_EQ(found(catalog, "x", "llama"), "1");
  EXPECT_EQ(found(catalog, "x", "gpt-5"), "2");
  EXPECT_EQ(found(catalog, "x", "gpt-4o-2024-08-06"), "3");
  EXPECT_EQ(found(catalog, "x", "gpt-4o-mini"), "4");
  EXPECT_EQ(found(catalog, "azure", "gpt-4o-2024-08-06"), "5");
  EXPECT_EQ(found(catalog, "azure", "gpt-4o-mini"), "6");
  EXPECT_EQ(found(catalog, "azure", "llama"), "1");
  EXPECT_EQ(found(catalog, "", "gpt-4o-mini"), "4");
}

TEST(PriceCatalog, NamesAreExactInTheirCase) {
  EXPECT_EQ(found(catalog_with("input: 1, output: 1"), "x", "M"), "no_entry");
}

TEST(PriceCatalog, OneEntryMayPriceSeveralNames) {
  const auto catalog = catalog_of("models: [{model: [a, b, \"c*\"], input: 1, output: 1}]");
  EXPECT_EQ(catalog.size(), 3U);
  for (const auto* model : {"a", "b", "c", "cd"}) EXPECT_EQ(found(catalog, "x", model), "1");
}

constexpr std::string_view kDated = R"(
models:
  - {model: m, input: 1, output: 1, valid_until: 2026-01-31}
  - {model: m, input: 2, output: 1, valid_from: 2026-02-01, valid_until: 2026-02-28}
  - {model: m, input: 3, output: 1, valid_from: 2026-03-02}
  - {model: "*", input: 9, output: 1}
)";

TEST(PriceCatalog, PricesAreThoseOfTheDay) {
  const auto catalog = catalog_of(kDated);
  EXPECT_EQ(found(catalog, "x", "m", on_day(1999, 1, 1)), "1");
  EXPECT_EQ(found(catalog, "x", "m", on_day(2026, 2, 1) - std::chrono::nanoseconds(1)), "1");
  EXPECT_EQ(found(catalog, "x", "m", on_day(2026, 2, 1)), "2");
  EXPECT_EQ(found(catalog, "x", "m", on_day(2026, 3, 1) - std::chrono::nanoseconds(1)), "2");
  EXPECT_EQ(found(catalog, "x", "m", on_day(2026, 3, 2)), "3");
}

TEST(PriceCatalog, AnOutdatedPriceIsUnknownAndNoWiderOneStandsIn) {
  EXPECT_EQ(found(catalog_of(kDated), "x", "m", on_day(2026, 3, 1)), "not_valid_now");
}

TEST(PriceCatalog, HashChangesWithWhatHasAnEffectAndNothingElse) {
  const auto hash = [](std::string_view yaml) { return catalog_of(yaml).hash(); };
  const auto base =
      hash("models: [{model: a, input: 1, output: 2}, {model: b, input: 3, output: 4}]");
  EXPECT_EQ(base.size(), 16U);
  EXPECT_EQ(hash(R"(
# the same, written otherwise
currency: USD
models:
  - model: [b]
    input: "3.00"
    output: 4
    note: of the last price list
  - {model: a, input: 1.0, output: 2, cache_read: 1}
)"),
            base);
  for (const auto* other :
       {"models: [{model: a, input: 1, output: 2}, {model: b, input: 3, output: 5}]",
        "models: [{model: a, input: 1, output: 2}, {model: b, input: 3, output: 4, backend: x}]",
        "models: [{model: a, input: 1, output: 2}, {model: b, input: 3, output: 4, request: 1}]",
        "models: [{model: a, input: 1, output: 2}, {model: b, input: 3, output: 4, image: 1}]",
        "models: [{model: a, input: 1, output: 2}, {model: c, input: 3, output: 4}]",
        "models: [{model: a, input: 1, output: 2}, "
        "{model: b, input: 3, output: 4, valid_until: 2030-01-01}]",
        "models: [{model: a, input: 1, output: 2}, "
        "{model: b, input: 3, output: 4, tiers: [{above: 9, input: 3, output: 4}]}]",
        "models: [{model: a, input: 1, output: 2}, "
        "{model: b, input: 3, output: 4, use_reported_cost: true}]"})
    EXPECT_NE(hash(other), base) << other;
}

TEST(PriceCatalog, FillsInPricesThatAreLeftOut) {
  const auto catalog = catalog_with("input: 1, output: 2, cache_write: 3");
  const auto& rates = (*catalog.find("", "m", on_day(2026, 1, 1)))->base;
  EXPECT_EQ(rates.cache_read, rates.input);
  EXPECT_EQ(rates.cache_write_1h, rates.cache_write);
  EXPECT_EQ(rates.reasoning, rates.output);
  EXPECT_TRUE(rates.cache_write_given);
  EXPECT_FALSE(rates.cache_write_1h_given);
}

}  // namespace
}  // namespace gvm::pricing
