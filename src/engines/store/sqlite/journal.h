#pragma once
// The intent journal. Each reservation, settlement and release is appended by one write() before
// the call continues. What has been written survives kill -9; what has been synced survives a power
// loss. The journal consists of segments; a segment is deleted when every call that began in it is
// in the database. Thread safe; the lock is held for one write() into the page cache.
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
  // Creates the first segment at once.
  static Result<std::unique_ptr<Journal>> create(std::filesystem::path folder,
                                                 std::uint32_t first_segment,
                                                 std::size_t segment_bytes, DiskCalls disk);

  // Appends the first record of a call. The returned segment is kept until finish() was called for
  // it as often as begin() returned it.
  Result<std::uint32_t> begin(std::string_view record);
  // Appends a later record of a call.
  Result<void> append(std::string_view record);
  void finish(std::uint32_t segment);

  // For the writer's thread. Makes everything appended before durable, in every segment. What a
  // failed sync may have lost is written again by the next one.
  Result<void> sync();
  bool dirty() const { return dirty_.load(std::memory_order_relaxed); }
  // Begins a new segment when the newest one is full; deletes finished ones.
  Result<void> tidy();

  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  struct Segment {
    std::uint32_t number = 0;
    std::filesystem::path path;
    Fd fd;
    std::size_t size = 0;
    std::size_t unfinished = 0;  // calls that began in it and are not in the database
    bool broken = false;         // it ends in half a record: nothing may be appended
    // Used by the writer's thread only:
    std::size_t synced = 0;    // bytes
    bool sync_failed = false;  // the last sync failed: bytes after `synced` may be lost
  };
  struct Unsynced {
    std::shared_ptr<Segment> segment;
    std::size_t size = 0;  // of the segment, when it was read
  };

  Journal(std::filesystem::path folder, std::size_t segment_bytes, DiskCalls disk)
      : folder_(std::move(folder)), segment_bytes_(segment_bytes), disk_(std::move(disk)) {}
  Result<std::shared_ptr<Segment>> make(std::uint32_t number);
  Result<void> write(Segment& segment, std::string_view record);
  std::vector<Unsynced> unsynced();
  Result<void> sync(const Unsynced& tail);
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
// LEDGER_UNAVAILABLE, or the errors of read_segment().
Result<SegmentContent> read_segment_file(const std::filesystem::path& path);

}  // namespace gvm::store::sqlite
