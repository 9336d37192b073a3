#pragma once
// What the manager's command line says.
#include <chrono>
#include <cstdint>
#include <string>

#include "base/secret.h"

namespace gvm::manager {

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 3999;
  std::string socket;  // path; set: in place of host and port
  bool die_with_parent = false;
  std::string executions;  // URL of the manager that runs executors; empty: none
  Secret token;            // hosts must show it; empty: only loopback and Unix sockets are served
  std::string admin_address;  // host:port or unix:///path, for who watches; empty: none
  Secret admin_token;         // shown by who watches from elsewhere
  std::string program_dir;    // of genvm-llm and genvm-web
  std::string version;
  std::string log_format = "json";  // of its own lines and those of the modules
  // How long the sessions of a process that was replaced may go on.
  std::chrono::milliseconds drain{600'000};
  // From a module's start to its "checked", and from there to its "ready".
  std::chrono::milliseconds start_timeout{120'000};
};

}  // namespace gvm::manager
