#include "store/budget.h"

#include <array>
#include <chrono>
#include <limits>

namespace gvm::store {
namespace {

constexpr std::array<std::string_view, 6> kSpanNames{"session", "minute", "hour",
                                                     "day",     "week",   "month"};
constexpr std::array<std::int64_t, 6> kLengths{0, 60, 3'600, 86'400, 7 * 86'400, 30 * 86'400};
constexpr std::array<std::int64_t, 6> kBuckets{0, 1, 60, 15 * 60, 3'600, 6 * 3'600};
constexpr std::string_view kRolling = "rolling ";
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kMondayOffset = 3 * kDay;  // 1970-01-01 was a Thursday

std::int64_t floor_to(std::int64_t seconds, std::int64_t step) {
  const auto rest = seconds % step;
  return seconds - (rest < 0 ? rest + step : rest);
}

std::int64_t month_start(std::int64_t seconds, int months_later) {
  namespace chr = std::chrono;
  const chr::sys_days day{chr::days{floor_to(seconds, kDay) / kDay}};
  const chr::year_month_day date{day};
  const chr::sys_days first =
      (date.year() / date.month() + chr::months(months_later)) / chr::day(1);
  return chr::duration_cast<chr::seconds>(first.time_since_epoch()).count();
}

}  // namespace

std::string Period::name() const {
  const auto plain = kSpanNames[static_cast<std::size_t>(span)];
  return is_rolling() ? std::string(kRolling).append(plain) : std::string(plain);
}

std::optional<Period> Period::parse(std::string_view name) {
  Period period;
  if (name.starts_with(kRolling)) {
    period.rhythm = Rhythm::rolling;
    name.remove_prefix(kRolling.size());
  }
  for (std::size_t i = 0; i < kSpanNames.size(); ++i) {
    if (kSpanNames[i] != name) continue;
    period.span = static_cast<Span>(i);
    if (period.is_session() && period.rhythm == Rhythm::rolling) return std::nullopt;
    return period;
  }
  return std::nullopt;
}

std::int64_t Period::length_seconds() const {
  return is_rolling() ? kLengths[static_cast<std::size_t>(span)] : 0;
}

std::int64_t Period::bucket_seconds() const {
  return is_rolling() ? kBuckets[static_cast<std::size_t>(span)] : 0;
}

std::int64_t Period::bucket_of(std::int64_t seconds) const {
  if (is_rolling()) return floor_to(seconds, bucket_seconds());
  switch (span) {
    case Span::session:
      return 0;
    case Span::week:
      return floor_to(seconds + kMondayOffset, kLengths[4]) - kMondayOffset;
    case Span::month:
      return month_start(seconds, 0);
    default:
      return floor_to(seconds, kLengths[static_cast<std::size_t>(span)]);
  }
}

std::int64_t Period::oldest_counted(std::int64_t bucket) const {
  return bucket - length_seconds();
}

std::int64_t Period::forgotten_at(std::int64_t bucket) const {
  if (is_rolling()) return bucket + length_seconds() + bucket_seconds();
  if (is_session()) return std::numeric_limits<std::int64_t>::max();
  if (span == Span::month) return month_start(bucket, 1);
  return bucket + kLengths[static_cast<std::size_t>(span)];
}

std::string_view action_name(Action action) {
  constexpr std::array<std::string_view, 3> kNames{"refuse", "cheaper", "warn"};
  return kNames[static_cast<std::size_t>(action)];
}

std::string account_key(const Budget& budget, std::string_view scope) {
  constexpr char kSeparator = '\x1f';
  std::string key;
  key.reserve(budget.name.size() + scope.size() + 32);
  key += budget.name;
  key += kSeparator;
  if (budget.period.is_rolling()) key += kRolling;
  key += kSpanNames[static_cast<std::size_t>(budget.period.span)];
  key += kSeparator;
  key += unit_name(budget.unit);
  key += kSeparator;
  key += scope;
  return key;
}

}  // namespace gvm::store
