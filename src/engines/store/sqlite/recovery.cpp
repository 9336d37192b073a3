#include "store/sqlite/recovery.h"

#include <algorithm>
#include <map>

#include "store/sqlite/journal.h"

namespace gvm::store::sqlite {
namespace {

// The journals' story, call by call.
class Replay {
 public:
  void take(JournalRecord record) { std::visit(*this, std::move(record)); }

  void operator()(ReservedCall reserved) {
    last_ms_ = std::max(last_ms_, reserved.made_ms);
    last_number_ = std::max(last_number_, reserved.number);
    const auto number = reserved.number;
    open_.insert_or_assign(number, std::move(reserved));
  }
  void operator()(SettleRecord record) {
    last_ms_ = std::max(last_ms_, record.settled_ms);
    const auto found = open_.find(record.number);
    if (found == open_.end()) return;  // its beginning was deleted: the database has it
    calls_.push_back({std::move(found->second), std::move(record.settlement), record.settled_ms});
    open_.erase(found);
  }
  void operator()(ReleaseRecord record) { open_.erase(record.number); }

  std::int64_t last_ms() const { return last_ms_; }
  std::uint64_t last_number() const { return last_number_; }
  std::vector<SettledCall> ended() && { return std::move(calls_); }
  std::vector<SettledCall> in_flight() && {
    std::vector<SettledCall> calls;
    for (auto& [number, reserved] : open_) {
      Settlement charged{.actual = reserved.worst};
      charged.flags = flags::kUnknownCost | flags::kInFlightAtCrash;
      calls.push_back({std::move(reserved), std::move(charged), last_ms_});
    }
    return calls;
  }

 private:
  std::map<std::uint64_t, ReservedCall> open_;
  std::vector<SettledCall> calls_;
  std::int64_t last_ms_ = 0;
  std::uint64_t last_number_ = 0;
};

Result<void> commit_all(Store& store, Replay replay, Recovered& out) {
  Group ended, in_flight;
  ended.last_number = in_flight.last_number = out.last_number;
  ended.last_ms = in_flight.last_ms = out.last_ms;
  in_flight.calls = Replay(replay).in_flight();
  ended.calls = std::move(replay).ended();
  const auto added = store.commit(ended);
  if (!added) return fail(added.error());
  out.report.settled = added->size();
  const auto charged = store.commit(in_flight);
  if (!charged) return fail(charged.error());
  out.report.in_flight = charged->size();
  for (const auto& call : in_flight.calls) {
    if (out.report.named.size() == RecoveryReport::kMostNamed) break;
    // In order of their numbers, both.
    if (std::ranges::binary_search(*charged, call.reserved.number))
      out.report.named.push_back({call.reserved.number, call.reserved.info, call.reserved.worst});
  }
  return {};
}

}  // namespace

Result<Recovered> recover(Store& store, const std::filesystem::path& folder) {
  Recovered out;
  const auto last = store.last();
  if (!last) return fail(last.error());
  const auto files = segment_files(folder);
  Replay replay;
  for (const auto& file : files) {
    auto content = read_segment_file(file.path);
    if (!content) return fail(std::move(content.error()));
    out.report.torn_bytes += content->torn_bytes;
    for (auto& record : content->records) replay.take(std::move(record));
    out.next_segment = file.number + 1;
  }
  out.last_number = std::max(last->number, replay.last_number());
  out.last_ms = std::max(last->ms, replay.last_ms());
  if (auto ok = commit_all(store, std::move(replay), out); !ok) return fail(std::move(ok.error()));
  for (const auto& file : files) {
    std::error_code failed;
    std::filesystem::remove(file.path, failed);
    if (failed) return fail(disk_error(failed.value(), file.path.string()));
  }
  return out;
}

}  // namespace gvm::store::sqlite
