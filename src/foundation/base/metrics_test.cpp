#include "base/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace gvm::metrics {
namespace {

TEST(Metrics, AFamilyIsSaidOnceAndItsSamplesFollow) {
  Exposition out;
  out.family("calls_total", Type::counter, "Calls by outcome.")
      .sample(std::uint64_t{18446744073709551615U}, {{"backend", "a"}, {"outcome", "ok"}})
      .sample(0, {{"backend", "b"}, {"outcome", "ok"}});
  out.family("below", Type::gauge, "May be negative.").sample(-5);
  EXPECT_EQ(out.text(),
            "# HELP calls_total Calls by outcome.\n# TYPE calls_total counter\n"
            "calls_total{backend=\"a\",outcome=\"ok\"} 18446744073709551615\n"
            "calls_total{backend=\"b\",outcome=\"ok\"} 0\n"
            "# HELP below May be negative.\n# TYPE below gauge\nbelow -5\n");
}

TEST(Metrics, TextIsEscapedAsTheFormatAsks) {
  Exposition out;
  out.family("x", Type::gauge, "A \"quoted\" \\ and a\nbreak.").sample(1, {{"l", "\"\\\n{},="}});
  EXPECT_EQ(out.text(),
            "# HELP x A \"quoted\" \\\\ and a\\nbreak.\n# TYPE x gauge\n"
            "x{l=\"\\\"\\\\\\n{},=\"} 1\n");
}

TEST(Metrics, NumbersAreWrittenExactly) {
  Exposition out;
  out.family("x", Type::gauge, "Numbers.")
      .sample(0.1)
      .sample(1e300)
      .sample(std::numeric_limits<double>::infinity())
      .sample(-std::numeric_limits<double>::infinity())
      .sample(std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(out.text().ends_with("\nx 0.1\nx 1e+300\nx +Inf\nx -Inf\nx NaN\n")) << out.text();
}

TEST(Metrics, AHistogramIsCumulative) {
  constexpr std::array<double, 2> kBounds{0.5, 1};
  constexpr std::array<std::uint64_t, 3> kCounts{2, 0, 3};
  Exposition out;
  out.histogram("t_seconds", "Time.", kBounds, kCounts, 7.25);
  EXPECT_EQ(out.text(),
            "# HELP t_seconds Time.\n# TYPE t_seconds histogram\n"
            "t_seconds_bucket{le=\"0.5\"} 2\nt_seconds_bucket{le=\"1\"} 2\n"
            "t_seconds_bucket{le=\"+Inf\"} 5\nt_seconds_sum 7.25\nt_seconds_count 5\n");
}

}  // namespace
}  // namespace gvm::metrics
