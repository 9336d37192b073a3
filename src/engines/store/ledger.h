#pragma once
// The interface of a ledger: budgets that parallel calls cannot overrun, and the audit of what was
// spent. A caller reserves a call's worst case, makes the call and settles it. There is one ledger
// in a process, shared by all lanes. Every function is thread safe; those that block say so.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/secret.h"
#include "base/size.h"
#include "store/disk.h"
#include "store/reader.h"
#include "store/reservation.h"

namespace gvm::store {

namespace asio = boost::asio;

// What happens to calls while the ledger cannot be written or reached.
enum class WhenBroken {
  refuse,   // a typed error; nothing is spent that is not in the ledger
  proceed,  // calls are made, counted in memory as far as possible and flagged; the alarm is on
};

struct LedgerOptions {
  std::filesystem::path folder;  // of the SQLite ledger; made when it is absent
  Secret postgres_url;           // postgresql://...; set: PostgreSQL instead of SQLite
  WhenBroken when_broken = WhenBroken::refuse;
  std::size_t most_backlog = 100'000;     // settled calls that wait to be stored
  std::size_t most_records = 10'000;      // decision records that wait; further ones are dropped
  std::size_t most_accounts = 1'000'000;  // in memory: one for each budget and scope
  std::chrono::hours keep_calls{400 * 24};
  std::chrono::hours keep_records{30 * 24};

  // SQLite: how often the journal is made durable. A power loss may lose that much.
  std::chrono::milliseconds group_interval{20};
  // How often settled calls move from the journal into the database, where other processes see
  // them. Larger groups write each page of the database fewer times.
  std::chrono::milliseconds store_interval{200};
  std::size_t segment_bytes = 8 * kMiB;  // of the journal

  // PostgreSQL.
  std::size_t connections = 4;
  std::chrono::milliseconds reserve_timeout{2'000};  // then `when_broken`
  std::chrono::seconds lease{900};  // longer than any call; then its worst case is charged

  // Tests replace these.
  TimeSource time = TimeSource::system();
  DiskCalls disk = DiskCalls::system();
};

struct ReserveRequest {
  std::vector<Charge> charges;  // all must have room
  Amounts worst;
  CallInfo info;
};

// A decision record whose text is made later, on a thread of the ledger's: the lane does not wait
// for it.
struct RecordToWrite {
  std::string id;
  std::int64_t made_ms = 0;
  // Called once at most, on a thread of the ledger's; see DecisionRecord::kMostBytes.
  std::move_only_function<std::string()> text;
};

struct LedgerStats {
  std::uint64_t reserved = 0;  // calls
  std::uint64_t refused = 0;   // by a budget
  std::uint64_t settled = 0;
  std::uint64_t released = 0;
  std::uint64_t stored = 0;           // settled calls in the database
  std::uint64_t backlog = 0;          // settled calls not there yet
  std::uint64_t calls_deferred = 0;   // over most_backlog: stored later, from the journal
  std::uint64_t calls_dropped = 0;    // neither the database nor the journal took them
  std::uint64_t records_dropped = 0;  // over most_records or kMostBytes
  std::uint64_t failures = 0;         // times the disk or the database failed
  std::uint64_t unreserved = 0;       // calls made without a stored reservation
  std::uint64_t accounts = 0;
  std::uint64_t journal_bytes = 0;
  std::int64_t clock_behind_ms = 0;  // how far the wall clock went backwards
  std::string alarm;                 // what is wrong now; empty when nothing is
};

// What a start found unfinished.
struct RecoveryReport {
  struct InFlight {
    std::uint64_t number = 0;
    CallInfo info;
    Amounts charged;
  };
  static constexpr std::size_t kMostNamed = 100;
  std::uint64_t settled = 0;     // ended calls that the database did not have yet
  std::uint64_t in_flight = 0;   // charged at their worst case, flagged in_flight_at_crash
  std::vector<InFlight> named;   // the first of them
  std::uint64_t torn_bytes = 0;  // of a record that the crash cut off; its call was not made
};

class Ledger {
 public:
  virtual ~Ledger() = default;

  // BUDGET_EXCEEDED (see excess.h), INVALID_AMOUNT, CANCELLED; with WhenBroken::refuse also
  // LEDGER_DISK_FULL, LEDGER_READ_ONLY, LEDGER_UNAVAILABLE. After an error nothing is reserved.
  virtual asio::awaitable<Result<Reservation>> reserve(ReserveRequest request) = 0;
  // Forgets the accounts of the session's own budgets.
  virtual void end_session(const std::string& session) = 0;

  // Kept for keep_records. Queued; see records_dropped.
  virtual void put_record(RecordToWrite record) = 0;
  virtual asio::awaitable<Result<std::optional<DecisionRecord>>> record(std::string id) = 0;
  virtual asio::awaitable<Result<std::vector<UsageRow>>> usage(UsageQuery query) = 0;
  virtual asio::awaitable<Result<std::vector<Balance>>> balances(
      std::vector<BudgetPtr> budgets) = 0;

  virtual LedgerStats stats() = 0;
  virtual const RecoveryReport& recovery() const = 0;

  // Blocks until all that was settled, released and put before is stored; false when `longest` has
  // passed before.
  virtual bool flush(std::chrono::milliseconds longest) = 0;
  // Blocks: stores what it can and stops. What ends later goes into the journal only, or with
  // PostgreSQL is left to its lease.
  virtual void close() = 0;
};

}  // namespace gvm::store
