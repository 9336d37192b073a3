#include "trace/context.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace gvm::trace {
namespace {

constexpr std::string_view kGood = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Traceparent, IsReadAndWrittenAsItCame) {
  const auto context = parse_traceparent(kGood);
  ASSERT_TRUE(context);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(traceparent_of(*context), kGood);
}

TEST(Traceparent, OnlyTheFlagForSampledCounts) {
  const std::string ids = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-";
  EXPECT_FALSE(parse_traceparent(ids + "00")->sampled);
  EXPECT_FALSE(parse_traceparent(ids + "fe")->sampled);
  EXPECT_TRUE(parse_traceparent(ids + "03")->sampled);
}

TEST(Traceparent, OfALaterVersionMayHaveMoreBehindItsFields) {
  const std::string later = "cc" + std::string(kGood.substr(2));
  EXPECT_TRUE(parse_traceparent(later));
  EXPECT_TRUE(parse_traceparent(later + "-what-comes-later"));
  EXPECT_FALSE(parse_traceparent(later + "0"));
}

class BadTraceparent : public testing::TestWithParam<const char*> {};

TEST_P(BadTraceparent, IsIgnored) {
  EXPECT_FALSE(parse_traceparent(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadTraceparent,
    testing::Values("", "00", "garbage",
                    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",    // capitals
                    "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",    //
                    "0A-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",    //
                    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0A",    //
                    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",    // no such version
                    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",    // zeros
                    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",    //
                    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",  // too long
                    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",     // too short
                    "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",    // other marks
                    "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",    //
                    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",    //
                    " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",   // blanks
                    "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",    // moved
                    "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01"));  // no digit

TEST(TraceIds, AreNeverTheSameTwice) {
  std::set<TraceId> traces;
  std::set<SpanId> spans;
  for (int i = 0; i < 10'000; ++i) {
    traces.insert(new_trace_id());
    spans.insert(new_span_id());
  }
  EXPECT_EQ(traces.size(), 10'000U);
  EXPECT_EQ(spans.size(), 10'000U);
}

}  // namespace
}  // namespace gvm::trace
