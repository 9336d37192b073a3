#include "store/sqlite/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/error_codes.h"
#include "files/own_files.h"

namespace gvm::store::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kMode = 0600;

// After fdatasync() has failed, the kernel marks the pages as clean, and the next call succeeds
// without writing them. Therefore the bytes are read back from the page cache and written again.
Result<void> write_again(const fs::path& path, std::size_t from, std::size_t end) {
  const Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file) return fail(disk_error(errno, path.string()));
  std::array<char, 64 * kKiB> piece{};
  for (auto at = from; at < end;) {
    const auto wanted = std::min(piece.size(), end - at);
    const auto size = ::pread(file.get(), piece.data(), wanted, static_cast<off_t>(at));
    if (size <= 0) return fail(disk_error(size < 0 ? errno : EIO, path.string()));
    const auto count = static_cast<std::size_t>(size);
    if (::pwrite(file.get(), piece.data(), count, static_cast<off_t>(at)) != size)
      return fail(disk_error(errno, path.string()));
    at += count;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::create(fs::path folder, std::uint32_t first_segment,
                                                 std::size_t segment_bytes, DiskCalls disk) {
  std::unique_ptr<Journal> journal(new Journal(std::move(folder), segment_bytes, std::move(disk)));
  auto first = journal->make(first_segment);
  if (!first) return fail(std::move(first.error()));
  journal->segments_.push_back(std::move(*first));
  return journal;
}

Result<std::shared_ptr<Journal::Segment>> Journal::make(std::uint32_t number) {
  auto segment = std::make_shared<Segment>();
  segment->number = number;
  segment->path = folder_ / fmt::format("{}{:010}", files::kLedgerJournal, number);
  segment->fd =
      Fd(::open(segment->path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, kMode));
  if (!segment->fd) return fail(disk_error(errno, segment->path.string()));
  if (auto ok = write(*segment, kSegmentMagic); !ok) {
    std::error_code ignored;
    fs::remove(segment->path, ignored);
    return fail(std::move(ok.error()));
  }
  // The file's name must survive a power loss, too.
  const Fd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return fail(disk_error(errno, folder_.string()));
  return segment;
}

Result<void> Journal::write(Segment& segment, std::string_view record) {
  if (segment.broken) return fail(disk_error(EIO, segment.path.string()));
  const auto written = disk_.write(segment.fd.get(), record.data(), record.size());
  if (written == static_cast<ssize_t>(record.size())) {
    segment.size += record.size();
    bytes_.fetch_add(record.size(), std::memory_order_relaxed);
    return {};
  }
  const auto error = written < 0 ? errno : ENOSPC;
  // Half a record would hide the records after it.
  segment.broken =
      written > 0 && ::ftruncate(segment.fd.get(), static_cast<off_t>(segment.size)) != 0;
  return fail(disk_error(error, segment.path.string()));
}

Result<std::uint32_t> Journal::begin(std::string_view record) {
  const std::lock_guard lock(mutex_);
  auto& segment = *segments_.back();
  if (auto ok = write(segment, record); !ok) return fail(std::move(ok.error()));
  dirty_.store(true, std::memory_order_relaxed);
  ++segment.unfinished;
  return segment.number;
}

Result<void> Journal::append(std::string_view record) {
  const std::lock_guard lock(mutex_);
  dirty_.store(true, std::memory_order_relaxed);
  return write(*segments_.back(), record);
}

void Journal::finish(std::uint32_t segment) {
  const std::lock_guard lock(mutex_);
  const auto at = std::ranges::find_if(
      segments_, [segment](const auto& one) { return one->number == segment; });
  if (at != segments_.end()) --(*at)->unfinished;
}

std::vector<Journal::Unsynced> Journal::unsynced() {
  const std::lock_guard lock(mutex_);
  std::vector<Unsynced> tails;
  for (const auto& segment : segments_) {
    if (segment->synced < segment->size) tails.push_back({segment, segment->size});
  }
  return tails;
}

Result<void> Journal::sync() {
  if (!dirty_.exchange(false)) return {};
  for (const auto& tail : unsynced()) {
    if (auto ok = sync(tail); !ok) {
      dirty_.store(true);
      return ok;
    }
  }
  return {};
}

Result<void> Journal::sync(const Unsynced& tail) {
  auto& segment = *tail.segment;
  if (segment.sync_failed) {
    if (auto ok = write_again(segment.path, segment.synced, tail.size); !ok) return ok;
  }
  segment.sync_failed = disk_.sync(segment.fd.get()) != 0;
  if (segment.sync_failed) return fail(disk_error(errno, segment.path.string()));
  segment.synced = tail.size;
  return {};
}

Result<void> Journal::tidy() {
  drop_finished();
  std::uint32_t full = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto& newest = *segments_.back();
    if (newest.size < segment_bytes_ && !newest.broken) return {};
    full = newest.number;
  }
  auto made = make(full + 1);
  if (!made) return fail(std::move(made.error()));
  {
    const std::lock_guard lock(mutex_);
    segments_.push_back(std::move(*made));
  }
  // Everything appended to the full segment since the last sync is made durable before anything
  // refers to it.
  dirty_.store(true);
  return sync();
}

// Segments are deleted from the front only: a call that began in an old segment may have ended in a
// newer one.
void Journal::drop_finished() {
  std::vector<std::shared_ptr<Segment>> finished;
  {
    const std::lock_guard lock(mutex_);
    while (segments_.size() > 1 && segments_.front()->unfinished == 0) {
      finished.push_back(std::move(segments_.front()));
      segments_.pop_front();
    }
  }
  for (const auto& segment : finished) {
    std::error_code ignored;  // a remaining file is read at the next start, and its calls are found
                              // to be settled
    std::filesystem::remove(segment->path, ignored);
    bytes_.fetch_sub(segment->size, std::memory_order_relaxed);
  }
}

std::vector<SegmentFile> segment_files(const fs::path& folder) {
  std::vector<SegmentFile> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(files::kLedgerJournal)) continue;
    std::uint32_t number = 0;
    const auto* const end = name.data() + name.size();
    if (std::from_chars(name.data() + files::kLedgerJournal.size(), end, number).ptr != end)
      continue;
    files.push_back({number, entry.path()});
  }
  std::ranges::sort(files, {}, &SegmentFile::number);
  return files;
}

Result<SegmentContent> read_segment_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(disk_error(errno, path.string()));
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) return fail(disk_error(EIO, path.string()));
  return read_segment(bytes, path.string());
}

}  // namespace gvm::store::sqlite
