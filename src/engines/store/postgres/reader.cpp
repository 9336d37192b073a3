#include "store/postgres/reader.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <charconv>
#include <exception>

#include "base/error_codes.h"
#include "base/utc_text.h"
#include "store/postgres/connection.h"
#include "store/postgres/schema.h"
#include "store/usage_sql.h"

namespace gvm::store::postgres {
namespace {

constexpr std::chrono::seconds kConnectTimeout{10};
constexpr std::chrono::minutes kAnswerTimeout{10};  // verify() reads everything
constexpr std::int64_t kMillis = 1'000;
constexpr UsageDialect kDialect{
    .table = "gvm_entries",
    .day = "to_char(to_timestamp(made_ms / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
    .sum = "coalesce(sum({}), 0)::text"};

// Compares only accounts whose calls are all there: calls of older ones may have been deleted.
constexpr auto kCompareSpent = R"sql(
WITH sums AS (
  SELECT c->>0 AS budget, c->>1 AS period, c->>2 AS unit, c->>3 AS scope, (c->>4)::bigint AS bucket,
         sum(CASE c->>2 WHEN 'usd' THEN nano_usd WHEN 'tokens' THEN tokens
                        WHEN 'requests' THEN requests ELSE gen END) AS total
    FROM gvm_entries, jsonb_array_elements(charges) AS c GROUP BY 1, 2, 3, 4, 5),
kept AS (
  SELECT budget, period, unit, scope, bucket, spent
    FROM gvm_buckets JOIN gvm_accounts ON id = account)
SELECT budget, period, unit, scope, bucket, coalesce(spent, 0)::text, coalesce(total, 0)::text
  FROM sums FULL JOIN kept USING (budget, period, unit, scope, bucket)
 WHERE coalesce(spent, 0) <> coalesce(total, 0)
   AND bucket >= coalesce((SELECT value::bigint / 1000 FROM gvm_meta
                            WHERE key = 'complete_from_ms'), -1) LIMIT 100)sql";
constexpr auto kCompareReserved = R"sql(
WITH sums AS (
  SELECT c->>0 AS budget, c->>1 AS period, c->>2 AS unit, c->>3 AS scope, (c->>4)::bigint AS bucket,
         sum((amounts->>(c->>2))::numeric) AS total
    FROM gvm_reservations, jsonb_array_elements(charges) AS c GROUP BY 1, 2, 3, 4, 5),
kept AS (
  SELECT budget, period, unit, scope, bucket, reserved
    FROM gvm_buckets JOIN gvm_accounts ON id = account)
SELECT budget, period, unit, scope, bucket, coalesce(reserved, 0)::text, coalesce(total, 0)::text
  FROM sums FULL JOIN kept USING (budget, period, unit, scope, bucket)
 WHERE coalesce(reserved, 0) <> coalesce(total, 0) LIMIT 100)sql";

std::int64_t to_number(const std::string& text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Integer to_integer(const std::string& text) {
  return Integer::parse(text).value_or(Integer());
}

class PgReader final : public LedgerReader {
 public:
  PgReader() : connection_(context_) {}

  Result<void> open(Secret url) {
    const auto deadline = Deadline::in(kConnectTimeout);
    auto connected = run(connection_.connect(std::move(url), deadline));
    if (!connected) return connected;
    return run(migrate(connection_, migrations(), deadline));
  }

  Result<std::vector<UsageRow>> usage(const UsageQuery& query) override;
  Result<std::vector<Balance>> balances(std::span<const BudgetPtr> budgets) override;
  Result<std::optional<DecisionRecord>> record(const std::string& id) override;
  Result<std::vector<Finding>> verify() override;
  Result<std::uint64_t> rewrite(RecordRewrite what);

 private:
  template <class T>
  Result<T> run(asio::awaitable<Result<T>> work) {
    std::optional<Result<T>> outcome;
    asio::co_spawn(context_, std::move(work), [&](std::exception_ptr failure, Result<T> result) {
      if (failure) std::rethrow_exception(failure);
      outcome.emplace(std::move(result));
    });
    context_.restart();
    context_.run();
    return std::move(*outcome);
  }
  Result<Rows> ask(std::string sql, std::vector<std::string> parameters = {}) {
    Question question{.sql = std::move(sql), .parameters = std::move(parameters)};
    return run(connection_.ask(std::move(question), Deadline::in(kAnswerTimeout)));
  }

  asio::io_context context_{1};
  Connection connection_;
};

Result<std::vector<UsageRow>> PgReader::usage(const UsageQuery& query) {
  auto answer = ask(usage_sql(query, kDialect));
  if (!answer) return fail(std::move(answer.error()));
  std::vector<UsageRow> rows;
  for (auto& columns : *answer) {
    UsageRow row;
    auto at = columns.begin();
    while (row.group.size() < query.by.size()) row.group.push_back(std::move(*at++));
    row.calls = to_number(*at++);
    row.errors = to_number(*at++);
    row.uncertain = to_number(*at++);
    row.nano_usd = to_integer(*at++);
    row.tokens = to_integer(*at++);
    row.requests = to_integer(*at++);
    row.gen = to_integer(*at);
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<std::vector<Balance>> PgReader::balances(std::span<const BudgetPtr> budgets) {
  const auto clock = ask("SELECT gvm_now()");
  if (!clock) return fail(clock.error());
  const auto now_ms = to_number((*clock)[0][0]);
  Accounts accounts({.wall_ms = [now_ms] { return now_ms; }, .steady_ms = [] { return 0; }},
                    SIZE_MAX);
  for (const auto& budget : budgets) {
    const auto from = budget->period.oldest_counted(budget->period.bucket_of(now_ms / kMillis));
    auto rows = ask(
        "SELECT scope, bucket, spent::text, reserved::text FROM gvm_buckets JOIN gvm_accounts "
        "ON id = account WHERE budget = $1 AND period = $2 AND unit = $3 AND bucket >= $4::bigint",
        {budget->name, budget->period.name(), std::string(unit_name(budget->unit)),
         std::to_string(from)});
    if (!rows) return fail(std::move(rows.error()));
    for (const auto& row : *rows)
      accounts.load(*budget, row[0], to_number(row[1]), to_integer(row[2]), to_integer(row[3]));
  }
  return accounts.balances(budgets);
}

Result<std::optional<DecisionRecord>> PgReader::record(const std::string& id) {
  auto rows = ask("SELECT made_ms, text FROM gvm_records WHERE id = $1", {id});
  if (!rows) return fail(std::move(rows.error()));
  if (rows->empty()) return std::optional<DecisionRecord>();
  return DecisionRecord{id, to_number((*rows)[0][0]), (*rows)[0][1]};
}

Result<std::vector<Finding>> PgReader::verify() {
  std::vector<Finding> findings;
  const auto compare = [&](const char* sql, std::string_view what) -> Result<void> {
    auto rows = ask(sql);
    if (!rows) return fail(std::move(rows.error()));
    for (const auto& row : *rows)
      findings.push_back(
          {fmt::format("account {} ({}, {}) {} from {} has {} {}, its calls have {}", row[0],
                       row[1], row[2], row[3], utc_text(to_number(row[4])), row[5], what, row[6])});
    return {};
  };
  if (auto ok = compare(kCompareSpent, "spent"); !ok) return fail(std::move(ok.error()));
  if (auto ok = compare(kCompareReserved, "reserved"); !ok) return fail(std::move(ok.error()));
  auto invalid =
      ask("SELECT id FROM gvm_entries WHERE nano_usd < 0 OR tokens < 0 OR requests < 0 OR gen < 0 "
          "LIMIT 100");
  if (!invalid) return fail(std::move(invalid.error()));
  for (const auto& row : *invalid)
    findings.push_back({"call " + row[0] + " has a negative amount"});
  return findings;
}

Result<std::uint64_t> PgReader::rewrite(RecordRewrite what) {
  auto calls = ask("SELECT DISTINCT record_id FROM gvm_entries WHERE tx = $1", {what.tx});
  if (!calls) return fail(std::move(calls.error()));
  for (auto& row : *calls)
    if (!row[0].empty()) what.ids.insert(std::move(row[0]));
  std::uint64_t changed = 0;
  for (const auto& id : what.ids) {
    auto found = record(id);
    if (!found) return fail(std::move(found.error()));
    const auto text = *found ? what.rewrite((*found)->text) : std::nullopt;
    if (!text) continue;
    auto updated = ask("UPDATE gvm_records SET text = $2 WHERE id = $1", {id, *text});
    if (!updated) return fail(std::move(updated.error()));
    ++changed;
  }
  return changed;
}

}  // namespace

Result<std::uint64_t> rewrite_records(const Secret& url, RecordRewrite what) {
  PgReader reader;
  if (auto ok = reader.open(url); !ok) return fail(std::move(ok.error()));
  return reader.rewrite(std::move(what));
}

Result<std::unique_ptr<LedgerReader>> open_reader(const Secret& url) {
  auto reader = std::make_unique<PgReader>();
  if (auto ok = reader->open(url); !ok) return fail(std::move(ok.error()));
  return reader;
}

}  // namespace gvm::store::postgres
