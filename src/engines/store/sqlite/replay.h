#pragma once
// Reads the records of journal segments in order, and keeps the state of each call.
#include <functional>
#include <map>
#include <vector>

#include "store/sqlite/journal_record.h"

namespace gvm::store::sqlite {

class Replay {
 public:
  // Only calls with these numbers are kept.
  using Wanted = std::function<bool(std::uint64_t number)>;
  static bool all_calls(std::uint64_t) { return true; }

  explicit Replay(Wanted wanted = all_calls) : wanted_(std::move(wanted)) {}

  void take(JournalRecord record) { std::visit(*this, std::move(record)); }
  void operator()(ReservedCall reserved);
  void operator()(SettleRecord record);
  void operator()(ReleaseRecord record) { open_.erase(record.number); }

  // The latest time and the highest number in any record.
  std::int64_t last_ms() const { return last_ms_; }
  std::uint64_t last_number() const { return last_number_; }
  // Calls that were settled.
  const std::vector<SettledCall>& ended() const { return ended_; }
  // Calls that neither ended nor were released. They are charged at their worst case, because their
  // cost is unknown. `reasons`: further flags.
  std::vector<SettledCall> charge_open(std::uint32_t reasons = 0) const;

 private:
  Wanted wanted_;
  std::map<std::uint64_t, ReservedCall> open_;
  std::vector<SettledCall> ended_;
  std::int64_t last_ms_ = 0;
  std::uint64_t last_number_ = 0;
};

}  // namespace gvm::store::sqlite
