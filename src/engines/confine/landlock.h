#pragma once
// Landlock (Linux, Documentation/userspace-api/landlock.rst): which files and TCP ports the calling
// thread, and every thread and process that it starts later, may use. It cannot be undone.
//
// The kernel of the build machine may be older than that of the running one, so the numbers are
// declared here: they are part of the kernel's stable interface.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gvm::confine {

enum class Access {
  read,   // files and folders below the path
  write,  // the same, and making, changing, renaming and removing them
};

struct PathRule {
  std::filesystem::path path;
  Access access = Access::read;
};

struct LandlockRules {
  std::vector<PathRule> paths;  // one that does not exist is left out
  // TCP ports that may be connected to and bound; absent: any. Needs ABI 4 (Linux 6.7).
  std::optional<std::vector<std::uint16_t>> connect_ports;
  std::optional<std::vector<std::uint16_t>> bind_ports;  // 0: one that the kernel chooses
  bool keep_signals = false;  // false: no signals to processes outside; needs ABI 6 (Linux 6.12)
};

// The version of the running kernel's interface; 0: it has none, and `why` says so.
int landlock_abi(std::string* why = nullptr);

// Empty: it holds from now on, as far as `abi` knows the rights. Else why not.
// Files are handled from ABI 1 on; renaming between folders from 2, truncation from 3.
std::string landlock_self(const LandlockRules& rules, int abi);

}  // namespace gvm::confine
