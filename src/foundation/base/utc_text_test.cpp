#include "base/utc_text.h"

#include <gtest/gtest.h>

#include <array>
#include <ctime>
#include <limits>

namespace gvm {
namespace {

std::string by_the_c_library(std::int64_t seconds) {
  const std::time_t when = seconds;
  std::tm parts{};
  ::gmtime_r(&when, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

TEST(UtcText, IsWhatTheCLibraryWrites) {
  constexpr std::int64_t kAcross = 30'000'000'000;  // from the year 1019 to 2920
  for (std::int64_t seconds = -kAcross; seconds <= kAcross; seconds += 7'654'321)
    ASSERT_EQ(utc_text(seconds), by_the_c_library(seconds)) << seconds;
  for (const std::int64_t seconds :
       std::initializer_list<std::int64_t>{-1, 0, 1, 951'782'399, 951'782'400, 4'107'542'399})
    EXPECT_EQ(utc_text(seconds), by_the_c_library(seconds)) << seconds;
}

TEST(UtcText, IsNeverWhereRfc3339HasNoYear) {
  EXPECT_EQ(utc_text(std::int64_t{253'402'300'799}), "9999-12-31T23:59:59Z");
  EXPECT_EQ(utc_text(std::int64_t{253'402'300'800}), "never");
  EXPECT_EQ(utc_text(std::int64_t{-62'167'219'200}), "0000-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(std::int64_t{-62'167'219'201}), "never");
  EXPECT_EQ(utc_text(std::numeric_limits<std::int64_t>::max()), "never");
  EXPECT_EQ(utc_text(std::numeric_limits<std::int64_t>::min()), "never");
}

TEST(UtcText, HasMillisecondsOfATimePoint) {
  using std::chrono::milliseconds;
  using Time = std::chrono::system_clock::time_point;
  EXPECT_EQ(utc_text(Time(milliseconds(1'700'000'000'123))), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(utc_text(Time(milliseconds(1'700'000'000'007))), "2023-11-14T22:13:20.007Z");
  EXPECT_EQ(utc_text(Time(milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace gvm
