#pragma once
// The database of the SQLite ledger, for its single writer: each group of calls and records is one
// transaction. Storing the same call twice stores it once.
#include <filesystem>
#include <map>
#include <tuple>
#include <vector>

#include "store/accounts.h"
#include "store/reader.h"
#include "store/sqlite/database.h"

namespace gvm::store::sqlite {

struct Group {
  std::vector<SettledCall> calls;
  std::vector<DecisionRecord> records;
  std::uint64_t last_number = 0;  // the highest number that a reservation got
  std::int64_t last_ms = 0;       // seen by the clock
};

class Store {
 public:
  // Creates or migrates it.
  static Result<Store> open(const std::filesystem::path& file);

  // Returns the numbers of the calls that were not stored before.
  Result<std::vector<std::uint64_t>> commit(const Group& group);
  // The amounts in the windows that are not over at `now_ms`.
  Result<void> load(Accounts& accounts, std::int64_t now_ms);
  struct Last {
    std::uint64_t number = 0;
    std::int64_t ms = 0;
  };
  Result<Last> last();
  // Deletes a bounded number of older entries. True when there may be more.
  Result<bool> purge(std::int64_t calls_before_ms, std::int64_t records_before_ms);

 private:
  explicit Store(Database database) : database_(std::move(database)) {}
  Result<void> prepare();
  Result<bool> insert_call(const SettledCall& call);
  Result<void> add_to_accounts();
  Result<void> insert_records(const std::vector<DecisionRecord>& records);
  Result<void> set_meta(std::string_view key, const std::string& value);

  // period, bucket, budget, unit, scope
  using AccountId =
      std::tuple<std::string, std::int64_t, std::string, std::string_view, std::string>;

  Database database_;
  Statement call_;
  Statement account_;
  Statement records_;
  Statement meta_;
  std::map<AccountId, Integer> deltas_;  // of the group being stored
};

}  // namespace gvm::store::sqlite
