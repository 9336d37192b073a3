#include "database/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/error_codes.h"
#include "base/fd.h"
#include "files/own_files.h"

namespace gvm::database {
namespace {

namespace fs = std::filesystem;

constexpr int kStepsBetweenChecks = 1000;
constexpr int kPageBytes = 4096;

// VACUUM attaches the empty name itself; ATTACH of any other name would reach a second file.
int authorize(void*, int action, const char* first, const char* second, const char*, const char*) {
  const std::string_view a = first == nullptr ? "" : first;
  const std::string_view b = second == nullptr ? "" : second;
  if (action == SQLITE_ATTACH) return a.empty() ? SQLITE_OK : SQLITE_DENY;
  if (action == SQLITE_FUNCTION && b == "load_extension") return SQLITE_DENY;
  const bool directory = a == "temp_store_directory" || a == "data_store_directory";
  if (action == SQLITE_PRAGMA && directory) return SQLITE_DENY;
  return SQLITE_OK;
}

Value value_of(sqlite3_stmt* statement, int column) {
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return Value::integer(
          Integer(static_cast<std::int64_t>(sqlite3_column_int64(statement, column))));
    case SQLITE_FLOAT:
      return Value::real(sqlite3_column_double(statement, column));
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
      return Value::bytes(bytes == nullptr ? std::string() : std::string(bytes, size));
    }
    default:
      return Value::null();
  }
}

Value::Array names_of(sqlite3_stmt* statement) {
  Value::Array names;
  for (int i = 0; i < sqlite3_column_count(statement); ++i)
    names.push_back(Value::string(std::string(sqlite3_column_name(statement, i))));
  return names;
}

Value::Array parameters_of(sqlite3_stmt* statement) {
  Value::Array names;
  for (int i = 1; i <= sqlite3_bind_parameter_count(statement); ++i) {
    const char* name = sqlite3_bind_parameter_name(statement, i);
    names.push_back(Value::string(std::string(name == nullptr ? "" : name)));
  }
  return names;
}

int bind_text(sqlite3_stmt* statement, int index, std::string_view text, bool blob) {
  const auto size = static_cast<int>(text.size());
  if (blob) return sqlite3_bind_blob(statement, index, text.data(), size, SQLITE_TRANSIENT);
  return sqlite3_bind_text(statement, index, text.data(), size, SQLITE_TRANSIENT);
}

int bind_value(sqlite3_stmt* statement, int index, const Value& value, bool blob) {
  if (const auto* flag = value.as_bool()) return sqlite3_bind_int(statement, index, *flag ? 1 : 0);
  if (const auto* integer = value.as_integer()) {
    if (const auto small = integer->to_i64()) return sqlite3_bind_int64(statement, index, *small);
    return bind_text(statement, index, integer->to_string(), false);
  }
  if (const auto* real = value.as_real()) return sqlite3_bind_double(statement, index, *real);
  if (const auto text = value.as_string()) return bind_text(statement, index, *text, blob);
  if (const auto bytes = value.as_bytes()) return bind_text(statement, index, *bytes, blob);
  return value.is_null() ? sqlite3_bind_null(statement, index) : SQLITE_MISMATCH;
}

std::unexpected<Error> refuse(std::string_view name, std::string_view why) {
  return fail(codes::kScriptBadArgument, Fatality::fatal,
              std::string(name.substr(0, 256)) + ": " + std::string(why));
}

bool is_inside(const fs::path& folder, const fs::path& path) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  (void)rest;
  return end == folder.end();
}

// Whether SQLite would open or make a file of the modules': the database, or one beside it.
bool is_own(const fs::path& data_dir, const fs::path& file) {
  const files::OwnFiles own({data_dir.string()});
  const Fd parent(::open(file.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const std::string name = file.filename().string();
  if (own.has_name(parent.get(), name)) return true;
  const auto beside = [&](std::string_view end) {
    return own.has_name(parent.get(), name + std::string(end));
  };
  if (std::ranges::any_of(files::kBesideDatabase, beside)) return true;
  struct stat found{};
  return ::stat(file.c_str(), &found) == 0 && found.st_nlink > 1 && own.is_linked(found);
}

int flags_of(Opening opening) {
  switch (opening) {
    case Opening::create:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case Opening::existing:
      return SQLITE_OPEN_READWRITE;
    case Opening::read_only:
      return SQLITE_OPEN_READONLY;
  }
  return 0;
}

}  // namespace

Result<std::string> database_file(const std::string& data_dir, std::string_view name) {
  if (name.empty() || name == ":memory:") return std::string(":memory:");
  if (name.find('\0') != name.npos) return refuse(name, "the name holds a zero byte");
  std::error_code error;
  fs::create_directories(data_dir, error);
  const fs::path folder = fs::canonical(data_dir, error);
  if (error) return refuse(name, "data_dir cannot be used");
  const fs::path path = folder / fs::path(name);  // an absolute name stays as it is
  const fs::path parent = fs::canonical(path.parent_path(), error);
  if (error) return refuse(name, "there is no such folder");
  if (!is_inside(folder, parent)) return refuse(name, "databases live under data_dir");
  const fs::path file = parent / path.filename();
  const auto status = fs::symlink_status(file, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) return refuse(name, "this is no file");
  if (!file.has_filename() || file.filename() == ".." || file.filename() == ".")
    return refuse(name, "this is no file");
  if (is_own(folder, file)) return refuse(name, "this file is the module's own");
  return file.string();
}

// One call: its deadline, and the size of its answer so far.
class Database::Run {
 public:
  Run(Database& database, Deadline deadline) : database_(database) {
    database_.deadline_ = sooner(deadline, Deadline::in(database_.limits_.longest));
    database_.answered_bytes_ = 0;
    database_.stop_ = false;
  }
  ~Run() { database_.deadline_ = Deadline::never(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

 private:
  Database& database_;
};

Database::Database(std::string file, Limits limits, Opening opening)
    : file_(std::move(file)), limits_(limits), opening_(opening) {}

Database::~Database() {
  (void)close();
}

Value Database::close() {
  for (const auto& [id, statement] : statements_) sqlite3_finalize(statement);
  statements_.clear();
  sqlite3_close_v2(std::exchange(handle_, nullptr));
  open_code_ = SQLITE_MISUSE;  // a closed database is not opened again
  return answer(SQLITE_OK);
}

int Database::on_progress(void* self) {
  const auto& database = *static_cast<const Database*>(self);
  return database.stop_ || database.deadline_.expired() ? 1 : 0;
}

int Database::open() {
  if (handle_ != nullptr || open_code_ != SQLITE_OK) return open_code_;
  const int flags = flags_of(opening_) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
  open_code_ = sqlite3_open_v2(file_.c_str(), &handle_, flags, nullptr);
  if (open_code_ != SQLITE_OK) return open_code_;
  sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, static_cast<int>(limits_.value_bytes));
  sqlite3_limit(handle_, SQLITE_LIMIT_SQL_LENGTH, static_cast<int>(limits_.sql_bytes));
  sqlite3_limit(handle_, SQLITE_LIMIT_ATTACHED, 1);  // VACUUM needs one
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_progress_handler(handle_, kStepsBetweenChecks, on_progress, this);
  sqlite3_busy_timeout(handle_, static_cast<int>(limits_.busy.count()));
  const std::string bound =
      "PRAGMA max_page_count=" + std::to_string(limits_.file_bytes / kPageBytes);
  sqlite3_exec(handle_, bound.c_str(), nullptr, nullptr, nullptr);
  sqlite3_set_authorizer(handle_, authorize, nullptr);
  return SQLITE_OK;
}

Value Database::answer(int code) const {
  Value::Map map;
  const auto number = [](std::int64_t n) { return Value::integer(Integer(n)); };
  map.set("code", number(code));
  if (handle_ == nullptr) {
    map.set("message", Value::string(std::string(sqlite3_errstr(code))));
    return Value::map(std::move(map));
  }
  const bool good = code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE;
  const bool ours = code == SQLITE_TOOBIG || code == SQLITE_MISUSE;
  const char* message = good || ours ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  map.set("message", Value::string(std::string(message)));
  map.set("changes", number(sqlite3_changes(handle_)));
  map.set("total_changes", number(sqlite3_total_changes(handle_)));
  map.set("rowid", number(sqlite3_last_insert_rowid(handle_)));
  return Value::map(std::move(map));
}

sqlite3_stmt* Database::find(std::int64_t id) const {
  const auto at = statements_.find(id);
  return at == statements_.end() ? nullptr : at->second;
}

int Database::read_rows(sqlite3_stmt* statement, std::size_t count, Value::Array& rows) {
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW && rows.size() < count) {
    code = sqlite3_step(statement);
    if (code != SQLITE_ROW) break;
    Value::Array row;
    for (int i = 0; i < sqlite3_data_count(statement); ++i) {
      row.push_back(value_of(statement, i));
      constexpr std::size_t kOverhead = 32;
      answered_bytes_ += kOverhead + static_cast<std::size_t>(sqlite3_column_bytes(statement, i));
    }
    if (answered_bytes_ > limits_.result_bytes) return SQLITE_TOOBIG;
    rows.push_back(Value::array(std::move(row)));
  }
  return code;
}

Value Database::exec(std::string_view sql, Rows rows, Deadline deadline) {
  if (const int code = open(); code != SQLITE_OK) return answer(code);
  if (sql.size() > limits_.sql_bytes) return answer(SQLITE_TOOBIG);
  const Run run(*this, deadline);
  Value::Array kept, names;
  int code = SQLITE_OK;
  const char* tail = sql.data();
  const char* const end = sql.data() + sql.size();
  while (code == SQLITE_OK && tail < end) {
    sqlite3_stmt* statement = nullptr;
    code = sqlite3_prepare_v2(handle_, tail, static_cast<int>(end - tail), &statement, &tail);
    if (code != SQLITE_OK || statement == nullptr) continue;
    if (rows == Rows::keep && sqlite3_column_count(statement) > 0) names = names_of(statement);
    Value::Array some;
    do {
      some.clear();
      code = read_rows(statement, 1, some);
      if (rows == Rows::keep)
        std::ranges::move(some, std::back_inserter(kept));
      else
        answered_bytes_ = 0;
    } while (code == SQLITE_ROW);
    const int ended = sqlite3_finalize(statement);
    if (code == SQLITE_DONE) code = ended;
  }
  Value out = answer(code);
  if (rows == Rows::keep) {
    out.as_map()->set("rows", Value::array(std::move(kept)));
    out.as_map()->set("names", Value::array(std::move(names)));
  }
  return out;
}

Value Database::prepare(std::string_view sql, Deadline deadline) {
  if (const int code = open(); code != SQLITE_OK) return answer(code);
  if (sql.size() > limits_.sql_bytes) return answer(SQLITE_TOOBIG);
  if (statements_.size() >= limits_.statements) return answer(SQLITE_NOMEM);
  const Run run(*this, deadline);
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, &tail);
  Value out = answer(code);
  if (code != SQLITE_OK) return out;
  auto& map = *out.as_map();
  map.set("tail", Value::string(std::string(tail, sql.data() + sql.size())));
  if (statement == nullptr) return out;  // a comment, or nothing
  const auto id = next_id_++;
  statements_.emplace(id, statement);
  map.set("id", Value::integer(Integer(id)));
  map.set("names", Value::array(names_of(statement)));
  map.set("parameters", Value::array(parameters_of(statement)));
  return out;
}

int Database::bind(sqlite3_stmt* statement, const Value& bindings) {
  const auto* list = bindings.as_array();
  if (list == nullptr) return SQLITE_OK;
  if (list->empty()) return SQLITE_OK;
  sqlite3_reset(statement);
  for (const auto& entry : *list) {
    const auto* parts = entry.as_array();
    const auto* index = parts == nullptr || parts->empty() ? nullptr : parts->front().as_integer();
    if (index == nullptr) return SQLITE_MISUSE;
    const Value nothing;
    const Value& value = parts->size() > 1 ? (*parts)[1] : nothing;
    const int code = bind_value(statement, static_cast<int>(index->to_i64().value_or(0)), value,
                                parts->size() > 2);
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

Value Database::step(std::int64_t id, const Value& bindings, std::size_t count, Deadline deadline) {
  sqlite3_stmt* statement = find(id);
  if (statement == nullptr) return answer(SQLITE_MISUSE);
  const Run run(*this, deadline);
  if (const int code = bind(statement, bindings); code != SQLITE_OK) return answer(code);
  Value::Array rows;
  const int code = read_rows(statement, count, rows);
  Value out = answer(code);
  out.as_map()->set("rows", Value::array(std::move(rows)));
  return out;
}

Value Database::reset(std::int64_t id) {
  sqlite3_stmt* statement = find(id);
  return answer(statement == nullptr ? SQLITE_MISUSE : sqlite3_reset(statement));
}

Value Database::finalize(std::int64_t id) {
  sqlite3_stmt* statement = find(id);
  if (statement == nullptr) return answer(SQLITE_MISUSE);
  statements_.erase(id);
  const int code = sqlite3_finalize(statement);
  return answer(code);
}

Value Database::set_busy_timeout(std::chrono::milliseconds span) {
  limits_.busy = std::min(span, limits_.longest);
  if (handle_ == nullptr) return answer(SQLITE_OK);
  return answer(sqlite3_busy_timeout(handle_, static_cast<int>(limits_.busy.count())));
}

}  // namespace gvm::database
