#pragma once
// The interface of a ledger: budgets that parallel calls cannot exceed, and the audit of what was
// spent. A caller reserves the worst case of a call, makes the call and settles it. A process has
// one ledger, shared by all lanes. Every function is thread safe; functions that block say so.
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
  refuse,   // calls fail with a typed error; all spending is in the ledger
  proceed,  // calls are made, counted in memory as far as possible, and flagged; the alarm is on
};

struct LedgerOptions {
  std::filesystem::path folder;  // of the SQLite ledger; made when it is absent
  Secret postgres_url;           // postgresql://...; set: PostgreSQL instead of SQLite
  WhenBroken when_broken = WhenBroken::refuse;
  std::size_t most_backlog = 100'000;  // settled calls that wait to be stored, at most
  // Decision records that wait, at most; further ones are dropped.
  std::size_t most_records = 10'000;
  std::size_t most_accounts = 1'000'000;  // in memory: one for each budget and scope
  std::chrono::hours keep_calls{400 * 24};
  std::chrono::hours keep_records{30 * 24};

  // SQLite: how often the journal is made durable. A power loss can lose the calls of this period.
  std::chrono::milliseconds group_interval{20};
  // How often settled calls move from the journal into the database, where other processes see
  // them. Larger groups write each page of the database less often.
  std::chrono::milliseconds store_interval{200};
  std::size_t segment_bytes = 8 * kMiB;  // of the journal

  // PostgreSQL.
  std::size_t connections = 4;
  // How long a reservation may take; then `when_broken` decides.
  std::chrono::milliseconds reserve_timeout{2'000};
  std::chrono::seconds lease{900};  // longer than any call; at its end the worst case is charged

  // Replaced by tests.
  TimeSource time = TimeSource::system();
  DiskCalls disk = DiskCalls::system();
};

struct ReserveRequest {
  std::vector<Charge> charges;  // each of them must have room
  Amounts worst;
  CallInfo info;
};

// A decision record whose text is made later, on a thread of the ledger, so that the lane does not
// wait for it.
struct RecordToWrite {
  std::string id;
  std::int64_t made_ms = 0;
  // Called at most once, on a thread of the ledger; see DecisionRecord::kMostBytes.
  std::move_only_function<std::string()> text;
};

struct LedgerStats {
  std::uint64_t reserved = 0;  // calls
  std::uint64_t refused = 0;   // by a budget
  std::uint64_t settled = 0;
  std::uint64_t released = 0;
  std::uint64_t stored = 0;           // settled calls in the database
  std::uint64_t backlog = 0;          // settled calls not there yet
  std::uint64_t calls_deferred = 0;   // beyond most_backlog: read from the journal and stored later
  std::uint64_t calls_dropped = 0;    // neither the database nor the journal could store them
  std::uint64_t records_dropped = 0;  // over most_records or kMostBytes
  std::uint64_t failures = 0;         // times the disk or the database failed
  std::uint64_t unreserved = 0;       // calls made without a stored reservation
  std::uint64_t accounts = 0;
  std::uint64_t journal_bytes = 0;
  std::int64_t clock_behind_ms = 0;  // how far the wall clock was set back
  std::string alarm;                 // what is wrong at present; empty when nothing is
};

// What the start found from the previous process.
struct RecoveryReport {
  struct InFlight {
    std::uint64_t number = 0;
    CallInfo info;
    Amounts charged;
  };
  static constexpr std::size_t kMostNamed = 100;
  std::uint64_t settled = 0;     // ended calls that were not in the database yet
  std::uint64_t in_flight = 0;   // charged at their worst case, flagged in_flight_at_crash
  std::vector<InFlight> named;   // the first few of them
  std::uint64_t torn_bytes = 0;  // size of a record that the crash cut off; its call was not made
};

class Ledger {
 public:
  virtual ~Ledger() = default;

  // BUDGET_EXCEEDED (see excess.h), INVALID_AMOUNT, CANCELLED; with WhenBroken::refuse also
  // LEDGER_DISK_FULL, LEDGER_READ_ONLY, LEDGER_UNAVAILABLE. After an error nothing is reserved.
  virtual asio::awaitable<Result<Reservation>> reserve(ReserveRequest request) = 0;
  // Removes the accounts of the session's own budgets.
  virtual void end_session(const std::string& session) = 0;

  // Stored for keep_records. Queued; see records_dropped.
  virtual void put_record(RecordToWrite record) = 0;
  virtual asio::awaitable<Result<std::optional<DecisionRecord>>> record(std::string id) = 0;
  virtual asio::awaitable<Result<std::vector<UsageRow>>> usage(UsageQuery query) = 0;
  virtual asio::awaitable<Result<std::vector<Balance>>> balances(
      std::vector<BudgetPtr> budgets) = 0;

  virtual LedgerStats stats() = 0;
  virtual const RecoveryReport& recovery() const = 0;

  // Blocks until everything settled, released and put before is stored; false when `longest` has
  // passed.
  virtual bool flush(std::chrono::milliseconds longest) = 0;
  // Blocks: stores what it can, then stops. Calls that end later go into the journal only; with
  // PostgreSQL their lease ends.
  virtual void close() = 0;
};

}  // namespace gvm::store
