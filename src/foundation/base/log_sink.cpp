#include "base/log_sink.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/log_format.h"
#include "base/utc_text.h"

namespace gvm::log {
namespace {

// A pipe that poll() reports writable takes this much without blocking (POSIX: PIPE_BUF).
constexpr std::size_t kWriteChunkBytes = 4096;
constexpr std::chrono::milliseconds kPollStep{100};
// How long the destructor lets the writer wait for a reader.
constexpr std::chrono::milliseconds kShutdownGrace{1000};

// After a reload a process may have two sinks for one descriptor: whole lines alternate.
std::timed_mutex& turn_to_write() {
  static std::timed_mutex mutex;
  return mutex;
}

std::vector<std::string> split_globs(std::string_view list) {
  std::vector<std::string> globs;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    auto glob = list.substr(0, comma);
    while (glob.starts_with(' ')) glob.remove_prefix(1);
    while (glob.ends_with(' ')) glob.remove_suffix(1);
    if (!glob.empty()) globs.emplace_back(glob);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return globs;
}

// Signals are for the threads that handle them.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

std::string dropped_line(std::size_t now, std::size_t total) {
  if (format() == Format::pretty)
    return fmt::format("WARN  log  log lines dropped  count={}  total={}", now, total);
  return fmt::format(
      R"({{"time":"{}","level":"warn","source":"log","message":"log lines dropped","count":{},"total":{}}})",
      utc_text(std::chrono::system_clock::now()), now, total);
}

}  // namespace

// ---- LineQueue

void LineQueue::push(std::string line) {
  {
    const std::lock_guard lock(mutex_);
    ++pushed_;
    if (lines_.size() == kLines) {
      lines_.pop_front();
      ++dropped_;
    }
    lines_.push_back(std::move(line));
  }
  filled_.notify_one();
}

std::optional<LineQueue::Taken> LineQueue::take() {
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [&] { return !lines_.empty() || closed_; });
  if (lines_.empty()) return std::nullopt;
  Taken taken{std::move(lines_.front()), dropped_};
  lines_.pop_front();
  return taken;
}

void LineQueue::mark_written() {
  {
    const std::lock_guard lock(mutex_);
    ++written_;
  }
  progress_.notify_all();
}

void LineQueue::wait_until_written(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const auto target = pushed_;
  progress_.wait_for(lock, timeout, [&] { return written_ + dropped_ >= target; });
}

void LineQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  filled_.notify_one();
}

// ---- Sink

Sink::Sink(const Options& options, std::shared_ptr<const Redactor> redactor)
    : disabled_(split_globs(options.disable)),
      redactor_(redactor != nullptr ? std::move(redactor) : std::make_shared<const Redactor>()),
      fd_(options.fd),
      writer_([this] { write_lines(); }) {}

Sink::~Sink() {
  give_up_ = (std::chrono::steady_clock::now() + kShutdownGrace).time_since_epoch();
  queue_.close();
  writer_.join();
}

void Sink::post(std::string line) {
  queue_.push(std::move(line));
}

void Sink::flush(std::chrono::milliseconds timeout) {
  queue_.wait_until_written(timeout);
}

void Sink::write_lines() {
  block_signals();
  std::size_t reported = 0;
  while (auto taken = queue_.take()) {
    if (taken->dropped != reported)
      write_line(dropped_line(taken->dropped - reported, taken->dropped));
    reported = taken->dropped;
    write_line(std::move(taken->line));
    queue_.mark_written();
  }
}

void Sink::write_line(std::string line) const {
  line += '\n';
  std::unique_lock turn(turn_to_write(), std::defer_lock);
  while (!turn.try_lock_for(kPollStep)) {
    if (in_a_hurry()) return;
  }
  std::string_view rest = line;
  while (!rest.empty()) {
    if (!wait_until_writable()) return;
    const auto written = ::write(fd_, rest.data(), std::min(rest.size(), kWriteChunkBytes));
    if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    if (written < 0 && errno != EINTR && errno != EAGAIN)
      return;  // the log itself cannot be written: there is no other place to report it
  }
}

bool Sink::in_a_hurry() const {
  return std::chrono::steady_clock::now().time_since_epoch() >= give_up_.load();
}

bool Sink::wait_until_writable() const {
  while (true) {
    const bool hurry = in_a_hurry();
    pollfd entry{fd_, POLLOUT, 0};
    const int ready = ::poll(&entry, 1, hurry ? 0 : static_cast<int>(kPollStep.count()));
    if (ready != 0) return true;  // an error shows in write()
    if (hurry) return false;
  }
}

bool Sink::is_disabled(std::string_view source) const {
  for (const auto& glob : disabled_) {
    if (glob_matches(glob, source)) return true;
  }
  return false;
}

bool glob_matches(std::string_view glob, std::string_view text) {
  std::size_t g = 0;
  std::size_t t = 0;
  // The last '*' seen, and the position from which its match is extended.
  std::size_t star = glob.npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_text = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star != glob.npos) {
      g = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

}  // namespace gvm::log
