#include "serve/history.h"

#include <gtest/gtest.h>

#include "text/json.h"

namespace gvm::serve {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

constexpr std::string_view kScrape =
    "# HELP calls_total Calls.\n# TYPE calls_total counter\n"
    "calls_total{backend=\"a\",model=\"m } \\\" , x=\\\"\",outcome=\"answered\"} 2\n"
    "calls_total{backend=\"b\",model=\"n\",outcome=\"answered\"} 3\n"
    "calls_total{backend=\"b\",model=\"n\",outcome=\"failed\"} 1\n"
    "open 7\n"
    "cost_usd_total{backend=\"a\"} 0.25\n"
    "not a metric\n\nbroken{ 1\nempty{} \n";

TEST(History, AddsUpWhatAgreesInTheKeptLabels) {
  History history;
  history.take(kScrape, system_clock::time_point(seconds(100)));
  EXPECT_EQ(history.json(),
            "{\"interval_seconds\":10,\"times\":[100],\"series\":{"
            "\"calls_total{outcome=\\\"answered\\\"}\":[5],"
            "\"calls_total{outcome=\\\"failed\\\"}\":[1],"
            "\"cost_usd_total\":[0.25],\"open\":[7]}}");
}

TEST(History, HasNullWhereASeriesHadNoValue) {
  History history;
  history.take("a 1\n", system_clock::time_point(seconds(1)));
  history.take("b 2\n", system_clock::time_point(seconds(2)));
  history.take("a 3\nb NaN\n", system_clock::time_point(seconds(3)));
  EXPECT_EQ(
      history.json(),
      R"({"interval_seconds":10,"times":[1,2,3],"series":{"a":[1,null,3],"b":[null,2,null]}})");
}

TEST(History, KeepsAnHourAndABoundedNumberOfSeries) {
  History history;
  std::string many;
  for (std::size_t i = 0; i < History::kSeries + 50; ++i) many += "s" + std::to_string(i) + " 1\n";
  for (std::size_t i = 0; i < History::kPoints + 5; ++i)
    history.take(many, system_clock::time_point(seconds(i * 10)));
  const auto json = text::parse_json(history.json());
  ASSERT_TRUE(json);
  EXPECT_EQ(json->find("times")->as_array()->size(), History::kPoints);
  EXPECT_EQ(json->find("times")->as_array()->front(), Value::integer(50));
  EXPECT_EQ(json->find("series")->as_map()->size(), History::kSeries);
  for (const auto& [name, values] : *json->find("series")->as_map())
    EXPECT_EQ(values.as_array()->size(), History::kPoints);
}

}  // namespace
}  // namespace gvm::serve
