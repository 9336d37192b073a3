#pragma once
// One SQLite database that an operator's script has open, with its statements. Blocking: used on a
// worker thread, by one call at a time; interrupt() may be called from any thread. Sizes and times
// are bounded, and only its own file can be reached.
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/error.h"
#include "base/size.h"
#include "base/value.h"

struct sqlite3;
struct sqlite3_stmt;

namespace gvm::database {

struct Limits {
  std::size_t value_bytes = 16 * kMiB;        // one text or blob, one row
  std::size_t sql_bytes = 1 * kMiB;           // one text of statements
  std::size_t result_bytes = 16 * kMiB;       // all rows that one call answers
  std::size_t file_bytes = 1 * kGiB;          // the database
  std::size_t statements = 256;               // prepared at the same time
  std::chrono::milliseconds busy{5'000};      // waiting for another session's write
  std::chrono::milliseconds longest{10'000};  // one call, all its statements
};

// The file of a database that a script names: inside of `data_dir`, no links, no special files, and
// none of those that the modules keep there themselves (files/own_files.h). ":memory:" and the
// empty name are a private database in memory. The error says why not.
Result<std::string> database_file(const std::string& data_dir, std::string_view name);

// What opening does when there is no file, and what may be done with one.
enum class Opening { create, existing, read_only };

class Database {
 public:
  // Opens nothing yet: the first call opens the file.
  explicit Database(std::string file, Limits limits = {}, Opening opening = Opening::create);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Every answer is a map with SQLite's result `code`, followed by `message`, `changes`,
  // `total_changes` and `rowid` of the connection.

  // Runs all statements of a text. With `rows`: their rows, in `rows` as lists, and `names`.
  enum class Rows { drop, keep };
  Value exec(std::string_view sql, Rows rows, Deadline deadline);
  // `id` of the statement, its column `names`, the names of its `parameters` ("" for nameless ones)
  // and the `tail` of the text.
  Value prepare(std::string_view sql, Deadline deadline);
  // Binds [[index, value?, is_blob?], ...], then steps at most `count` rows: `rows` as lists. The
  // code is that of the last step: ROW when there may be more.
  Value step(std::int64_t id, const Value& bindings, std::size_t count, Deadline deadline);
  Value reset(std::int64_t id);
  Value finalize(std::int64_t id);
  // Finalizes every statement and closes the connection; the answer is OK.
  Value close();
  Value set_busy_timeout(std::chrono::milliseconds span);

  // Interrupts the running call, which then answers with the code INTERRUPT.
  void interrupt() { stop_ = true; }

 private:
  class Run;
  int open();
  int bind(sqlite3_stmt* statement, const Value& bindings);
  int read_rows(sqlite3_stmt* statement, std::size_t count, Value::Array& rows);
  Value answer(int code) const;
  sqlite3_stmt* find(std::int64_t id) const;
  static int on_progress(void* self);

  std::string file_;
  Limits limits_;
  Opening opening_;
  sqlite3* handle_ = nullptr;
  int open_code_ = 0;
  std::map<std::int64_t, sqlite3_stmt*> statements_;
  std::int64_t next_id_ = 1;
  std::size_t answered_bytes_ = 0;
  Deadline deadline_ = Deadline::never();
  std::atomic<bool> stop_ = false;
};

}  // namespace gvm::database
