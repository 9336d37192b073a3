#include "store/sqlite/replay.h"

#include <algorithm>

namespace gvm::store::sqlite {

void Replay::operator()(ReservedCall reserved) {
  last_ms_ = std::max(last_ms_, reserved.made_ms);
  last_number_ = std::max(last_number_, reserved.number);
  const auto number = reserved.number;
  if (wanted_(number)) open_.insert_or_assign(number, std::move(reserved));
}

void Replay::operator()(SettleRecord record) {
  last_ms_ = std::max(last_ms_, record.settled_ms);
  const auto found = open_.find(record.number);
  // A record without its reservation: that segment was deleted, because the call is in the
  // database.
  if (found == open_.end()) return;
  ended_.push_back({std::move(found->second), std::move(record.settlement), record.settled_ms});
  open_.erase(found);
}

std::vector<SettledCall> Replay::charge_open(std::uint32_t reasons) const {
  std::vector<SettledCall> calls;
  for (const auto& [number, reserved] : open_) {
    Settlement charged{.actual = reserved.worst};
    charged.flags = flags::kUnknownCost | reasons;
    calls.push_back({reserved, std::move(charged), last_ms_});
  }
  return calls;
}

}  // namespace gvm::store::sqlite
