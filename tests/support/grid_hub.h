#pragma once
// A stand-in for a Selenium Grid with real browsers: grid_hub.py. Ends its sessions with its owner.
#include <cstdint>
#include <string>
#include <vector>

#include "support/line_process.h"

namespace gvm::test {

class GridHub {
 public:
  struct Options {
    int slots = 2;
    int session_timeout_s = 300;  // of a session that nobody uses
    int queue_timeout_s = 60;     // of a request for a session
  };

  explicit GridHub(const Options& options);

  // Why there can be none; empty: there can.
  static std::string missing();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // "created", "deleted", "timed_out", "open", "free", "waiting", "most_open", "longest_queue".
  std::int64_t fact(const std::string& name) const;

 private:
  LineProcess process_;
  std::uint16_t port_;
};

}  // namespace gvm::test
