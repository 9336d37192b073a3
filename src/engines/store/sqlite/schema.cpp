#include "store/sqlite/schema.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "store/codes.h"

namespace gvm::store::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x47564d4c;  // "GVML"

// Times are milliseconds since 1970, buckets seconds. Amounts of accounts and gen are decimal
// texts: they need more than 64 bits. `charges` is a JSON list of [budget, period, unit, scope,
// bucket].
constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entries(
  id INTEGER PRIMARY KEY, made_ms INTEGER NOT NULL, settled_ms INTEGER NOT NULL,
  backend TEXT NOT NULL, model TEXT NOT NULL, key_id TEXT NOT NULL, session TEXT NOT NULL,
  node TEXT NOT NULL, tx TEXT NOT NULL, contract TEXT NOT NULL,
  nano_usd INTEGER NOT NULL, tokens INTEGER NOT NULL, requests INTEGER NOT NULL, gen TEXT NOT NULL,
  error TEXT NOT NULL, flags INTEGER NOT NULL, record_id TEXT NOT NULL, charges TEXT NOT NULL);
CREATE INDEX entries_by_time ON entries(made_ms);
CREATE TABLE accounts(
  period TEXT NOT NULL, bucket INTEGER NOT NULL, budget TEXT NOT NULL, unit TEXT NOT NULL,
  scope TEXT NOT NULL, spent TEXT NOT NULL,
  PRIMARY KEY(period, bucket, budget, unit, scope)) WITHOUT ROWID;
CREATE TABLE records(id TEXT PRIMARY KEY, made_ms INTEGER NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX records_by_time ON records(made_ms);
)sql";

// `ids` and `body`: see record_pack.h. Rows are appended in the order of time, so no index is
// needed. Records stay in the older table until they are purged.
constexpr std::string_view kVersion2 = R"sql(
CREATE TABLE record_packs(
  id INTEGER PRIMARY KEY, newest_ms INTEGER NOT NULL, ids BLOB NOT NULL, body BLOB NOT NULL);
)sql";

constexpr std::array kMigrations{kVersion1, kVersion2};

Result<std::int64_t> pragma(Database& database, std::string_view name) {
  auto text = database.ask(fmt::format("PRAGMA {}", name));
  if (!text) return fail(std::move(text.error()));
  std::int64_t number = 0;
  std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

std::unexpected<Error> newer(std::int64_t version, std::size_t known) {
  return fail(codes::kLedgerNewerSchema, Fatality::fatal,
              fmt::format("the ledger has version {} of its tables, these modules know {}: run the "
                          "version that wrote it, or a later one",
                          version, known));
}

Result<void> one_step(Database& database, std::size_t version, std::string_view step) {
  auto transaction = Transaction::begin(database);
  if (!transaction) return fail(std::move(transaction.error()));
  const auto sql = fmt::format("{}\nPRAGMA user_version = {}; PRAGMA application_id = {};", step,
                               version + 1, kApplicationId);
  if (auto ok = database.execute(sql); !ok) return ok;
  return transaction->commit();
}

}  // namespace

std::span<const std::string_view> migrations() {
  return kMigrations;
}

Result<void> migrate(Database& database, std::span<const std::string_view> steps) {
  const auto version = pragma(database, "user_version");
  if (!version) return fail(version.error());
  const auto owner = pragma(database, "application_id");
  if (!owner) return fail(owner.error());
  const auto tables = database.ask("SELECT count(*) FROM sqlite_schema");
  if (!tables) return fail(tables.error());
  if (*owner != kApplicationId && (*tables != "0" || *version != 0))
    return fail(codes::kLedgerCorrupt, Fatality::fatal,
                "the ledger's database is another program's");
  if (*version < 0 || static_cast<std::size_t>(*version) > steps.size())
    return newer(*version, steps.size());
  for (auto at = static_cast<std::size_t>(*version); at < steps.size(); ++at) {
    if (auto ok = one_step(database, at, steps[at]); !ok) return ok;
  }
  return {};
}

Result<void> check_version(Database& database) {
  const auto version = pragma(database, "user_version");
  if (!version) return fail(version.error());
  const auto known = static_cast<std::int64_t>(kMigrations.size());
  if (*version > known) return newer(*version, kMigrations.size());
  if (*version < known)
    return fail(codes::kLedgerUnavailable, Fatality::fatal,
                "the ledger was written by an older version: start the module once");
  return {};
}

}  // namespace gvm::store::sqlite
