#pragma once
// The counters of both ledgers. Written by any thread.
#include <atomic>
#include <cstdint>

#include "store/ledger.h"

namespace gvm::store {

class Tally {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct LedgerCounters {
  Tally reserved, refused, settled, released, stored, calls_deferred, calls_dropped,
      records_dropped, unreserved;

  void fill(LedgerStats& stats) const {
    stats.reserved = reserved.get();
    stats.refused = refused.get();
    stats.settled = settled.get();
    stats.released = released.get();
    stats.stored = stored.get();
    stats.calls_deferred = calls_deferred.get();
    stats.calls_dropped = calls_dropped.get();
    stats.records_dropped = records_dropped.get();
    stats.unreserved = unreserved.get();
  }
};

}  // namespace gvm::store
