#pragma once
// A running module: the real program with a configuration of the test's own, on a free port.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/process.h"

namespace gvm::e2e {

using namespace std::chrono_literals;

// A folder that is removed with its owner.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  std::string file(std::string_view name) const { return (path_ / name).string(); }
  std::string write(std::string_view name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

// The folder of the programs: that of this build, or GVM_E2E_BIN (to run the suite with others).
std::string program(std::string_view name);

// One line of the configuration's `backends`.
struct BackendSpec {
  std::string name = "main";
  std::string host = {};
  std::string provider = "openai-compatible";
  std::string models = "{m: {supports_json: true, supports_image: true}}";
  int priority = 0;       // higher ones are asked first
  std::string more = {};  // further keys, e.g. "key: abc, timeout: 1s"
};
std::string backend(const BackendSpec& spec);
// A backend named "main" at `host`.
std::string backend_at(std::string host);

struct ModuleOptions {
  std::string program = "genvm-llm";  // or genvm-web, which has no backends
  std::string backends = {};          // from backend(); empty: none
  std::string script = {};            // Lua text; empty: the shipped script
  std::string more = {};              // further top-level keys, whole lines of YAML
  std::string log_level = "info";
  std::string bind_address = "127.0.0.1:0";
  std::vector<std::string> arguments = {};
  std::vector<std::string> environment = {};
};

// Writes config.yaml (and script.lua) into `folder`; gives the configuration's path.
std::string write_config(const TempFolder& folder, const ModuleOptions& options);

class Module {
 public:
  // Returns when the module is ready; throws when it does not become so.
  explicit Module(const ModuleOptions& options);
  // Stops it, and fails the test when it does not end with success or a sanitizer reported
  // something.
  ~Module();

  std::uint16_t port() const { return port_; }
  std::string address() const { return address_; }  // as the log tells it
  std::string url() const { return "ws://" + address_; }
  test::Process& process() { return process_; }
  const TempFolder& folder() const { return folder_; }

  // An HTTP GET: status line, headers and body.
  std::string http(std::string_view path) const;
  // The value of a metric's line; -1 when there is no such line.
  double metric(std::string_view name_and_labels) const;
  bool wait_for_metric(std::string_view name_and_labels, double value,
                       std::chrono::milliseconds timeout) const;
  bool wait_for_sessions(int count, std::chrono::milliseconds timeout = 5s) const {
    return wait_for_metric("genvm_serve_sessions_open", count, timeout);
  }
  std::size_t open_files() const;
  std::size_t resident_bytes() const;

 private:
  TempFolder folder_;
  test::Process process_;
  std::string address_;
  std::uint16_t port_ = 0;
};

// Sanitized programs are several times slower.
#ifdef GVM_SANITIZED
inline constexpr int kSlowness = 3;
#else
inline constexpr int kSlowness = 1;
#endif

// Waits until `condition` is true; false when it does not become true in time.
template <class Condition>
bool eventually(Condition&& condition, std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

}  // namespace gvm::e2e
