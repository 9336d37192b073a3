#include "store/sqlite/reader.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <set>

#include "base/error_codes.h"
#include "base/utc_text.h"
#include "files/own_files.h"
#include "store/charges_text.h"
#include "store/sqlite/database.h"
#include "store/sqlite/journal.h"
#include "store/sqlite/record_pack.h"
#include "store/sqlite/schema.h"
#include "store/usage_sql.h"

namespace gvm::store::sqlite {
namespace {

constexpr std::int64_t kMillis = 1'000;
constexpr std::size_t kMostFindings = 100;
constexpr UsageDialect kDialect{
    .table = "entries", .day = "date(made_ms / 1000, 'unixepoch')", .sum = "gvm_sum({})"};

class SqliteReader final : public LedgerReader {
 public:
  SqliteReader(Database database, std::filesystem::path folder, TimeSource time)
      : database_(std::move(database)), folder_(std::move(folder)), time_(std::move(time)) {}

  Result<std::vector<UsageRow>> usage(const UsageQuery& query) override;
  Result<std::vector<Balance>> balances(std::span<const BudgetPtr> budgets) override;
  Result<std::optional<DecisionRecord>> record(const std::string& id) override;
  Result<std::vector<Finding>> verify() override;

 private:
  // budget, period, unit, scope, bucket
  using AccountId = std::tuple<std::string, std::string, std::string, std::string, std::int64_t>;
  using Sums = std::map<AccountId, Integer>;

  void found(std::string text) {
    if (findings_.size() < kMostFindings) findings_.push_back({std::move(text)});
  }
  Result<std::optional<DecisionRecord>> unpacked_record(const std::string& id);
  Result<void> check_pages();
  Result<std::int64_t> complete_from_ms();
  Result<Sums> sums_of_calls();
  Result<void> compare_accounts(Sums sums, std::int64_t complete_from_s);
  void check_journal();

  Database database_;
  std::filesystem::path folder_;
  TimeSource time_;
  std::vector<Finding> findings_;
};

UsageRow usage_row(const Statement& row, std::size_t groups) {
  UsageRow out;
  int at = 0;
  while (out.group.size() < groups) out.group.push_back(row.text(at++));
  out.calls = row.number(at++);
  out.errors = row.number(at++);
  out.uncertain = row.number(at++);
  out.nano_usd = row.integer(at++);
  out.tokens = row.integer(at++);
  out.requests = row.integer(at++);
  out.gen = row.integer(at);
  return out;
}

Result<std::vector<UsageRow>> SqliteReader::usage(const UsageQuery& query) {
  auto statement = database_.prepare(usage_sql(query, kDialect));
  if (!statement) return fail(std::move(statement.error()));
  std::vector<UsageRow> rows;
  for (;;) {
    const auto row = statement->step();
    if (!row) return fail(row.error());
    if (!*row) return rows;
    rows.push_back(usage_row(*statement, query.by.size()));
  }
}

Result<std::vector<Balance>> SqliteReader::balances(std::span<const BudgetPtr> budgets) {
  Accounts accounts(time_, SIZE_MAX);
  const auto now_s = time_.wall_ms() / kMillis;
  auto query = database_.prepare(
      "SELECT scope, bucket, spent FROM accounts WHERE period = ? AND bucket >= ? AND budget = ? "
      "AND unit = ? ORDER BY bucket");
  if (!query) return fail(std::move(query.error()));
  for (const auto& budget : budgets) {
    const auto period = budget->period.name();
    const auto from = budget->period.oldest_counted(budget->period.bucket_of(now_s));
    query->bind(1, period).bind(2, from).bind(3, budget->name).bind(4, unit_name(budget->unit));
    for (;;) {
      const auto row = query->step();
      if (!row) return fail(row.error());
      if (!*row) break;
      accounts.load(*budget, query->text(0), query->number(1), query->integer(2));
    }
    query->reset();
  }
  return accounts.balances(budgets);
}

// Reads the ids of one row after the other, newest first. For people who look up one record: a day
// with 100 records a second has 70 MB of ids.
Result<std::optional<DecisionRecord>> SqliteReader::record(const std::string& id) {
  auto packs = database_.prepare("SELECT ids, body FROM record_packs ORDER BY id DESC");
  if (!packs) return fail(std::move(packs.error()));
  for (;;) {
    const auto row = packs->step();
    if (!row) return fail(row.error());
    if (!*row) return unpacked_record(id);
    if (!may_contain(packs->blob(0), id)) continue;
    if (auto found = find_record(packs->blob(1), id)) return found;
  }
}

// A record stored by version 1 of the tables.
Result<std::optional<DecisionRecord>> SqliteReader::unpacked_record(const std::string& id) {
  auto query = database_.prepare("SELECT made_ms, text FROM records WHERE id = ?");
  if (!query) return fail(std::move(query.error()));
  const auto row = query->bind(1, id).step();
  if (!row) return fail(row.error());
  if (!*row) return std::optional<DecisionRecord>();
  return DecisionRecord{id, query->number(0), query->text(1)};
}

Result<void> SqliteReader::check_pages() {
  auto check = database_.prepare("PRAGMA integrity_check(10)");
  if (!check) return fail(std::move(check.error()));
  for (;;) {
    const auto row = check->step();
    if (!row) return fail(row.error());
    if (!*row) return {};
    if (check->text(0) != "ok") found("the database is damaged: " + check->text(0));
  }
}

Result<std::int64_t> SqliteReader::complete_from_ms() {
  const auto text = database_.ask("SELECT value FROM meta WHERE key = 'complete_from_ms'");
  if (!text) return fail(text.error());
  std::int64_t number = INT64_MIN / 2;
  std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

Result<SqliteReader::Sums> SqliteReader::sums_of_calls() {
  auto calls = database_.prepare(
      "SELECT id, nano_usd, tokens, requests, gen, charges FROM entries ORDER BY id");
  if (!calls) return fail(std::move(calls.error()));
  Sums sums;
  for (;;) {
    const auto row = calls->step();
    if (!row) return fail(row.error());
    if (!*row) return sums;
    const Amounts amounts{calls->number(1), calls->number(2), calls->number(3), calls->integer(4)};
    if (!check(amounts)) found(fmt::format("call {} has an invalid amount", calls->number(0)));
    const auto charges = read_charges(calls->text(5));
    if (!charges) {
      found(fmt::format("call {}: its charges cannot be read", calls->number(0)));
      continue;
    }
    for (const auto& [budget, scope, bucket] : *charges) {
      auto& total = sums[{budget->name, budget->period.name(), std::string(unit_name(budget->unit)),
                          scope, bucket}];
      total = sum(total, amounts.in(budget->unit));
    }
  }
}

Result<void> SqliteReader::compare_accounts(Sums sums, std::int64_t complete_from_s) {
  auto rows = database_.prepare("SELECT budget, period, unit, scope, bucket, spent FROM accounts");
  if (!rows) return fail(std::move(rows.error()));
  const auto name = [](const AccountId& id) {
    return fmt::format("{} ({}, {}) {} from {}", std::get<0>(id), std::get<1>(id), std::get<2>(id),
                       std::get<3>(id), utc_text(std::get<4>(id)));
  };
  for (;;) {
    const auto row = rows->step();
    if (!row) return fail(row.error());
    if (!*row) break;
    const AccountId id{rows->text(0), rows->text(1), rows->text(2), rows->text(3), rows->number(4)};
    const auto calls = sums.contains(id) ? sums.extract(id).mapped() : Integer();
    if (std::get<4>(id) < complete_from_s || calls == rows->integer(5)) continue;
    found(fmt::format("account {} has {}, its calls have {}", name(id), rows->text(5),
                      calls.to_string()));
  }
  for (const auto& [id, total] : sums) {
    if (total != Integer() && std::get<4>(id) >= complete_from_s)
      found(fmt::format("account {} is missing, its calls have {}", name(id), total.to_string()));
  }
  return {};
}

void SqliteReader::check_journal() {
  std::set<std::uint64_t> begun;
  for (const auto& file : segment_files(folder_)) {
    const auto content = read_segment_file(file.path);
    // The owner may delete segments during this.
    if (!content && !std::filesystem::exists(file.path)) continue;
    if (!content) {
      found(content.error().to_string());
      continue;
    }
    for (const auto& record : content->records) {
      const auto* const reserved = std::get_if<ReservedCall>(&record);
      if (reserved != nullptr && !begun.insert(reserved->number).second)
        found(fmt::format("the journal begins call {} twice", reserved->number));
    }
  }
}

Result<std::vector<Finding>> SqliteReader::verify() {
  findings_.clear();
  if (auto ok = check_pages(); !ok) return fail(std::move(ok.error()));
  // One snapshot, because the owner may be writing.
  if (auto ok = database_.execute("BEGIN"); !ok) return fail(std::move(ok.error()));
  const auto from = complete_from_ms();
  auto sums = from ? sums_of_calls() : Result<Sums>(fail(from.error()));
  auto compared =
      sums ? compare_accounts(std::move(*sums), *from / kMillis) : Result<void>(fail(sums.error()));
  (void)database_.execute("COMMIT");
  if (!compared) return fail(std::move(compared.error()));
  check_journal();
  return std::move(findings_);
}

}  // namespace

Result<std::unique_ptr<LedgerReader>> open_reader(const std::filesystem::path& folder,
                                                  TimeSource time) {
  auto database = Database::open(folder / files::kLedgerFile, Access::read_only);
  if (!database) return fail(std::move(database.error()));
  if (auto ok = check_version(*database); !ok) return fail(std::move(ok.error()));
  return std::make_unique<SqliteReader>(std::move(*database), folder, std::move(time));
}

}  // namespace gvm::store::sqlite
