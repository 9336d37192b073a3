#pragma once
// The one writer behind all Loggers of a process: a bounded queue, a thread that writes its lines
// to a file descriptor, and the sources that are silenced. Shared by every thread; everything in it
// is immutable or synchronised.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/log.h"

namespace gvm::log {

// Lines on their way to the writer thread. A full queue drops its oldest line, so nobody who logs
// ever waits for who reads the log.
class LineQueue {
 public:
  static constexpr std::size_t kLines = 2048;

  void push(std::string line);

  struct Taken {
    std::string line;
    std::size_t dropped;  // lines since the process started
  };
  // Waits for a line. Nothing when the queue is closed and empty.
  std::optional<Taken> take();
  void mark_written();
  // Until everything pushed so far is written or dropped.
  void wait_until_written(std::chrono::milliseconds timeout);
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable progress_;
  std::deque<std::string> lines_;
  std::size_t pushed_ = 0;
  std::size_t written_ = 0;
  std::size_t dropped_ = 0;
  bool closed_ = false;
};

class Sink {
 public:
  Sink(const Options& options, std::shared_ptr<const Redactor> redactor);
  // Writes out what is queued; gives up after a second when nobody reads.
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  bool is_disabled(std::string_view source) const;
  const Redactor& redactor() const { return *redactor_; }
  // `line` without a newline.
  void post(std::string line);
  void flush(std::chrono::milliseconds timeout);

 private:
  // The writer thread.
  void write_lines();
  void write_line(std::string line) const;
  // The process is shutting down and has waited long enough for a reader.
  bool in_a_hurry() const;
  // False when the process is shutting down and nobody reads.
  bool wait_until_writable() const;

  std::vector<std::string> disabled_;  // globs
  std::shared_ptr<const Redactor> redactor_;
  const int fd_;
  std::atomic<std::chrono::steady_clock::duration> give_up_{
      std::chrono::steady_clock::duration::max()};
  LineQueue queue_;
  std::thread writer_;
};

// '*' stands for any text, '?' for one character.
bool glob_matches(std::string_view glob, std::string_view text);

}  // namespace gvm::log
