#include "manager/line_relay.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

namespace gvm::manager {
namespace {

constexpr int kPollMs = 200;  // between two looks at whether the end has come
constexpr std::chrono::seconds kLastWait{1};

}  // namespace

LineRelay::LineRelay(int fd) : fd_(fd), thread_([this] { run(); }) {}

LineRelay::~LineRelay() {
  {
    std::unique_lock lock(mutex_);
    ending_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, kLastWait, [this] { return ended_ || lines_.empty(); });
    lines_.clear();
  }
  thread_.join();
}

void LineRelay::write(std::string line) {
  line += '\n';
  const std::lock_guard lock(mutex_);
  if (bytes_ + line.size() > kMostBytes) {
    ++left_out_;
    return;
  }
  bytes_ += line.size();
  lines_.push_back(std::move(line));
  changed_.notify_all();
}

// One write() where the system lets us, so that lines of several processes stay whole. Nobody may
// be reading: the wait is cut into pieces, to see the end.
bool LineRelay::write_out(std::string text) const {
  for (std::string_view rest = text; !rest.empty();) {
    pollfd writable{fd_, POLLOUT, 0};
    const int ready = ::poll(&writable, 1, kPollMs);
    if (ready == 0 && ending_) return false;
    if (ready <= 0) continue;
    const auto count = ::write(fd_, rest.data(), rest.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void LineRelay::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !lines_.empty(); });
    if (lines_.empty()) break;
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    bytes_ -= line.size();
    const auto left_out = std::exchange(left_out_, 0);
    if (left_out > 0)
      line +=
          "{\"level\":\"warn\",\"source\":\"manager\",\"message\":\"lines of modules left out: " +
          std::to_string(left_out) + "\"}\n";
    lock.unlock();
    const bool written = write_out(std::move(line));
    lock.lock();
    changed_.notify_all();
    if (!written && ending_) break;
  }
  ended_ = true;
  changed_.notify_all();
}

}  // namespace gvm::manager
