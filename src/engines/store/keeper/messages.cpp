#include "store/keeper/messages.h"

#include "store/codes.h"
#include "text/json_view.h"

namespace gvm::store::keeper {
namespace {

std::unexpected<Error> foreign(const char* what) {
  return fail(
      codes::kLedgerUnavailable, Fatality::fatal,
      std::string("the keeper of the ledger and its user do not understand each other: ") + what);
}

Value text(const std::string& value) {
  return Value::string(value);
}
Value number(std::int64_t value) {
  return Value::integer(value);
}
// Of any size: JSON readers of hosts' tools would round it.
Value digits(const Integer& value) {
  return Value::string(value.to_string());
}

std::string text_in(const Value& of, std::string_view key) {
  const Value* found = of.find(key);
  return found == nullptr ? std::string() : std::string(found->as_string().value_or(""));
}
std::int64_t number_in(const Value& of, std::string_view key) {
  const Value* found = of.find(key);
  return found == nullptr ? 0 : text::integer_at(*found, "").value_or(0);
}
std::optional<Integer> digits_in(const Value& of, std::string_view key) {
  return Integer::parse(text_in(of, key));
}

Value to_value(const Budget& budget) {
  return Value::object({{"name", text(budget.name)},
                        {"period", text(budget.period.name())},
                        {"unit", text(std::string(unit_name(budget.unit)))},
                        {"limit", digits(budget.limit)},
                        {"action", number(static_cast<std::int64_t>(budget.action))}});
}

Result<BudgetPtr> budget_of(const Value* value) {
  if (value == nullptr || value->as_map() == nullptr) return foreign("budget");
  const auto period = Period::parse(text_in(*value, "period"));
  const auto unit = parse_unit(text_in(*value, "unit"));
  auto limit = digits_in(*value, "limit");
  const auto action = number_in(*value, "action");
  if (!period || !unit || !limit || action < 0 || action > static_cast<std::int64_t>(Action::warn))
    return foreign("budget");
  Budget budget;
  budget.name = text_in(*value, "name");
  budget.period = *period;
  budget.unit = *unit;
  budget.limit = std::move(*limit);
  budget.action = static_cast<Action>(action);
  return std::make_shared<const Budget>(std::move(budget));
}

}  // namespace

Value to_value(const Amounts& amounts) {
  return Value::object({{"nano_usd", number(amounts.nano_usd)},
                        {"tokens", number(amounts.tokens)},
                        {"requests", number(amounts.requests)},
                        {"gen", digits(amounts.gen)}});
}

Result<Amounts> amounts_of(const Value* value) {
  if (value == nullptr) return foreign("amounts");
  auto gen = digits_in(*value, "gen");
  if (!gen) return foreign("amounts");
  Amounts amounts;
  amounts.nano_usd = number_in(*value, "nano_usd");
  amounts.tokens = number_in(*value, "tokens");
  amounts.requests = number_in(*value, "requests");
  amounts.gen = std::move(*gen);
  return amounts;
}

Value to_value(const CallInfo& info) {
  return Value::object({{"backend", text(info.backend)},
                        {"model", text(info.model)},
                        {"key_id", text(info.key_id)},
                        {"session", text(info.session)},
                        {"node", text(info.node)},
                        {"tx", text(info.tx)},
                        {"contract", text(info.contract)}});
}

Result<CallInfo> info_of(const Value* value) {
  if (value == nullptr) return foreign("info");
  return CallInfo{.backend = text_in(*value, "backend"),
                  .model = text_in(*value, "model"),
                  .key_id = text_in(*value, "key_id"),
                  .session = text_in(*value, "session"),
                  .node = text_in(*value, "node"),
                  .tx = text_in(*value, "tx"),
                  .contract = text_in(*value, "contract")};
}

Value to_value(const Settlement& settlement) {
  return Value::object({{"actual", to_value(settlement.actual)},
                        {"error", text(settlement.error)},
                        {"record_id", text(settlement.record_id)},
                        {"flags", number(settlement.flags)}});
}

Result<Settlement> settlement_of(const Value* value) {
  if (value == nullptr) return foreign("settlement");
  auto actual = amounts_of(value->find("actual"));
  if (!actual) return fail(std::move(actual).error());
  Settlement settlement;
  settlement.actual = std::move(*actual);
  settlement.error = text_in(*value, "error");
  settlement.record_id = text_in(*value, "record_id");
  settlement.flags = static_cast<std::uint32_t>(number_in(*value, "flags"));
  return settlement;
}

Value to_value(const std::vector<Charge>& charges) {
  Value::Array items;
  for (const auto& charge : charges)
    items.push_back(
        Value::object({{"budget", to_value(*charge.budget)}, {"scope", text(charge.scope)}}));
  return Value::array(std::move(items));
}

Result<std::vector<Charge>> charges_of(const Value* value) {
  if (value == nullptr || value->as_array() == nullptr) return foreign("charges");
  std::vector<Charge> charges;
  for (const auto& item : *value->as_array()) {
    auto budget = budget_of(item.find("budget"));
    if (!budget) return fail(std::move(budget).error());
    charges.push_back({std::move(*budget), text_in(item, "scope")});
  }
  return charges;
}

Value to_value(const std::vector<Excess>& warnings) {
  Value::Array items;
  for (const auto& one : warnings)
    items.push_back(Value::object({{"budget", to_value(*one.budget)},
                                   {"scope", text(one.scope)},
                                   {"spent", digits(one.spent)},
                                   {"reserved", digits(one.reserved)},
                                   {"needed", digits(one.needed)},
                                   {"resets_at", number(one.resets_at)}}));
  return Value::array(std::move(items));
}

Result<std::vector<Excess>> warnings_of(const Value* value) {
  std::vector<Excess> warnings;
  if (value == nullptr || value->as_array() == nullptr) return foreign("warnings");
  for (const auto& item : *value->as_array()) {
    auto budget = budget_of(item.find("budget"));
    if (!budget) return fail(std::move(budget).error());
    Excess one;
    one.budget = std::move(*budget);
    one.scope = text_in(item, "scope");
    one.spent = digits_in(item, "spent").value_or(Integer());
    one.reserved = digits_in(item, "reserved").value_or(Integer());
    one.needed = digits_in(item, "needed").value_or(Integer());
    one.resets_at = number_in(item, "resets_at");
    warnings.push_back(std::move(one));
  }
  return warnings;
}

namespace {

// Every figure of the statistics, with its name.
template <class Stats, class Visit>
void each_figure(Stats& stats, Visit&& visit) {
  visit("reserved", stats.reserved);
  visit("refused", stats.refused);
  visit("settled", stats.settled);
  visit("released", stats.released);
  visit("stored", stats.stored);
  visit("backlog", stats.backlog);
  visit("calls_deferred", stats.calls_deferred);
  visit("calls_dropped", stats.calls_dropped);
  visit("records_dropped", stats.records_dropped);
  visit("failures", stats.failures);
  visit("unreserved", stats.unreserved);
  visit("accounts", stats.accounts);
  visit("journal_bytes", stats.journal_bytes);
}

}  // namespace

Value to_value(const LedgerStats& stats) {
  Value::Map out;
  each_figure(stats, [&](const char* name, std::uint64_t figure) {
    out.set(name, Value::integer(Integer::from_u64(figure)));
  });
  out.set("clock_behind_ms", number(stats.clock_behind_ms));
  out.set("alarm", text(stats.alarm));
  return Value::map(std::move(out));
}

LedgerStats stats_of(const Value* value) {
  LedgerStats stats;
  if (value == nullptr) return stats;
  each_figure(stats, [&](const char* name, std::uint64_t& figure) {
    figure = static_cast<std::uint64_t>(number_in(*value, name));
  });
  stats.clock_behind_ms = number_in(*value, "clock_behind_ms");
  stats.alarm = text_in(*value, "alarm");
  return stats;
}

Error error_of(const Value* value) {
  const auto broken = [] {
    return Error(codes::kLedgerUnavailable, Fatality::fatal, "the keeper of the ledger failed");
  };
  if (value == nullptr) return broken();
  const Value* causes = value->find("causes");
  if (causes == nullptr || causes->as_array() == nullptr) return broken();
  std::vector<std::string> texts;
  for (const auto& cause : *causes->as_array()) texts.emplace_back(cause.as_string().value_or(""));
  if (texts.empty()) return broken();
  const Value* fatal = value->find("fatal");
  const Value* ctx = value->find("ctx");
  const bool is_fatal = fatal == nullptr || fatal->as_bool() == nullptr || *fatal->as_bool();
  return Error(std::move(texts), is_fatal ? Fatality::fatal : Fatality::user,
               ctx == nullptr ? Value::map() : *ctx);
}

}  // namespace gvm::store::keeper
