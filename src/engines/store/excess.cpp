#include "store/excess.h"

#include <fmt/format.h>

#include <limits>

#include "base/utc_text.h"
#include "store/codes.h"

namespace gvm::store {
namespace {

// The sentence shows dollars for people; the error's ctx has the integers.
std::string for_people(Unit unit, const Integer& amount) {
  if (unit != Unit::usd) return fmt::format("{} {}", amount.to_string(), unit_name(unit));
  constexpr std::int64_t kNano = 1'000'000'000;
  const auto nano = amount.to_i64();
  if (!nano || *nano < 0) return amount.to_string() + " nano-USD";
  return fmt::format("{}.{:09} USD", *nano / kNano, *nano % kNano);
}

Integer remaining(const Excess& excess) {
  const auto left = difference(excess.budget->limit, sum(excess.spent, excess.reserved));
  return left.is_negative() ? Integer() : left;
}

}  // namespace

Error exceeded(const Excess& excess) {
  const auto& budget = *excess.budget;
  const bool resets = excess.resets_at != std::numeric_limits<std::int64_t>::max();
  const auto number = [](const Integer& value) { return Value::string(value.to_string()); };
  auto text = fmt::format(
      "budget {}{}{} of {} per {}: {} spent, {} reserved, {} needed", budget.name,
      excess.scope.empty() ? "" : " for ", excess.scope, for_people(budget.unit, budget.limit),
      budget.period.name(), for_people(budget.unit, excess.spent),
      for_people(budget.unit, excess.reserved), for_people(budget.unit, excess.needed));
  text += resets ? "; resets at " + utc_text(excess.resets_at) : "; ends with the session";
  Error error(codes::kBudgetExceeded, Fatality::user, std::move(text));
  error.with("budget", Value::string(budget.name))
      .with("scope", Value::string(excess.scope))
      .with("window", Value::string(budget.period.name()))
      .with("unit", Value::string(std::string(unit_name(budget.unit))))
      .with("action", Value::string(std::string(action_name(budget.action))))
      .with("limit", number(budget.limit))
      .with("spent", number(excess.spent))
      .with("reserved", number(excess.reserved))
      .with("needed", number(excess.needed))
      .with("remaining", number(remaining(excess)));
  if (resets) error.with("resets_at", Value::string(utc_text(excess.resets_at)));
  return error;
}

}  // namespace gvm::store
