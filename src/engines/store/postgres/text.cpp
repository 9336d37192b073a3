#include "store/postgres/text.h"

#include "base/json.h"
#include "store/codes.h"
#include "text/json.h"

namespace gvm::store::postgres {
namespace {

Value text_of(const Integer& value) {
  return Value::string(value.to_string());
}

Value rule_of(const Budget& budget) {
  const auto span = Period{budget.period.span, Rhythm::calendar}.name();
  return Value::fields("limit", text_of(budget.limit), "warn",
                       Value::boolean(budget.action == Action::warn), "span", Value::string(span),
                       "length", Value::integer(budget.period.length_seconds()), "step",
                       Value::integer(budget.period.bucket_seconds()));
}

std::optional<std::int64_t> number_at(const Value& object, std::string_view key) {
  const auto* const value = object.find(key);
  const auto* const number = value == nullptr ? nullptr : value->as_integer();
  return number == nullptr ? std::nullopt : number->to_i64();
}

Integer amount_at(const Value& object, std::string_view key) {
  const auto* const value = object.find(key);
  const auto text = value == nullptr ? std::nullopt : value->as_string();
  return text ? Integer::parse(*text).value_or(Integer()) : Integer();
}

std::optional<Excess> excess_of(const Value& value, const std::vector<Charge>& charges,
                                const Amounts& worst) {
  const auto index = number_at(value, "index");
  const auto first = number_at(value, "first");
  if (!index || !first || *index < 0 || static_cast<std::size_t>(*index) >= charges.size())
    return std::nullopt;
  const auto& charge = charges[static_cast<std::size_t>(*index)];
  return Excess{.budget = charge.budget,
                .scope = charge.scope,
                .spent = amount_at(value, "spent"),
                .reserved = amount_at(value, "reserved"),
                .needed = worst.in(charge.budget->unit),
                .resets_at = charge.budget->period.forgotten_at(*first)};
}

std::unexpected<Error> unknown_answer() {
  return fail(codes::kLedgerCorrupt, Fatality::fatal,
              "the ledger's database answers in an unknown form");
}

std::optional<std::int64_t> bucket_of(const Value& charge) {
  const auto* const parts = charge.as_array();
  const auto* const number =
      parts == nullptr || parts->size() != 5 ? nullptr : parts->back().as_integer();
  return number == nullptr ? std::nullopt : number->to_i64();
}

}  // namespace

std::string write_amounts(const Amounts& amounts) {
  Value::Map map;
  for (std::size_t i = 0; i < kUnitNames.size(); ++i)
    map.set(kUnitNames[i], text_of(amounts.in(static_cast<Unit>(i))));
  return json::write(Value::map(std::move(map)));
}

std::string write_info(const CallInfo& info) {
  return json::write(Value::fields("backend", Value::string(info.backend), "model",
                                   Value::string(info.model), "key_id", Value::string(info.key_id),
                                   "session", Value::string(info.session), "node",
                                   Value::string(info.node), "tx", Value::string(info.tx),
                                   "contract", Value::string(info.contract)));
}

std::string write_wanted(const std::vector<Charge>& charges) {
  Value::Array items;
  for (const auto& charge : charges) {
    const auto& budget = *charge.budget;
    items.push_back(Value::list(Value::string(budget.name), Value::string(budget.period.name()),
                                Value::string(std::string(unit_name(budget.unit))),
                                Value::string(charge.scope), rule_of(budget)));
  }
  return json::write(Value::array(std::move(items)));
}

Result<Reserved> read_reserved(std::string_view text, const std::vector<Charge>& charges,
                               const Amounts& worst) {
  const auto answer = text::parse_json(text);
  if (!answer) return unknown_answer();
  if (const auto* const refused = answer->find("refused")) {
    const auto excess = excess_of(*refused, charges, worst);
    return excess ? fail(exceeded(*excess)) : unknown_answer();
  }
  const auto* const held = answer->find("charges");
  const auto* const over = answer->find("over");
  const auto made_ms = number_at(*answer, "made_ms");
  if (held == nullptr || over == nullptr || held->as_array() == nullptr ||
      over->as_array() == nullptr || held->as_array()->size() != charges.size() || !made_ms)
    return unknown_answer();
  Reserved reserved{.made_ms = *made_ms, .buckets = {}, .warnings = {}};
  for (const auto& charge : *held->as_array()) {
    const auto bucket = bucket_of(charge);
    if (!bucket) return unknown_answer();
    reserved.buckets.push_back(*bucket);
  }
  for (const auto& one : *over->as_array()) {
    auto excess = excess_of(one, charges, worst);
    if (!excess) return unknown_answer();
    reserved.warnings.push_back(std::move(*excess));
  }
  return reserved;
}

}  // namespace gvm::store::postgres
