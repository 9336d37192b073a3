#pragma once
// Settings of the process around a module, which only the programs read: what the process may do.
#include <chrono>
#include <string>
#include <vector>

namespace gvm::config {

// What the process may do once it has started; docs/sandbox.md.
struct SandboxConfig {
  std::string mode = "best-effort";      // strict, best-effort, off; --sandbox comes before it
  std::vector<std::string> read_paths;   // further files and folders, absolute
  std::vector<std::string> write_paths;  // further folders, absolute
  std::vector<int> connect_ports;  // TCP, beside those that the configuration names; empty: any
};

// What happens when a lane does not come back: something computes or blocks on it.
struct WatchdogConfig {
  std::chrono::milliseconds stuck_after{10'000};  // 0: nobody watches
  std::string action = "log";                     // or "abort": the process ends
};

struct OperationConfig {
  SandboxConfig sandbox;
  WatchdogConfig watchdog;
};

}  // namespace gvm::config
