#pragma once
// A wrapper of SQLite: handles that close themselves, and results as typed errors. A Database and
// its statements belong to one thread at a time.
#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/integer.h"

namespace gvm::store::sqlite {

enum class Access { read_write, read_only };

class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  // The bytes must stay valid until the statement has been stepped.
  Statement& bind(int index, std::string_view text);
  Statement& bind_blob(int index, std::string_view bytes);
  Statement& bind(int index, std::int64_t number);
  // True when there is a row.
  Result<bool> step();
  // For a statement without result rows: steps it and resets it for the next use.
  Result<void> run();
  void reset();

  std::int64_t number(int column) const;
  std::string text(int column) const;
  std::string_view blob(int column) const;  // until the next step
  Integer integer(int column) const;        // of a decimal text

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  static constexpr int kBusyTimeoutMs = 2'000;

  // Registers the functions gvm_add(a, b) and gvm_sum(a) on decimal texts of any size.
  static Result<Database> open(const std::filesystem::path& path, Access access);

  Result<void> execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  // The first column of the first row.
  Result<std::string> ask(std::string_view sql);
  std::int64_t changes() const { return sqlite3_changes64(handle_.get()); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

// A transaction, which is rolled back unless it was committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace gvm::store::sqlite
