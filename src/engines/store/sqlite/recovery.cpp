#include "store/sqlite/recovery.h"

#include <algorithm>

#include "store/disk.h"
#include "store/sqlite/journal.h"
#include "store/sqlite/replay.h"

namespace gvm::store::sqlite {
namespace {

Result<void> commit_all(Store& store, const Replay& replay, Recovered& out) {
  Group ended, in_flight;
  ended.last_number = in_flight.last_number = out.last_number;
  ended.last_ms = in_flight.last_ms = out.last_ms;
  in_flight.calls = replay.charge_open(flags::kInFlightAtCrash);
  ended.calls = replay.ended();
  const auto added = store.commit(ended);
  if (!added) return fail(added.error());
  out.report.settled = added->size();
  const auto charged = store.commit(in_flight);
  if (!charged) return fail(charged.error());
  out.report.in_flight = charged->size();
  for (const auto& call : in_flight.calls) {
    if (out.report.named.size() == RecoveryReport::kMostNamed) break;
    // Both in the order of their numbers.
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
  if (auto ok = commit_all(store, replay, out); !ok) return fail(std::move(ok.error()));
  for (const auto& file : files) {
    std::error_code failed;
    std::filesystem::remove(file.path, failed);
    if (failed) return fail(disk_error(failed.value(), file.path.string()));
  }
  return out;
}

}  // namespace gvm::store::sqlite
