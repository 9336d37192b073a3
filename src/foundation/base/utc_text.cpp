#include "base/utc_text.h"

namespace gvm {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;

constexpr std::int64_t kSecondsPerDay = 24 * 60 * 60;

std::int64_t seconds_of(sys_days day) {
  return day.time_since_epoch().count() * kSecondsPerDay;
}

// `width` digits, with zeros in front.
void put(char* at, std::uint64_t number, int width) {
  while (width-- > 0) {
    at[width] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

}  // namespace

std::string utc_text(std::int64_t seconds) {
  const auto first = seconds_of(year{0} / 1 / 1);
  const auto end = seconds_of(year{10'000} / 1 / 1);
  if (seconds < first || seconds >= end) return "never";
  const auto day = std::chrono::floor<days>(std::chrono::seconds(seconds));
  const std::chrono::year_month_day date{sys_days(day)};
  const auto of_day = static_cast<std::uint64_t>(seconds - std::chrono::seconds(day).count());
  std::string text = "0000-00-00T00:00:00Z";
  put(&text[0], static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  put(&text[5], static_cast<unsigned>(date.month()), 2);
  put(&text[8], static_cast<unsigned>(date.day()), 2);
  put(&text[11], of_day / 3600, 2);
  put(&text[14], of_day / 60 % 60, 2);
  put(&text[17], of_day % 60, 2);
  return text;
}

std::string utc_text(std::chrono::system_clock::time_point when) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(when).time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  std::string text = utc_text(std::int64_t{seconds.count()});
  if (text.back() != 'Z') return text;
  text.replace(text.size() - 1, 1, ".000Z");
  put(&text[text.size() - 4], static_cast<std::uint64_t>((since - seconds).count()), 3);
  return text;
}

}  // namespace gvm
