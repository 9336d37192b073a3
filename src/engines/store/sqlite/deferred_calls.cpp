#include "store/sqlite/deferred_calls.h"

#include <algorithm>
#include <unordered_set>

#include "store/sqlite/journal.h"
#include "store/sqlite/replay.h"

namespace gvm::store::sqlite {

void DeferredCalls::add(std::uint32_t segment, std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  numbers_[segment].push_back(number);
  ++size_;
}

std::size_t DeferredCalls::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

Result<DeferredCalls::Batch> DeferredCalls::read_oldest(const std::filesystem::path& folder) const {
  Batch batch;
  std::unordered_set<std::uint64_t> wanted;
  {
    const std::lock_guard lock(mutex_);
    if (numbers_.empty()) return batch;
    batch.segment = numbers_.begin()->first;
    wanted.insert(numbers_.begin()->second.begin(), numbers_.begin()->second.end());
  }
  // The end of a call may be in any later segment.
  Replay replay([&wanted](std::uint64_t number) { return wanted.contains(number); });
  for (const auto& file : segment_files(folder)) {
    if (file.number < batch.segment) continue;
    auto content = read_segment_file(file.path);
    if (!content) return fail(std::move(content.error()));
    for (auto& record : content->records) replay.take(std::move(record));
  }
  batch.calls = replay.ended();
  std::ranges::move(replay.charge_open(), std::back_inserter(batch.calls));
  for (auto& call : batch.calls) call.reserved.segment = batch.segment;
  return batch;
}

void DeferredCalls::forget(const Batch& batch) {
  const std::lock_guard lock(mutex_);
  const auto at = numbers_.find(batch.segment);
  if (at == numbers_.end()) return;
  std::unordered_set<std::uint64_t> stored;
  for (const auto& call : batch.calls) stored.insert(call.reserved.number);
  size_ -= std::erase_if(at->second, [&](auto number) { return stored.contains(number); });
  if (at->second.empty()) numbers_.erase(at);
}

}  // namespace gvm::store::sqlite
