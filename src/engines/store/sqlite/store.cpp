#include "store/sqlite/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "store/charges_text.h"
#include "store/codes.h"
#include "store/sqlite/record_pack.h"
#include "store/sqlite/schema.h"

namespace gvm::store::sqlite {
namespace {

constexpr std::int64_t kMillis = 1'000;
constexpr std::int64_t kPurgedAtOnce = 5'000;     // rows: a few milliseconds
constexpr std::int64_t kPacksPurgedAtOnce = 200;  // rows of up to 64 records
// Seconds: a month, and the month before it, which still counts in a rolling window.
constexpr std::int64_t kLongestWindow = 62 * 86'400;

constexpr std::string_view kInsertCall =
    "INSERT OR IGNORE INTO entries(id, made_ms, settled_ms, backend, model, key_id, session, node, "
    "tx, contract, nano_usd, tokens, requests, gen, error, flags, record_id, charges) "
    "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr std::string_view kAddToAccount =
    "INSERT INTO accounts(period, bucket, budget, unit, scope, spent) VALUES(?,?,?,?,?,?) "
    "ON CONFLICT DO UPDATE SET spent = gvm_add(spent, excluded.spent)";
constexpr std::string_view kInsertRecords =
    "INSERT INTO record_packs(newest_ms, ids, body) VALUES(?,?,?)";
constexpr std::string_view kSetMeta = "INSERT OR REPLACE INTO meta(key, value) VALUES(?,?)";

// FULL: a commit is durable when it returns, because the journal is deleted after it.
constexpr auto kSettings =
    "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY";

template <class T>
Result<void> prepare_into(Database& database, T& statement, std::string_view sql) {
  auto prepared = database.prepare(sql);
  if (!prepared) return fail(std::move(prepared.error()));
  statement = std::move(*prepared);
  return {};
}

std::int64_t to_number(const std::string& text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Result<Store> Store::open(const std::filesystem::path& file) {
  auto database = Database::open(file, Access::read_write);
  if (!database) return fail(std::move(database.error()));
  auto mode = database->ask("PRAGMA journal_mode = WAL");
  if (!mode) return fail(std::move(mode.error()));
  if (*mode != "wal")
    return fail(codes::kLedgerUnavailable, Fatality::fatal,
                "the ledger's disk does not support a write-ahead log");
  if (auto ok = database->execute(kSettings); !ok) return fail(std::move(ok.error()));
  if (auto ok = migrate(*database, migrations()); !ok) return fail(std::move(ok.error()));
  Store store(std::move(*database));
  if (auto ok = store.prepare(); !ok) return fail(std::move(ok.error()));
  return store;
}

Result<void> Store::prepare() {
  if (auto ok = prepare_into(database_, call_, kInsertCall); !ok) return ok;
  if (auto ok = prepare_into(database_, account_, kAddToAccount); !ok) return ok;
  if (auto ok = prepare_into(database_, records_, kInsertRecords); !ok) return ok;
  return prepare_into(database_, meta_, kSetMeta);
}

Result<bool> Store::insert_call(const SettledCall& call) {
  const auto& [reserved, settlement, settled_ms] = call;
  const auto gen = settlement.actual.gen.to_string();
  const auto charges = write_charges(reserved.charges);
  call_.bind(1, static_cast<std::int64_t>(reserved.number))
      .bind(2, reserved.made_ms)
      .bind(3, settled_ms);
  int at = 4;
  const auto& info = reserved.info;
  for (const auto* text : {&info.backend, &info.model, &info.key_id, &info.session, &info.node,
                           &info.tx, &info.contract})
    call_.bind(at++, *text);
  call_.bind(11, settlement.actual.nano_usd)
      .bind(12, settlement.actual.tokens)
      .bind(13, settlement.actual.requests)
      .bind(14, gen)
      .bind(15, settlement.error)
      .bind(16, std::int64_t{settlement.flags})
      .bind(17, settlement.record_id)
      .bind(18, charges);
  if (auto ok = call_.run(); !ok) return fail(std::move(ok.error()));
  if (database_.changes() == 0) return false;
  for (const auto& charge : reserved.charges) {
    const auto& budget = *charge.budget;
    if (budget.period.is_session()) continue;
    auto& delta = deltas_[{budget.period.name(), charge.bucket, budget.name, unit_name(budget.unit),
                           charge.scope}];
    delta = sum(delta, settlement.actual.in(budget.unit));
  }
  return true;
}

Result<void> Store::add_to_accounts() {
  for (const auto& [id, delta] : deltas_) {
    const auto& [period, bucket, budget, unit, scope] = id;
    const auto amount = delta.to_string();
    account_.bind(1, period).bind(2, bucket).bind(3, budget).bind(4, unit).bind(5, scope);
    account_.bind(6, amount);
    if (auto ok = account_.run(); !ok) return ok;
  }
  return {};
}

Result<void> Store::insert_records(const std::vector<DecisionRecord>& records) {
  for (auto rest = std::span(records); !rest.empty();) {
    RecordPack pack;
    const auto count = std::min(rest.size(), RecordPack::kMostRecords);
    for (const auto& record : rest.first(count)) pack.add(record);
    records_.bind(1, pack.newest_ms).bind_blob(2, pack.ids).bind_blob(3, pack.body);
    if (auto ok = records_.run(); !ok) return ok;
    rest = rest.subspan(count);
  }
  return {};
}

Result<void> Store::set_meta(std::string_view key, const std::string& value) {
  return meta_.bind(1, key).bind(2, value).run();
}

Result<std::vector<std::uint64_t>> Store::commit(const Group& group) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  deltas_.clear();
  std::vector<std::uint64_t> added;
  for (const auto& call : group.calls) {
    const auto fresh = insert_call(call);
    if (!fresh) return fail(fresh.error());
    if (*fresh) added.push_back(call.reserved.number);
  }
  if (auto ok = add_to_accounts(); !ok) return fail(std::move(ok.error()));
  if (auto ok = insert_records(group.records); !ok) return fail(std::move(ok.error()));
  if (auto ok = set_meta("last_number", std::to_string(group.last_number)); !ok)
    return fail(std::move(ok.error()));
  if (auto ok = set_meta("last_ms", std::to_string(group.last_ms)); !ok)
    return fail(std::move(ok.error()));
  if (auto ok = transaction->commit(); !ok) return fail(std::move(ok.error()));
  return added;
}

Result<void> Store::load(Accounts& accounts, std::int64_t now_ms) {
  auto query = database_.prepare(
      "SELECT bucket, budget, unit, scope, spent FROM accounts WHERE period = ? AND bucket >= ? "
      "ORDER BY bucket");
  if (!query) return fail(std::move(query.error()));
  for (const auto span : {Span::minute, Span::hour, Span::day, Span::week, Span::month}) {
    for (const auto rhythm : {Rhythm::calendar, Rhythm::rolling}) {
      Budget budget;
      budget.period = {span, rhythm};
      const auto name = budget.period.name();
      const auto now = budget.period.bucket_of(now_ms / kMillis);
      query->bind(1, name).bind(2, budget.period.oldest_counted(now));
      for (;;) {
        const auto row = query->step();
        if (!row) return fail(row.error());
        if (!*row) break;
        budget.name = query->text(1);
        budget.unit = parse_unit(query->text(2)).value_or(Unit::usd);
        accounts.load(budget, query->text(3), query->number(0), query->integer(4));
      }
      query->reset();
    }
  }
  return {};
}

Result<Store::Last> Store::last() {
  Last last;
  auto number = database_.ask("SELECT value FROM meta WHERE key = 'last_number'");
  if (!number) return fail(std::move(number.error()));
  auto ms = database_.ask("SELECT value FROM meta WHERE key = 'last_ms'");
  if (!ms) return fail(std::move(ms.error()));
  auto highest = database_.ask("SELECT max(id) FROM entries");
  if (!highest) return fail(std::move(highest.error()));
  last.number = static_cast<std::uint64_t>(std::max(to_number(*number), to_number(*highest)));
  last.ms = to_number(*ms);
  return last;
}

Result<bool> Store::purge(std::int64_t calls_before_ms, std::int64_t records_before_ms) {
  struct Step {
    std::string_view sql;
    std::int64_t before;
    std::int64_t most = kPurgedAtOnce;
  };
  const std::array steps{
      Step{"DELETE FROM entries WHERE id IN (SELECT id FROM entries WHERE made_ms < ? LIMIT ?)",
           calls_before_ms},
      // The oldest rows come first, and only as many are read as may be deleted.
      Step{"DELETE FROM record_packs WHERE id IN (SELECT id FROM (SELECT id, newest_ms FROM "
           "record_packs ORDER BY id LIMIT ?2) WHERE newest_ms < ?1)",
           records_before_ms, kPacksPurgedAtOnce},
      Step{"DELETE FROM records WHERE id IN (SELECT id FROM records WHERE made_ms < ? LIMIT ?)",
           records_before_ms},
      Step{"DELETE FROM accounts WHERE (period, bucket, budget, unit, scope) IN (SELECT period, "
           "bucket, budget, unit, scope FROM accounts WHERE bucket < ? LIMIT ?)",
           calls_before_ms / kMillis - kLongestWindow}};
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  bool more = false;
  for (const auto& step : steps) {
    auto statement = database_.prepare(step.sql);
    if (!statement) return fail(std::move(statement.error()));
    statement->bind(1, step.before).bind(2, step.most);
    if (auto ok = statement->run(); !ok) return fail(std::move(ok.error()));
    const auto removed = database_.changes();
    more = more || removed == step.most;
    // From here on, sums over calls are complete.
    if (removed > 0 && &step == steps.data()) {
      if (auto ok = set_meta("complete_from_ms", std::to_string(step.before)); !ok)
        return fail(std::move(ok.error()));
    }
  }
  if (auto ok = transaction->commit(); !ok) return fail(std::move(ok.error()));
  return more;
}

}  // namespace gvm::store::sqlite
