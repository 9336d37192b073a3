#include "llm/status_parts.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "base/error_detail.h"
#include "base/json.h"
#include "base/utc_text.h"
#include "billing/budgets.h"
#include "billing/spending.h"
#include "dispatch/decision.h"
#include "ledger/open_ledger.h"
#include "ledger/records_of.h"
#include "llm/budget_share.h"

namespace gvm::llm {
namespace {

using serve::HttpAnswer;
using store::Balance;

HttpAnswer json_answer(const Value& value) {
  HttpAnswer answer;
  answer.body = json::write(value) + "\n";
  return answer;
}

// The ledger's sentence, for the operator.
HttpAnswer unavailable(const Error& error) {
  return serve::http_error(503, "the ledger cannot be read: " + std::string(detail_of(error)));
}

// All nine decimals, whatever the size.
std::string usd_text(const Integer& nano_usd) {
  constexpr std::size_t kDecimals = 9;
  std::string digits = nano_usd.to_string();
  if (digits.size() <= kDecimals) digits.insert(0, kDecimals + 1 - digits.size(), '0');
  return digits.insert(digits.size() - kDecimals, ".");
}

std::string amount(const store::Budget& budget, const Integer& value) {
  return budget.unit == store::Unit::usd ? usd_text(value) : value.to_string();
}

Value text(std::string_view s) {
  return Value::string(std::string(s));
}

// What the reader knows: nothing of sessions, which only the ledger's own memory has, and with
// SQLite nothing of calls under way.
Value row_of(const Balance& balance, bool knows_reserved) {
  const auto& budget = *balance.budget;
  const bool known = !budget.period.is_session();
  const bool resets = known && balance.resets_at != std::numeric_limits<std::int64_t>::max();
  const auto number = [&](const Integer& value, bool is_known) {
    return is_known ? Value::string(amount(budget, value)) : Value::null();
  };
  return Value::fields(
      "name", text(budget.name), "scope", text(balance.scope), "window",
      Value::string(budget.period.name()), "unit", text(store::unit_name(budget.unit)), "action",
      text(store::action_name(budget.action)), "limit", number(budget.limit, true), "spent",
      number(balance.spent, known), "reserved", number(balance.reserved, known && knows_reserved),
      "used", known ? Value::real(share_of(balance)) : Value::null(), "resets_at",
      resets ? Value::string(utc_text(balance.resets_at)) : Value::null());
}

// Letters and digits as ids have them; empty: it is something else.
std::string id_in(std::string_view query) {
  constexpr std::string_view kName = "id=";
  constexpr std::size_t kLongest = 128;
  constexpr std::string_view kOther = "_-.:";
  if (!query.starts_with(kName)) return {};
  query.remove_prefix(kName.size());
  const bool good = query.size() <= kLongest && std::ranges::all_of(query, [&](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                             (c >= 'A' && c <= 'Z') || kOther.find(c) != kOther.npos;
                    });
  return good ? std::string(query) : std::string();
}

using Balances = std::vector<Balance>;

Result<Balances> balances_of(const store::LedgerOptions& options, const config::LlmConfig& config) {
  const auto budgets = billing::budgets_of(config);
  if (budgets.empty()) return Balances();
  auto reader = ledger::open_reader(options);
  if (!reader) return fail(std::move(reader).error());
  return (*reader)->balances(budgets);
}

struct Found {
  std::vector<store::DecisionRecord> records;
  std::int64_t gone = 0;  // not kept any more
};

// Of the record with that id, else of the transaction.
Result<Found> decisions_of(const store::LedgerOptions& options, const std::string& id) {
  auto reader = ledger::open_reader(options);
  if (!reader) return fail(std::move(reader).error());
  Found found;
  auto record = (*reader)->record(id);
  if (!record) return fail(std::move(record).error());
  if (*record) {
    found.records.push_back(std::move(**record));
    return found;
  }
  auto of_transaction = ledger::records_of(options, id, StatusParts::kMostDecisions);
  if (!of_transaction) return fail(std::move(of_transaction).error());
  for (const auto& each : *of_transaction) {
    auto one = (*reader)->record(each);
    if (!one) return fail(std::move(one).error());
    if (*one)
      found.records.push_back(std::move(**one));
    else
      ++found.gone;
  }
  return found;
}

Value shown(const store::DecisionRecord& record) {
  constexpr std::int64_t kMillis = 1'000;
  const auto explained = dispatch::explain(record.text);
  return Value::fields(
      "id", text(record.id), "at", Value::string(utc_text(record.made_ms / kMillis)), "text",
      Value::string(explained ? *explained : std::string(detail_of(explained.error()))));
}

}  // namespace

StatusParts::StatusParts(const config::LlmConfig& config)
    : ledger_(billing::ledger_options(config)) {}

asio::awaitable<HttpAnswer> StatusParts::budgets(std::shared_ptr<const config::LlmConfig> config) {
  std::function<Result<Balances>()> question = [options = ledger_, config] {
    return balances_of(options, *config);
  };
  auto rows = co_await thread_.ask<Balances>(std::move(question));
  if (!rows) co_return unavailable(rows.error());
  std::ranges::sort(*rows,
                    [](const Balance& a, const Balance& b) { return share_of(a) > share_of(b); });
  const auto count = std::min(rows->size(), kMostAccounts);
  Value::Array out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(row_of((*rows)[i], !config->ledger.url.empty()));
  const auto more = static_cast<std::int64_t>(rows->size() - count);
  co_return json_answer(
      Value::fields("budgets", Value::array(std::move(out)), "more", Value::integer(more)));
}

asio::awaitable<HttpAnswer> StatusParts::decisions(std::string query) {
  const std::string id = id_in(query);
  if (id.empty())
    co_return serve::http_error(400,
                                "expected ?id= and the id of a record or of a transaction: letters,"
                                " digits and _ - . : only, at most 128");
  std::function<Result<Found>()> question = [options = ledger_, id] {
    return decisions_of(options, id);
  };
  auto found = co_await thread_.ask<Found>(std::move(question));
  if (!found) co_return unavailable(found.error());
  Value::Array out;
  for (const auto& record : found->records) out.push_back(shown(record));
  const auto gone = Value::integer(found->gone);
  co_return json_answer(
      Value::fields("decisions", Value::array(std::move(out)), "gone", Value(gone)));
}

}  // namespace gvm::llm
