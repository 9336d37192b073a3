#pragma once
// Budgets and the windows of time in which they count. Pure.
//
// A calendar window starts at a full minute, hour, day, Monday or first of a month, in UTC. A
// rolling window is counted in buckets of Period::bucket_seconds(). What was spent counts for at
// least the length of the window and at most one bucket longer, so a rolling budget is never
// exceeded.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/amounts.h"

namespace gvm::store {

enum class Span : std::uint8_t { session, minute, hour, day, week, month };
enum class Rhythm : std::uint8_t { calendar, rolling };

// Seconds are those since 1970 in UTC.
struct Period {
  Span span = Span::day;
  Rhythm rhythm = Rhythm::calendar;

  // "session", "day", "rolling day": what ledgers store.
  std::string name() const;
  static std::optional<Period> parse(std::string_view name);

  bool is_session() const { return span == Span::session; }
  bool is_rolling() const { return rhythm == Rhythm::rolling && !is_session(); }
  // Of a rolling window: a month has 30 days. 0 for others.
  std::int64_t length_seconds() const;
  // Of a rolling window: minute 1 s, hour 60 s, day 15 min, week 1 h, month 6 h. 0 for others.
  std::int64_t bucket_seconds() const;
  // The start of the bucket, or of the whole calendar window, that contains `seconds`; 0 for
  // sessions.
  std::int64_t bucket_of(std::int64_t seconds) const;
  // The first bucket that still counts while `bucket` is the newest one.
  std::int64_t oldest_counted(std::int64_t bucket) const;
  // When a charge to `bucket` no longer counts. Never, INT64_MAX, for sessions.
  std::int64_t forgotten_at(std::int64_t bucket) const;

  friend bool operator==(const Period&, const Period&) = default;
};

// What happens to a call that does not fit. `refuse` and `cheaper` both refuse the reservation;
// with `cheaper` the caller may try a candidate that costs less. `warn` reserves it and reports it.
enum class Action : std::uint8_t { refuse, cheaper, warn };
std::string_view action_name(Action action);

// Spending is stored under name, period, unit and scope: after a change of the limit, earlier
// spending still counts; after a change of window or unit, it does not.
struct Budget {
  std::string name;
  Period period;
  Unit unit = Unit::usd;
  Integer limit;  // in its unit; usd in nano-USD
  Action action = Action::refuse;
};
using BudgetPtr = std::shared_ptr<const Budget>;

// A budget that applies to a call, and the scope that the call counts in: "contract=0xab", or ""
// for a budget with one account for all calls.
struct Charge {
  BudgetPtr budget;
  std::string scope;
};

// The key of a charge's account. Keys sort in the same order on every machine.
std::string account_key(const Budget& budget, std::string_view scope);

}  // namespace gvm::store
