#pragma once
// Writes the lines of the modules to this process' own output, on a thread of its own: a full pipe
// must not stop the manager. When too much waits, whole lines are left out and counted.
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "base/size.h"

namespace gvm::manager {

class LineRelay {
 public:
  static constexpr std::size_t kMostBytes = 4 * kMiB;  // that wait

  explicit LineRelay(int fd);
  // Writes what waits, for a second at most.
  ~LineRelay();
  LineRelay(const LineRelay&) = delete;
  LineRelay& operator=(const LineRelay&) = delete;

  // `line` without its end. Never blocks.
  void write(std::string line);

 private:
  void run();
  bool write_out(std::string text) const;

  int fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  std::size_t bytes_ = 0;
  std::uint64_t left_out_ = 0;
  std::atomic<bool> ending_{false};
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace gvm::manager
