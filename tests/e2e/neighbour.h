#pragma once
// A session that sends prompts all the time while something else misbehaves, and checks that its
// answers are in time.
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

namespace gvm::e2e {

class Neighbour {
 public:
  explicit Neighbour(std::uint16_t port);
  ~Neighbour();
  Neighbour(const Neighbour&) = delete;

  // Ends it, and fails the test when an answer was missing, wrong or late.
  void expect_on_time();

 private:
  void ask_until_stopped(std::uint16_t port);
  void stop();

  std::mutex mutex_;
  bool stop_ = false;
  int answers_ = 0;
  std::chrono::steady_clock::duration worst_{0};
  std::string failure_;
  std::thread thread_;
};

}  // namespace gvm::e2e
