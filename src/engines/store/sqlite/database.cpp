#include "store/sqlite/database.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "store/amounts.h"
#include "store/codes.h"
#include "store/disk.h"

namespace gvm::store::sqlite {
namespace {

std::string_view code_of(int result) {
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return codes::kLedgerLocked;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return codes::kLedgerCorrupt;
    case SQLITE_FULL:
      return codes::kLedgerDiskFull;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return codes::kLedgerReadOnly;
    default:
      return codes::kLedgerUnavailable;
  }
}

Error error_of(sqlite3* handle, int result) {
  const int system = sqlite3_system_errno(handle);
  const bool of_disk = (result & 0xff) == SQLITE_IOERR || (result & 0xff) == SQLITE_CANTOPEN;
  if (of_disk && system != 0) return disk_error(system, "the ledger's database");
  return {code_of(result), Fatality::fatal,
          fmt::format("the ledger's database: {}", sqlite3_errmsg(handle))};
}

std::string_view text_of(sqlite3_value* value) {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return text == nullptr ? std::string_view() : std::string_view(text, sqlite3_value_bytes(value));
}

Integer integer_of(sqlite3_value* value) {
  return Integer::parse(text_of(value)).value_or(Integer());
}

void answer(sqlite3_context* context, const Integer& value) {
  const auto text = value.to_string();
  sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

void add(sqlite3_context* context, int, sqlite3_value** values) {
  answer(context, sum(integer_of(values[0]), integer_of(values[1])));
}

void sum_step(sqlite3_context* context, int, sqlite3_value** values) {
  auto** const total = static_cast<Integer**>(sqlite3_aggregate_context(context, sizeof(Integer*)));
  if (total == nullptr) return sqlite3_result_error_nomem(context);
  if (*total == nullptr) *total = new Integer();  // sum_final deletes it
  **total = sum(**total, integer_of(values[0]));
}

void sum_final(sqlite3_context* context) {
  auto** const total = static_cast<Integer**>(sqlite3_aggregate_context(context, 0));
  const std::unique_ptr<Integer> owned(total == nullptr ? nullptr : *total);
  answer(context, owned == nullptr ? Integer() : *owned);
}

void add_functions(sqlite3* handle) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  sqlite3_create_function(handle, "gvm_add", 2, kFlags, nullptr, add, nullptr, nullptr);
  sqlite3_create_function(handle, "gvm_sum", 1, kFlags, nullptr, nullptr, sum_step, sum_final);
}

}  // namespace

Statement& Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text(statement_.get(), index, text.data() == nullptr ? "" : text.data(),
                    static_cast<int>(text.size()), SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  sqlite3_bind_blob(statement_.get(), index, bytes.data() == nullptr ? "" : bytes.data(),
                    static_cast<int>(bytes.size()), SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind(int index, std::int64_t number) {
  sqlite3_bind_int64(statement_.get(), index, number);
  return *this;
}

Result<bool> Statement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  auto error = error_of(sqlite3_db_handle(statement_.get()), result);
  reset();
  return fail(std::move(error));
}

Result<void> Statement::run() {
  const auto row = step();
  reset();
  if (!row) return fail(row.error());
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* const text =
      reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view Statement::blob(int column) const {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Integer Statement::integer(int column) const {
  return Integer::parse(text(column)).value_or(Integer());
}

Result<Database> Database::open(const std::filesystem::path& path, Access access) {
  const int mode = access == Access::read_only ? SQLITE_OPEN_READONLY
                                               : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &handle, mode | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database;
  database.handle_.reset(handle);
  if (handle == nullptr) return fail(disk_error(ENOMEM, path.string()));
  if (result != SQLITE_OK) return fail(error_of(handle, result).add_cause(path.string()));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  add_functions(handle);
  return database;
}

Result<void> Database::execute(const std::string& sql) {
  const int result = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return fail(error_of(handle_.get(), result));
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        &statement, nullptr);
  if (result != SQLITE_OK) return fail(error_of(handle_.get(), result));
  return Statement(statement);
}

Result<std::string> Database::ask(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return fail(std::move(statement.error()));
  auto row = statement->step();
  if (!row) return fail(std::move(row.error()));
  return *row ? statement->text(0) : std::string();
}

Result<Transaction> Transaction::begin(Database& database) {
  if (auto ok = database.execute("BEGIN IMMEDIATE"); !ok) return fail(std::move(ok.error()));
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_ != nullptr) (void)database_->execute("ROLLBACK");
}

Result<void> Transaction::commit() {
  auto ok = database_->execute("COMMIT");
  if (ok) database_ = nullptr;
  return ok;
}

}  // namespace gvm::store::sqlite
