#include "support/mock_upstream/bill.h"

namespace gvm::mock {
namespace {

using money::Rational;

Rational count(std::uint64_t tokens) {
  return Rational(Integer::from_u64(tokens));
}

// A decimal number in a string; anything else is recorded as a problem.
bool read_price(Fields& fields, std::string_view name, Rational& out) {
  if (!fields.has(name)) return false;
  std::string text;
  fields.read(name, text);
  const auto parsed = Rational::parse(text);
  if (!parsed || parsed->sign() < 0) {
    fields.complain(name, "a decimal of at least 0, as a string,");
    return false;
  }
  out = *parsed;
  return true;
}

Result<Price> parse_price(const Value& value, const std::string& where) {
  Price price;
  Fields fields(value, where);
  read_price(fields, "input", price.input);
  read_price(fields, "output", price.output);
  if (!read_price(fields, "cache_read", price.cache_read)) price.cache_read = price.input;
  if (!read_price(fields, "cache_write", price.cache_write)) price.cache_write = price.input;
  if (!read_price(fields, "reasoning", price.reasoning)) price.reasoning = price.output;
  read_price(fields, "request", price.request);
  if (auto ok = fields.done(); !ok) return fail(std::move(ok).error());
  return price;
}

Value number(std::uint64_t value) {
  return Value::integer(Integer::from_u64(value));
}

Value nanoseconds(Clock::time_point when) {
  if (when == Clock::time_point()) return Value::null();
  return Value::integer(
      std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count());
}

Value text(std::string_view text) {
  return Value::string(std::string(text));
}

std::string_view tail_of(std::string_view key) {
  constexpr std::size_t kShown = 4;
  return key.size() <= 2 * kShown ? std::string_view() : key.substr(key.size() - kShown);
}

}  // namespace

std::int64_t cost_nano_usd(const Price& price, const Usage& usage) {
  const Rational per_million =
      price.input * count(usage.input) + price.cache_read * count(usage.cache_read) +
      price.cache_write * count(usage.cache_write) + price.output * count(usage.output) +
      price.reasoning * count(usage.reasoning);
  // A millionth of a USD per token is 1,000 nano-USD per token.
  constexpr std::int64_t kNanoPerUsd = 1'000'000'000;
  constexpr std::int64_t kNanoPerMillionth = 1'000;
  const Rational nano = per_million * Rational(kNanoPerMillionth) + price.request * kNanoPerUsd;
  return nano.ceil().to_i64().value_or(INT64_MAX);
}

PriceTable::PriceTable() {
  Price usual;
  usual.input = usual.cache_read = usual.cache_write = Rational(3);
  usual.output = usual.reasoning = Rational(15);
  prices_.emplace("*", usual);
}

Result<PriceTable> PriceTable::parse(const Value& value, const std::string& where) {
  PriceTable table;
  const auto* map = value.as_map();
  if (map == nullptr) return bad_script(where + ": an object is expected");
  for (const auto& [model, entry] : *map) {
    const std::string name(model.view());
    auto price = parse_price(entry, where + "." + name);
    if (!price) return fail(std::move(price).error());
    table.prices_.insert_or_assign(name, std::move(*price));
  }
  return table;
}

const Price& PriceTable::of(std::string_view model) const {
  const auto found = prices_.find(model);
  return found != prices_.end() ? found->second : prices_.find("*")->second;
}

Value to_value(const Usage& usage) {
  return Value::fields("input", number(usage.input), "cache_read", number(usage.cache_read),
                       "cache_write", number(usage.cache_write), "output", number(usage.output),
                       "reasoning", number(usage.reasoning));
}

Value to_value(const CallRecord& record) {
  return Value::fields("id", number(record.id), "connection", number(record.connection), "form",
                       text(form_name(record.form)), "model", text(record.model), "key",
                       text(tail_of(record.key)), "session", text(record.session), "fault",
                       text(record.fault), "status", Value::integer(record.status), "received_ns",
                       nanoseconds(record.received), "answered_ns", nanoseconds(record.answered),
                       "peer_closed_ns", nanoseconds(record.peer_closed), "billed",
                       Value::boolean(record.billed), "usage", to_value(record.usage),
                       "cost_nano_usd", Value::integer(record.cost_nano_usd));
}

Value to_value(const Bill& bill, bool with_rows) {
  Value by_model = Value::map();
  for (const auto& [model, cost] : bill.cost_by_model)
    by_model.as_map()->set(model, Value::integer(cost));
  Value out = Value::fields("calls", number(bill.calls), "usage", to_value(bill.usage),
                            "cost_nano_usd", Value::integer(bill.cost_nano_usd), "cost_by_model",
                            std::move(by_model), "rows_dropped", number(bill.rows_dropped));
  if (!with_rows) return out;
  Value::Array rows;
  for (const auto& row : bill.rows) rows.push_back(to_value(row));
  out.as_map()->set("rows", Value::array(std::move(rows)));
  return out;
}

}  // namespace gvm::mock
