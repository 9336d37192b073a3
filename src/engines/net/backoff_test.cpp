#include "net/backoff.h"

#include <gtest/gtest.h>

namespace gvm::net {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, ReadsRetryAfterAsSecondsOrDate) {
  const auto now =
      std::chrono::system_clock::from_time_t(784111777);  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_EQ(parse_retry_after("120", now), milliseconds(120'000));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:07 GMT", now), milliseconds(30'000));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), milliseconds(0));
  EXPECT_EQ(parse_retry_after("soon", now), std::nullopt);
  EXPECT_EQ(parse_retry_after("-1", now), std::nullopt);
}

TEST(Backoff, DoublesUpToTheLongest) {
  const auto second = backoff(milliseconds(100), milliseconds(10'000), 2);
  EXPECT_GE(second, milliseconds(200));
  EXPECT_LE(second, milliseconds(250));
  EXPECT_EQ(backoff(milliseconds(100), milliseconds(300), 40), milliseconds(300));
}

}  // namespace
}  // namespace gvm::net
