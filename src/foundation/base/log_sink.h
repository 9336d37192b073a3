#pragma once
// The one writer behind all Loggers of a process: spdlog's queue and thread, a file descriptor, and
// the sources that are silenced. Shared by every thread; everything in it is immutable or
// synchronised.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"

namespace spdlog {
class async_logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace gvm::log {

class FdSink;

class Sink {
 public:
  Sink(const Options& options, std::shared_ptr<const Redactor> redactor);
  // Writes out what is queued; gives up after a short time when nobody reads.
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  bool is_disabled(std::string_view source) const;
  const Redactor& redactor() const { return *redactor_; }
  // `line` without a newline.
  void post(std::string_view line);
  void flush(std::chrono::milliseconds timeout);

 private:
  std::vector<std::string> disabled_;  // globs
  std::shared_ptr<const Redactor> redactor_;
  std::shared_ptr<FdSink> out_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::async_logger> logger_;
  std::atomic<std::size_t> posted_{0};
};

// '*' stands for any text, '?' for one character.
bool glob_matches(std::string_view glob, std::string_view text);

// The time of a log line: RFC 3339 in UTC with milliseconds.
std::string timestamp(std::chrono::system_clock::time_point when);

}  // namespace gvm::log
