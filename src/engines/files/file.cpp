#include "files/file.h"

#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace gvm::files {
namespace {

constexpr std::size_t kLargestRead = 256 * kKiB;  // of one system call

}  // namespace

File::File(Fd descriptor, Mode mode, Limits limits)
    : descriptor_(std::move(descriptor)), mode_(mode), limits_(limits) {}

Outcome File::fail(int error) {
  error_ = error;
  return Outcome::failed;
}

void File::take(std::size_t bytes) {
  taken_ += bytes;
  if (taken_ < input_.size()) return;
  taken_ = 0;
  input_.clear();
  if (input_.capacity() > limits_.buffer_bytes) input_.shrink_to_fit();
}

std::size_t File::left() const {
  struct stat status{};
  if (::fstat(descriptor_.get(), &status) != 0 || status.st_size <= offset_) return 0;
  return static_cast<std::size_t>(status.st_size - offset_);
}

void File::forget_input() {
  offset_ -= static_cast<std::int64_t>(input_.size() - taken_);
  take(input_.size() - taken_);
  at_end_ = false;
}

Outcome File::fill(std::size_t bytes, Wait wait) {
  if (!mode_.read) return fail(EBADF);
  bytes = std::min(bytes, limits_.read_bytes + 1);  // one more tells that there is more
  input_.erase(0, std::exchange(taken_, 0));
  while (input_.size() < bytes) {
    const std::size_t before = input_.size();
    const std::size_t most = std::max(bytes - before, limits_.buffer_bytes);
    input_.resize(before + std::min(most, kLargestRead));
    const iovec piece{input_.data() + before, input_.size() - before};
    const int flags = wait == Wait::never ? RWF_NOWAIT : 0;
    const ssize_t got = ::preadv2(descriptor_.get(), &piece, 1, offset_, flags);
    const int error = errno;
    input_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got > 0) offset_ += got;
    at_end_ = got == 0;
    if (got == 0) return Outcome::done;
    if (got > 0 || error == EINTR) continue;
    if (wait == Wait::never && (error == EAGAIN || error == EOPNOTSUPP))
      return Outcome::would_block;
    return fail(error);
  }
  return Outcome::done;
}

Outcome File::put(std::string_view text) {
  if (!mode_.write) return fail(EBADF);
  if (!input_.empty()) forget_input();
  std::int64_t start = offset_;
  if (mode_.append) {
    struct stat status{};
    if (::fstat(descriptor_.get(), &status) != 0) return fail(errno);
    start = status.st_size;
  }
  const auto end = static_cast<std::uint64_t>(start) + output_.size() + text.size();
  if (end > limits_.file_bytes) return fail(EFBIG);
  output_.append(text);
  return Outcome::done;
}

Outcome File::flush() {
  std::string_view left = output_;
  int error = 0;
  while (!left.empty() && error == 0) {
    const ssize_t put = ::pwrite(descriptor_.get(), left.data(), left.size(), offset_);
    if (put > 0) {
      left.remove_prefix(static_cast<std::size_t>(put));
      offset_ += put;
    } else if (put == 0 || errno != EINTR) {
      error = put == 0 ? EIO : errno;
    }
  }
  output_ = std::string();  // as in C, what a failed flush held is lost
  if (mode_.append && error == 0)
    offset_ = std::max<std::int64_t>(::lseek(descriptor_.get(), 0, SEEK_END), 0);
  return error == 0 ? Outcome::done : fail(error);
}

std::int64_t File::seek(Whence whence, std::int64_t offset) {
  std::int64_t from = 0;
  if (whence == Whence::current) from = offset_ - static_cast<std::int64_t>(unread().size());
  if (whence == Whence::end) {
    struct stat status{};
    if (::fstat(descriptor_.get(), &status) != 0) return fail(errno), -1;
    from = status.st_size;
  }
  if (offset > std::numeric_limits<std::int64_t>::max() - from || from + offset < 0)
    return fail(EINVAL), -1;
  forget_input();
  offset_ = from + offset;
  return offset_;
}

Outcome File::close() {
  const Outcome outcome = output_.empty() ? Outcome::done : flush();
  descriptor_ = Fd();
  input_ = std::string();
  taken_ = 0;
  return outcome;
}

}  // namespace gvm::files
