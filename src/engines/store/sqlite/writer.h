#pragma once
// The thread that writes the SQLite ledger. It makes the journal durable every group_interval, and
// moves settled calls and decision records into the database in groups. Only flush() waits for it.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/deadline.h"
#include "store/accounts.h"
#include "store/ledger_counters.h"
#include "store/ledger_health.h"
#include "store/sqlite/deferred_calls.h"
#include "store/sqlite/journal.h"
#include "store/sqlite/store.h"

namespace gvm::store::sqlite {

class Writer {
 public:
  struct Parts {
    Journal& journal;
    Accounts& accounts;
    LedgerHealth& health;
    LedgerCounters& counters;
    std::atomic<std::uint64_t>& last_number;
  };
  Writer(Store store, const LedgerOptions& options, Parts parts);
  ~Writer() { stop(); }

  // Never blocks. While most_backlog calls wait, further ones are deferred: they are read from the
  // journal when the database has caught up. The call must be in the journal, or is lost.
  void push(SettledCall call);
  void push(RecordToWrite record);
  // To be called after an append to the journal.
  void notice();
  // Settled calls in memory that the database does not have yet.
  std::size_t backlog() const { return backlog_.load(std::memory_order_relaxed); }
  std::size_t deferred() const { return deferred_.size(); }

  bool flush(std::chrono::milliseconds longest);
  // Writes everything that is left, once.
  void stop();

 private:
  void run();
  void defer(const SettledCall& call);
  // Waits until there is something to do; true when the thread must stop.
  bool wait();
  void take();
  bool sync();
  bool store();
  enum class Deferred { oldest, all };
  bool store_deferred(Deferred which);
  void purge();

  Store store_;
  LedgerOptions options_;
  Parts parts_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable written_;
  std::vector<SettledCall> calls_;  // waiting for the thread
  std::vector<RecordToWrite> records_;
  std::uint64_t asked_ = 0;  // flushes
  std::uint64_t done_ = 0;
  bool stopping_ = false;
  std::atomic<bool> idle_{false};
  std::atomic<std::size_t> backlog_{0};

  DeferredCalls deferred_;
  Group group_;  // used by the thread: taken, not stored yet
  Clock::time_point next_store_{};
  std::int64_t next_purge_ms_ = 0;
  std::thread thread_;
};

}  // namespace gvm::store::sqlite
