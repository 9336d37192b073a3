#pragma once
// What was spent and what is reserved, in memory. A running process decides by these accounts, not
// by its database. Thread safe: under one short lock, a call is checked against all of its budgets
// and added to all of them, or to none.
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/excess.h"
#include "store/ledger_clock.h"
#include "store/reserved_call.h"

namespace gvm::store {

struct Balance {
  BudgetPtr budget;
  std::string scope;
  std::int64_t window_start = 0;  // seconds since 1970; 0 for sessions
  std::int64_t resets_at = 0;     // as Excess::resets_at
  Integer spent;
  Integer reserved;
  Integer remaining() const;  // never negative
};

class Accounts {
 public:
  Accounts(TimeSource time, std::size_t most_accounts)
      : clock_(std::move(time)), most_(most_accounts) {}

  struct Made {
    std::int64_t time_ms = 0;
    std::vector<ReservedCharge> charges;
    std::vector<Excess> warnings;  // of budgets whose action is warn
  };
  // BUDGET_EXCEEDED when one budget has no room; LEDGER_UNAVAILABLE when there are more accounts
  // than allowed. Nothing is then reserved.
  Result<Made> reserve(const std::vector<Charge>& charges, const Amounts& worst,
                       std::string_view session);
  void settle(const ReservedCall& reserved, const Amounts& actual);
  void release(const ReservedCall& reserved) { settle(reserved, Amounts()); }
  // Removes the accounts of a session's own budgets.
  void end_session(const std::string& session);

  // To be called before the first call.
  void start_at(std::int64_t ms);
  void load(const Budget& budget, std::string_view scope, std::int64_t bucket, const Integer& spent,
            const Integer& reserved = {});

  // Removes accounts whose windows are over; each call checks only a part of them.
  void sweep();
  std::int64_t now_ms();
  std::int64_t wall_behind_ms();
  std::size_t size();
  // Balances of the current windows. A budget without an account has one row without a scope.
  std::vector<Balance> balances(std::span<const BudgetPtr> budgets);

 private:
  struct Bucket {
    std::int64_t start = 0;
    Integer spent;
    Integer reserved;
  };
  struct Account {
    std::deque<Bucket> buckets;  // ascending; the buckets that still count
    Integer spent;               // of all buckets
    Integer reserved;
    Period period;
    std::string prefix_of;  // account_key of its budget without a scope
    std::string scope;
    // Adds the bucket of `now` and removes those that no longer count. The newest bucket never
    // moves back.
    Bucket& advance(std::int64_t now_s);
    Bucket* find(std::int64_t start);
    bool forgotten(std::int64_t now_s) const;
  };

  Account* account(const Charge& charge, std::string_view session);
  Excess excess_of(const Charge& charge, const Account& account, const Integer& needed) const;

  std::mutex mutex_;
  LedgerClock clock_;
  std::size_t most_;
  std::size_t sweep_from_ = 0;
  std::unordered_map<std::string, Account> accounts_;
  std::unordered_map<std::string, std::vector<std::string>> of_session_;
};

}  // namespace gvm::store
