#include "base/log_sink.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <ctime>
#include <mutex>

namespace gvm::log {
namespace {

constexpr std::size_t kQueueLines = 2048;
// A pipe that poll() reports writable takes this much without blocking (POSIX: PIPE_BUF).
constexpr std::size_t kWriteChunkBytes = 4096;
constexpr std::chrono::milliseconds kPollStep{100};
// How long the destructor lets the writer wait for a reader.
constexpr std::chrono::milliseconds kShutdownGrace{1000};

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

}  // namespace

// Called by the writer thread only, but for the counters.
class FdSink final : public spdlog::sinks::sink {
 public:
  explicit FdSink(int fd) : fd_(fd) {}

  void log(const spdlog::details::log_msg& msg) override {
    report_dropped();
    write_line({msg.payload.data(), msg.payload.size()});
    {
      const std::lock_guard lock(mutex_);
      ++done_;
    }
    progress_.notify_all();
  }
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

  // Before the first line is posted.
  void count_drops_of(spdlog::details::thread_pool& pool) { pool_ = &pool; }
  void give_up_after(std::chrono::milliseconds grace) {
    give_up_ = (std::chrono::steady_clock::now() + grace).time_since_epoch();
  }
  // Until `count` lines are written or dropped.
  void wait_for(std::size_t count, std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    progress_.wait_for(lock, timeout, [&] { return done_ + pool_->overrun_counter() >= count; });
  }

 private:
  void report_dropped() {
    const std::size_t dropped = pool_->overrun_counter();
    if (dropped == reported_) return;
    write_line(fmt::format(
        R"({{"time":"{}","level":"warn","source":"log","message":"log lines dropped","count":{},"total":{}}})",
        timestamp(std::chrono::system_clock::now()), dropped - reported_, dropped));
    reported_ = dropped;
  }

  void write_line(std::string_view line) {
    buffer_.assign(line).push_back('\n');
    std::string_view rest = buffer_;
    while (!rest.empty()) {
      if (!wait_writable()) return;
      const auto written = ::write(fd_, rest.data(), std::min(rest.size(), kWriteChunkBytes));
      if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
      if (written < 0 && errno != EINTR && errno != EAGAIN)
        return;  // the log itself cannot be written: there is no other place to report it
    }
  }

  // False when the process is shutting down and nobody reads.
  bool wait_writable() const {
    while (true) {
      const bool hurry = std::chrono::steady_clock::now().time_since_epoch() >= give_up_.load();
      pollfd entry{fd_, POLLOUT, 0};
      const int ready = ::poll(&entry, 1, hurry ? 0 : static_cast<int>(kPollStep.count()));
      if (ready != 0) return true;  // an error shows in write()
      if (hurry) return false;
    }
  }

  const int fd_;
  std::atomic<std::chrono::steady_clock::duration> give_up_{
      std::chrono::steady_clock::duration::max()};
  spdlog::details::thread_pool* pool_ = nullptr;  // outlives every call: it joins the writer
  std::size_t reported_ = 0;
  std::string buffer_;
  std::mutex mutex_;
  std::condition_variable progress_;
  std::size_t done_ = 0;
};

Sink::Sink(const Options& options, std::shared_ptr<const Redactor> redactor)
    : disabled_(split_globs(options.disable)),
      redactor_(redactor != nullptr ? std::move(redactor) : std::make_shared<const Redactor>()),
      out_(std::make_shared<FdSink>(options.fd)),
      pool_(std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1, block_signals)) {
  out_->count_drops_of(*pool_);
  logger_ = std::make_shared<spdlog::async_logger>("log", out_, pool_,
                                                   spdlog::async_overflow_policy::overrun_oldest);
  logger_->set_level(spdlog::level::trace);
}

Sink::~Sink() {
  out_->give_up_after(kShutdownGrace);
  pool_.reset();  // joins the writer
}

bool Sink::is_disabled(std::string_view source) const {
  for (const auto& glob : disabled_) {
    if (glob_matches(glob, source)) return true;
  }
  return false;
}

void Sink::post(std::string_view line) {
  ++posted_;
  logger_->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

void Sink::flush(std::chrono::milliseconds timeout) {
  out_->wait_for(posted_, timeout);
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

std::string timestamp(std::chrono::system_clock::time_point when) {
  const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(when).time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const std::time_t time = seconds.count();
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                     (since_epoch - seconds).count());
}

}  // namespace gvm::log
