#pragma once
// The intent journal: what is reserved, settled and released, appended with one write() each before
// the call goes on, so that it survives the process. It is cut into segments; one is deleted when
// all it began is in the database. Thread safe.
//
// What has been written survives kill -9. What has been synced survives a power loss.
#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "base/size.h"
#include "store/disk.h"
#include "store/sqlite/journal_record.h"

namespace gvm::store::sqlite {

class Journal {
 public:
  // The first segment is made at once.
  static Result<std::unique_ptr<Journal>> create(std::filesystem::path folder,
                                                 std::uint32_t first_segment,
                                                 std::size_t segment_bytes, DiskCalls disk);

  // The number of the segment that holds it, which stays until finish() was called for it.
  Result<std::uint32_t> begin(std::string_view record);
  // A record that ends what a segment has begun.
  Result<void> append(std::string_view record);
  void finish(std::uint32_t segment);

  // For the writer's thread. Makes what was appended before durable.
  Result<void> sync();
  bool dirty() const { return dirty_.load(std::memory_order_relaxed); }
  // A new segment when the newest one is full; deletes what is finished.
  Result<void> tidy();

  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  struct Segment {
    std::uint32_t number = 0;
    std::filesystem::path path;
    Fd fd;
    std::size_t size = 0;
    std::size_t unfinished = 0;
    bool broken = false;  // it ends in half a record: nothing may follow
  };

  Journal(std::filesystem::path folder, std::size_t segment_bytes, DiskCalls disk)
      : folder_(std::move(folder)), segment_bytes_(segment_bytes), disk_(std::move(disk)) {}
  Result<std::shared_ptr<Segment>> make(std::uint32_t number);
  Result<void> write(Segment& segment, std::string_view record);
  void drop_finished();

  std::filesystem::path folder_;
  std::size_t segment_bytes_;
  DiskCalls disk_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<Segment>> segments_;  // ascending; the last one is written to
  std::atomic<bool> dirty_{false};
  std::atomic<std::uint64_t> bytes_{0};
};

// The segments of a folder, ascending.
struct SegmentFile {
  std::uint32_t number = 0;
  std::filesystem::path path;
};
std::vector<SegmentFile> segment_files(const std::filesystem::path& folder);
// LEDGER_UNAVAILABLE, or as read_segment().
Result<SegmentContent> read_segment_file(const std::filesystem::path& path);

}  // namespace gvm::store::sqlite
