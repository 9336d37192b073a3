// Every row of tests/data/usage: a usage object as a provider sends it, prices, and the exact cost,
// whose arithmetic is written out and calculated here without the code under test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "base/json.h"
#include "pricing/cost.h"
#include "pricing/test_catalog.h"
#include "pricing/test_expression.h"
#include "support/paths.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::pricing {
namespace {

struct Row {
  std::string file;
  Value value;
  std::string text(std::string_view pointer) const {
    return std::string(text::string_at(value, pointer).value_or(""));
  }
  std::uint64_t count(std::string_view pointer) const {
    return static_cast<std::uint64_t>(text::integer_at(value, pointer).value_or(0));
  }
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.file << "/" << row.text("/name");
}

std::vector<Row> read_rows() {
  std::vector<Row> rows;
  for (const auto& file :
       std::filesystem::directory_iterator(test::source_dir() + "/tests/data/usage")) {
    if (file.path().extension() != ".json") continue;
    std::ifstream stream(file.path());
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    auto parsed = text::parse_json(text);
    if (!parsed) throw std::runtime_error(file.path().string() + parsed.error().to_string());
    for (auto& row : *parsed->as_array())
      rows.push_back({file.path().stem().string(), std::move(row)});
  }
  std::ranges::sort(rows, {}, [](const Row& row) { return row.file + row.text("/name"); });
  return rows;
}

config::Provider provider_of(const std::string& name) {
  if (name == "anthropic") return config::Provider::anthropic;
  if (name == "google") return config::Provider::google;
  if (name == "ollama") return config::Provider::ollama;
  return config::Provider::openai_compatible;
}

CallBounds bounds_of(const Row& row) {
  CallBounds bounds;
  bounds.images = row.count("/call/images");
  if (const auto n = text::integer_at(row.value, "/call/prompt_tokens")) bounds.prompt_tokens = n;
  if (const auto n = text::integer_at(row.value, "/call/output_tokens")) bounds.output_tokens = n;
  return bounds;
}

PriceCatalog catalog_of_row(const Row& row) {
  auto prices = *row.value.find("prices");
  prices.as_map()->set("model", Value::string("m"));
  return catalog_of(json::write(Value::fields("models", Value::list(std::move(prices)))));
}

std::vector<std::string> flags_of(const Row& row) {
  std::vector<std::string> flags;
  for (const auto& flag : *text::at(row.value, "/expect/flags")->as_array())
    flags.emplace_back(*flag.as_string());
  return flags;
}

void expect_counts(const Usage& usage, const Row& row) {
  EXPECT_EQ(usage_form_name(usage.form), row.text("/expect/form"));
  EXPECT_EQ(usage.images, row.count("/expect/images"));
  const bool counted = text::at(row.value, "/expect/input") != nullptr;
  EXPECT_EQ(usage.known, counted);
  if (!counted) return;
  EXPECT_EQ(usage.input, row.count("/expect/input"));
  EXPECT_EQ(usage.cache_read, row.count("/expect/cache_read"));
  EXPECT_EQ(usage.cache_write, row.count("/expect/cache_write"));
  EXPECT_EQ(usage.cache_write_1h, row.count("/expect/cache_write_1h"));
  EXPECT_EQ(usage.output, row.count("/expect/output"));
  EXPECT_EQ(usage.reasoning, row.count("/expect/reasoning"));
}

class RecordedUsage : public testing::TestWithParam<Row> {};

TEST_P(RecordedUsage, CostsExactlyWhatItsArithmeticSays) {
  const auto& row = GetParam();
  const auto usage =
      read_usage(*row.value.find("usage"), provider_of(row.text("/provider")), bounds_of(row));
  expect_counts(usage, row);
  EXPECT_EQ(usage.reported_cost ? usage.reported_cost->to_string() : "",
            row.text("/expect/reported"));
  const auto catalog = catalog_of_row(row);
  const auto cost = pricing::cost(usage, **catalog.find("", "m", on_day(2026, 1, 1)));
  const auto unknown = row.text("/expect/unknown");
  if (!cost) {
    EXPECT_EQ(unknown_name(cost.error()), unknown);
    EXPECT_THAT(usage.flags.names(), testing::UnorderedElementsAreArray(flags_of(row)));
    return;
  }
  EXPECT_EQ(unknown, "");
  EXPECT_THAT(cost->flags.names(), testing::UnorderedElementsAreArray(flags_of(row)));
  EXPECT_EQ(cost_source_name(cost->source), row.text("/expect/source"));
  const auto by_hand = TestExpression::value(row.text("/arithmetic"));
  EXPECT_EQ(cost->exact.to_rational(), by_hand) << cost->exact.to_string();
  EXPECT_EQ(cost->exact.to_string(), row.text("/expect/cost_usd"));
  EXPECT_EQ(Integer(cost->nano_usd), (by_hand * money::Rational(kNanoPerUsd)).ceil());
  EXPECT_EQ(cost->nano_usd, static_cast<std::int64_t>(row.count("/expect/nano_usd")));
}

INSTANTIATE_TEST_SUITE_P(Rows, RecordedUsage, testing::ValuesIn(read_rows()), [](const auto& row) {
  return row.param.file + "_" + row.param.text("/name");
});

TEST(RecordedUsageRows, AreManyOfManyProviders) {
  std::set<std::string> files;
  std::set<std::string> names;
  for (const auto& row : read_rows()) {
    files.insert(row.file);
    names.insert(row.file + row.text("/name"));
  }
  EXPECT_GE(names.size(), 60U);
  EXPECT_GE(files.size(), 8U);
}

}  // namespace
}  // namespace gvm::pricing
