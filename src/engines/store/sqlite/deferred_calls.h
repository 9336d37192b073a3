#pragma once
// Settled calls for which the database's queue was full. Only their numbers are kept in memory. The
// journal has the rest, and the writer reads it again when the queue has become short. Thread safe.
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "store/reserved_call.h"

namespace gvm::store::sqlite {

class DeferredCalls {
 public:
  // `segment` of the journal is the one in which the call was reserved.
  void add(std::uint32_t segment, std::uint64_t number);
  std::size_t size() const;

  // The calls that were reserved in the oldest segment; they stay here until forget(). A call whose
  // settlement could not be written is charged at its worst case. LEDGER_UNAVAILABLE,
  // LEDGER_CORRUPT.
  struct Batch {
    std::uint32_t segment = 0;
    std::vector<SettledCall> calls;
  };
  Result<Batch> read_oldest(const std::filesystem::path& folder) const;
  void forget(const Batch& batch);

 private:
  mutable std::mutex mutex_;
  std::map<std::uint32_t, std::vector<std::uint64_t>> numbers_;  // by segment
  std::size_t size_ = 0;
};

}  // namespace gvm::store::sqlite
