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
  EXPECT_EQ(parse_retry_after("", now), std::nullopt);
  EXPECT_EQ(parse_retry_after("-1", now), std::nullopt);
}

TEST(Backoff, ReadsTheOldFormsOfDatesToo) {
  const auto now = std::chrono::system_clock::from_time_t(784111777);
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:49:47 GMT", now), milliseconds(10'000));
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:50:37 1994", now), milliseconds(60'000));
  EXPECT_EQ(parse_retry_after("Mon Nov 14 08:49:37 1994", now), std::chrono::hours(8 * 24));
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:49:47 GMT and more", now), std::nullopt);
}

TEST(Backoff, ReadsNumbersWithAFractionAndOfAnyLength) {
  const auto now = std::chrono::system_clock::now();
  const auto year = std::chrono::hours(365 * 24);
  EXPECT_EQ(parse_retry_after("7.5", now), milliseconds(7'500));
  EXPECT_EQ(parse_retry_after(" 0.25 ", now), milliseconds(250));
  EXPECT_EQ(parse_retry_after("0", now), milliseconds(0));
  EXPECT_EQ(parse_retry_after(std::string(30, '9'), now), year);
  EXPECT_EQ(parse_retry_after(std::string(400, '9'), now), year);
  for (const auto* wrong : {"1e3", "7,5", "1.2.3", ".5", "0x10", "+3", "-0", "inf", "nan", "5s"})
    EXPECT_EQ(parse_retry_after(wrong, now), std::nullopt) << wrong;
}

TEST(Backoff, PrefersTheHeaderInMilliseconds) {
  HttpResponse response;
  response.headers = {{"retry-after", "9"}, {"retry-after-ms", "7000.5"}};
  EXPECT_EQ(retry_after(response), milliseconds(7'001));
  response.headers = {{"retry-after", "9"}, {"retry-after-ms", "soon"}};
  EXPECT_EQ(retry_after(response), milliseconds(9'000));
}

TEST(Backoff, DoublesUpToTheLongest) {
  const auto second = backoff(milliseconds(100), milliseconds(10'000), 2);
  EXPECT_GE(second, milliseconds(200));
  EXPECT_LE(second, milliseconds(250));
  EXPECT_EQ(backoff(milliseconds(100), milliseconds(300), 40), milliseconds(300));
}

}  // namespace
}  // namespace gvm::net
