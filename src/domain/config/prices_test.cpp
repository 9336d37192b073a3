#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/prices_load.h"
#include "config/schema.h"
#include "config/test_environment.h"
#include "support/paths.h"

namespace gvm::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string messages(std::string_view text) {
  const auto loaded = load_prices_text(text, "p.yaml", test_environment());
  return loaded ? "loads" : to_string(loaded.error());
}

PriceCatalogConfig load(std::string_view text) {
  auto loaded = load_prices_text(text, "p.yaml", test_environment());
  if (loaded) return std::move(loaded->config);
  ADD_FAILURE() << to_string(loaded.error());
  return {};
}

// "input" of the only entry of a catalogue.
std::string message_of_price(const std::string& price) {
  return messages("models:\n- model: m\n  output: 1\n  input: " + price + "\n");
}

std::string pico(std::string_view text) {
  const auto price = parse_price(text, kMaxUsdPerMillionTokens);
  return price ? std::to_string(price->pico) : std::string(price.error());
}

TEST(ParsePrice, IsExact) {
  EXPECT_EQ(pico("0"), "0");
  EXPECT_EQ(pico("2"), "2000000000000");
  EXPECT_EQ(pico("2.50"), "2500000000000");
  EXPECT_EQ(pico("0.1"), "100000000000");
  EXPECT_EQ(pico("0.000000000001"), "1");
  EXPECT_EQ(pico("123.456789012345"), "123456789012345");
  EXPECT_EQ(pico("10000"), "10000000000000000");
  EXPECT_EQ(pico("10000.000000000000"), "10000000000000000");
  EXPECT_EQ(pico("000000000000002"), "2000000000000");
}

TEST(ParsePrice, SaysWhatIsWrong) {
  EXPECT_EQ(pico("-1"), "negative");
  EXPECT_EQ(pico("-0.5"), "negative");
  EXPECT_EQ(pico("10000.000000000001"), "above the ceiling");
  EXPECT_EQ(pico("99999999999999999999999999999999"), "above the ceiling");
  EXPECT_EQ(pico("0.0000000000001"), "more than 12 decimals");
  EXPECT_EQ(pico("1.0000000000000"), "more than 12 decimals");
  for (const auto* text : {"", "+1", "-", ".5", "5.", "1e3", "1,5", "1.2.3", ".nan", ".inf", "NaN",
                           "1_000", "0x10", " 1", "1 ", "$1", "2.5}"})
    EXPECT_EQ(pico(text), "no plain decimal") << text;
}

TEST(Prices, AreReadFromNumbersAndTexts) {
  const auto catalog = load(R"(
currency: USD
models:
  - model: [gpt-4o, gpt-4o-*]
    backend: openai
    input: 2.50
    output: "10.00"
    cache_read: 1.25
    cache_write: 3
    cache_write_1h: 5
    reasoning: 12
    image: 0.003613
    request: 0.01
    tiers:
      - {above: 200000, input: 5, output: 20, cache_read: 2.5, cache_write: 6, cache_write_1h: 9, reasoning: 24}
    valid_from: 2025-01-31
    valid_until: "2026-02-28"
    use_reported_cost: true
    note: checked
)");
  ASSERT_EQ(catalog.entries.size(), 1U);
  const auto& e = catalog.entries.front();
  EXPECT_THAT(e.models, ElementsAre("gpt-4o", "gpt-4o-*"));
  EXPECT_EQ(e.backend, "openai");
  EXPECT_EQ(e.tokens.input, PriceUsd{2'500'000'000'000});
  EXPECT_EQ(e.tokens.output, PriceUsd{10'000'000'000'000});
  EXPECT_EQ(e.tokens.cache_read, PriceUsd{1'250'000'000'000});
  EXPECT_EQ(e.tokens.cache_write, PriceUsd{3'000'000'000'000});
  EXPECT_EQ(e.tokens.cache_write_1h, PriceUsd{5'000'000'000'000});
  EXPECT_EQ(e.tokens.reasoning, PriceUsd{12'000'000'000'000});
  EXPECT_EQ(e.image, PriceUsd{3'613'000'000});
  EXPECT_EQ(e.request, PriceUsd{10'000'000'000});
  ASSERT_EQ(e.tiers.size(), 1U);
  EXPECT_EQ(e.tiers[0].above, 200'000U);
  EXPECT_EQ(e.tiers[0].tokens.output, PriceUsd{20'000'000'000'000});
  using namespace std::chrono;
  EXPECT_EQ(e.valid_from, sys_days(2025y / January / 31));
  EXPECT_EQ(e.valid_until, sys_days(2026y / February / 28));
  EXPECT_TRUE(e.use_reported_cost);
}

TEST(Prices, NeedPricesUnlessTheProviderReportsTheCost) {
  EXPECT_EQ(messages("models: [{model: m, use_reported_cost: true}]"), "loads");
  EXPECT_EQ(messages("models: [{model: m, input: 0, output: 0}]"), "loads");
  EXPECT_THAT(messages("models:\n- model: m\n"), HasSubstr("p.yaml:2:3: models[0].input: missing"));
  EXPECT_THAT(messages("models: [{model: m, input: 1}]"), HasSubstr("models[0].output: missing"));
  EXPECT_THAT(messages("models: [{model: m, input: 1, output: ~}]"),
              HasSubstr("models[0].output: missing"));
  EXPECT_THAT(messages("models: [{model: m, use_reported_cost: true, cache_read: 1}]"),
              HasSubstr("models[0].input: missing"));
}

TEST(Prices, ThatCannotBeAreRefusedWithLineAndReason) {
  EXPECT_EQ(message_of_price("-1"),
            "p.yaml:4:10: models[0].input: got \"-1\" (negative), expected a price in USD from 0 "
            "to 10000, at most 12 decimals, such as 2.50\n");
  EXPECT_THAT(message_of_price(".nan"), HasSubstr("(no plain decimal)"));
  EXPECT_THAT(message_of_price(".inf"), HasSubstr("(no plain decimal)"));
  EXPECT_THAT(message_of_price("2.5e-06"), HasSubstr("(no plain decimal)"));
  EXPECT_THAT(message_of_price("10001"), HasSubstr("(above the ceiling)"));
  EXPECT_THAT(message_of_price("0.1234567890123"), HasSubstr("(more than 12 decimals)"));
  EXPECT_THAT(message_of_price("[1]"), HasSubstr("got a list, expected a price"));
  EXPECT_THAT(message_of_price("true"), HasSubstr("(no plain decimal)"));
  EXPECT_THAT(messages("models: [{model: m, input: 1, output: 1, image: 1001}]"),
              HasSubstr("(above the ceiling)"));
}

TEST(Prices, OneStrayBraceIsRefusedWithItsLine) {
  EXPECT_THAT(messages("models:\n- {model: m, input: 1, output: 2}}\n"), HasSubstr("p.yaml:2:"));
  EXPECT_THAT(messages("models:\n- model: m\n  input: 2.5}\n  output: 1\n"),
              HasSubstr("p.yaml:3:10: models[0].input: got \"2.5}\""));
  EXPECT_THAT(messages("models:\n- model: m\n  input: {2.5\n  output: 1\n"), HasSubstr("p.yaml:"));
  EXPECT_THAT(messages("models:\n- model: m\n  input: 1\n  output: 1\n}\n"),
              HasSubstr("p.yaml:5:"));
  EXPECT_THAT(messages("{models: [{model: m, input: 1, output: 1}]\n"), HasSubstr("p.yaml:"));
}

TEST(Prices, AllErrorsAreToldInOneRun) {
  EXPECT_EQ(messages(R"(currency: EUR
models:
  - {model: m, input: -1, output: 1, inptu: 3}
  - {input: 1, output: 1, valid_from: 2025-02-30}
)"),
            "p.yaml:1:11: currency: got \"EUR\", expected USD\n"
            "p.yaml:3:23: models[0].input: got \"-1\" (negative), expected a price in USD from 0 "
            "to 10000, at most 12 decimals, such as 2.50\n"
            "p.yaml:3:38: models[0].inptu: unknown key, expected a key of a model's prices, "
            "nearest is \"input\"\n"
            "p.yaml:4:5: models[1].model: missing, expected a text or a list of texts\n"
            "p.yaml:4:39: models[1].valid_from: got \"2025-02-30\", expected a day such as "
            "2026-01-31\n");
}

TEST(Prices, OverlappingDaysOfOneNameAreRefused) {
  const auto with_days = [](const std::string& first, const std::string& second) {
    return messages("models:\n- {model: m, input: 1, output: 1" + first +
                    "}\n- {model: m, input: 2, output: 2" + second + "}\n");
  };
  EXPECT_EQ(with_days("", ""),
            "p.yaml:3:3: models[1]: got prices of \"m\" for days that line 2 has prices for, "
            "expected valid_from and valid_until that keep them apart\n");
  EXPECT_NE(with_days(", valid_until: 2026-01-31", ", valid_from: 2026-01-31"), "loads");
  EXPECT_NE(with_days(", valid_from: 2026-01-31", ", valid_until: 2026-01-31"), "loads");
  EXPECT_NE(with_days("", ", valid_from: 2026-01-01, valid_until: 2026-01-02"), "loads");
  EXPECT_EQ(with_days(", valid_until: 2026-01-31", ", valid_from: 2026-02-01"), "loads");
  EXPECT_EQ(with_days("", ", backend: other"), "loads");
  EXPECT_NE(messages("models: [{model: [m, m], input: 1, output: 1}]"), "loads");
}

TEST(Prices, DaysMustBeDays) {
  const auto with_day = [](const std::string& day) {
    return messages("models: [{model: m, input: 1, output: 1, valid_from: " + day + "}]");
  };
  for (const auto* good : {"2024-02-29", "\"2026-12-31\"", "0001-01-01"})
    EXPECT_EQ(with_day(good), "loads") << good;
  for (const auto* bad : {"2025-02-29", "2025-13-01", "2025-00-10", "2025-1-1", "20250101",
                          "2025-01-01T00:00:00Z", "soon", "2025/01/01", "[2025]", "12"})
    EXPECT_THAT(with_day(bad), HasSubstr("expected a day such as")) << bad;
  EXPECT_THAT(messages("models: [{model: m, input: 1, output: 1, valid_from: 2026-02-01, "
                       "valid_until: 2026-01-31}]"),
              HasSubstr("got a day before valid_from"));
}

TEST(Prices, TiersRiseAndForgetNoPrice) {
  const auto with_tiers = [](const std::string& tiers) {
    return messages("models: [{model: m, input: 1, output: 1, cache_read: 1, tiers: " + tiers +
                    "}]");
  };
  EXPECT_EQ(with_tiers("[{above: 5, input: 1, output: 1, cache_read: 1}]"), "loads");
  EXPECT_THAT(with_tiers("[{above: 5, input: 1, output: 1}]"),
              HasSubstr("models[0].tiers[0].cache_read: missing"));
  EXPECT_THAT(with_tiers("[{above: 5, output: 1, cache_read: 1}]"),
              HasSubstr("models[0].tiers[0].input: missing"));
  EXPECT_THAT(with_tiers("[{input: 1, output: 1, cache_read: 1}]"),
              HasSubstr("models[0].tiers[0].above: missing"));
  EXPECT_THAT(with_tiers("[{above: 5, input: 1, output: 1, cache_read: 1}, "
                         "{above: 5, input: 1, output: 1, cache_read: 1}]"),
              HasSubstr("models[0].tiers[1].above: got 5, expected more than the 5"));
  EXPECT_THAT(with_tiers("[{above: 0, input: 1, output: 1, cache_read: 1}]"),
              HasSubstr("expected an integer from 1 to 100000000 (tokens)"));
  EXPECT_THAT(with_tiers("{above: 1}"), HasSubstr("expected a list"));
}

TEST(Prices, NamesHaveAStarAtTheirEndOnly) {
  const auto with_name = [](const std::string& name) {
    return messages("models: [{model: " + name + ", input: 1, output: 1}]");
  };
  EXPECT_EQ(with_name("\"*\""), "loads");
  EXPECT_EQ(with_name("a*"), "loads");
  for (const auto* bad : {"\"*a\"", "a*b", "a**", "\"\"", "[]", "[a, \"\"]", "{a: b}"})
    EXPECT_NE(with_name(bad), "loads") << bad;
  EXPECT_NE(with_name(std::string(257, 'a')), "loads");
}

TEST(Prices, ACatalogueHasEntries) {
  for (const auto* bad : {"", "currency: USD\n", "models: []\n", "models: ~\n", "models: 3\n",
                          "models: {gpt: {input: 1, output: 1}}\n", "- model: m\n"})
    EXPECT_NE(messages(bad), "loads") << bad;
}

TEST(Prices, WhatIsOddIsWarnedOf) {
  const auto warnings = [](std::string_view text) {
    return load_prices_text(text, "p.yaml", test_environment())->warnings;
  };
  EXPECT_THAT(warnings("models: [{model: m, input: 0.0000025, output: 1}]"),
              ElementsAre(HasSubstr("looks like a price per token")));
  EXPECT_THAT(warnings("models: [{model: m, input: 1, output: 1, cache_read: 2}]"),
              ElementsAre(HasSubstr("dearer than input")));
  EXPECT_TRUE(warnings("models: [{model: m, input: 0, output: 0.0001}]").empty());
}

TEST(Prices, AMissingFileIsAnError) {
  const auto loaded = load_prices("/nonexistent/prices.yaml", test_environment());
  ASSERT_FALSE(loaded);
  EXPECT_THAT(to_string(loaded.error()), HasSubstr("cannot be opened"));
}

TEST(ShippedPrices, LoadWithoutWarnings) {
  const auto loaded = load_prices(test::source_dir() + "/config/prices.yaml", test_environment());
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_TRUE(loaded->warnings.empty());
  EXPECT_GE(loaded->config.entries.size(), 10U);
}

}  // namespace
}  // namespace gvm::config
