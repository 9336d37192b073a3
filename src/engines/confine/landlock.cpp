#include "confine/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/fd.h"

namespace gvm::confine {
namespace {

#ifndef SYS_landlock_create_ruleset
constexpr long SYS_landlock_create_ruleset = 444;
constexpr long SYS_landlock_add_rule = 445;
constexpr long SYS_landlock_restrict_self = 446;
#endif

// linux/landlock.h
struct RulesetAttr {
  std::uint64_t files = 0;
  std::uint64_t ports = 0;   // ABI 4
  std::uint64_t scoped = 0;  // ABI 6
};
struct [[gnu::packed]] PathAttr {
  std::uint64_t allowed = 0;
  std::int32_t parent = -1;
};
struct PortAttr {
  std::uint64_t allowed = 0;
  std::uint64_t port = 0;
};
constexpr unsigned kVersionQuery = 1U << 0;
constexpr int kPathBeneath = 1;
constexpr int kNetPort = 2;

constexpr std::uint64_t right(int bit) {
  return std::uint64_t{1} << bit;
}
constexpr std::uint64_t kExecute = right(0);
constexpr std::uint64_t kWriteFile = right(1);
constexpr std::uint64_t kReadFile = right(2);
constexpr std::uint64_t kReadDir = right(3);
constexpr std::uint64_t kAllOfFirst = (right(13) - 1);  // bits 0 to 12: ABI 1
constexpr std::uint64_t kRefer = right(13);             // ABI 2
constexpr std::uint64_t kTruncate = right(14);          // ABI 3
// Devices (bits 6 and 11) are made by nobody here.
constexpr std::uint64_t kMakeDevices = right(6) | right(11);
constexpr std::uint64_t kBindTcp = right(0);
constexpr std::uint64_t kConnectTcp = right(1);
constexpr std::uint64_t kScopeSignal = right(1);
constexpr int kAbiRefer = 2;
constexpr int kAbiTruncate = 3;
constexpr int kAbiPorts = 4;
constexpr int kAbiScope = 6;

std::string errno_text(const std::string& what) {
  return what + ": " + std::system_category().message(errno);
}

std::uint64_t handled_files(int abi) {
  std::uint64_t rights = kAllOfFirst;
  if (abi >= kAbiRefer) rights |= kRefer;
  if (abi >= kAbiTruncate) rights |= kTruncate;
  return rights;
}

std::uint64_t rights_of(Access access, bool folder, std::uint64_t handled) {
  std::uint64_t rights = kReadFile | kReadDir;
  if (access == Access::write) rights = handled & ~(kExecute | kMakeDevices);
  // The kernel refuses rights about folders in a rule about a file.
  if (!folder) rights &= kReadFile | kWriteFile | kTruncate;
  return rights & handled;
}

std::string add_path(int ruleset, const PathRule& rule, std::uint64_t handled) {
  const Fd place(::open(rule.path.c_str(), O_PATH | O_CLOEXEC));
  if (!place) return {};  // it does not exist, or is not ours to see
  struct stat info{};
  if (::fstat(place.get(), &info) != 0) return errno_text(rule.path.string());
  const PathAttr attr{.allowed = rights_of(rule.access, S_ISDIR(info.st_mode), handled),
                      .parent = place.get()};
  if (::syscall(SYS_landlock_add_rule, ruleset, kPathBeneath, &attr, 0) == 0) return {};
  return errno_text("Landlock refuses a rule about " + rule.path.string());
}

std::string add_ports(int ruleset, const std::optional<std::vector<std::uint16_t>>& ports,
                      std::uint64_t allowed) {
  if (!ports) return {};
  for (const auto port : *ports) {
    const PortAttr attr{.allowed = allowed, .port = port};
    if (::syscall(SYS_landlock_add_rule, ruleset, kNetPort, &attr, 0) != 0)
      return errno_text("Landlock refuses a rule about port " + std::to_string(port));
  }
  return {};
}

RulesetAttr handled_by(const LandlockRules& rules, int abi) {
  RulesetAttr attr{.files = handled_files(abi)};
  if (abi >= kAbiPorts && rules.connect_ports) attr.ports |= kConnectTcp;
  if (abi >= kAbiPorts && rules.bind_ports) attr.ports |= kBindTcp;
  if (abi >= kAbiScope && !rules.keep_signals) attr.scoped |= kScopeSignal;
  return attr;
}

// The kernel knows a shorter structure in older versions.
std::size_t size_for(int abi) {
  if (abi >= kAbiScope) return sizeof(RulesetAttr);
  return abi >= kAbiPorts ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
}

}  // namespace

int landlock_abi(std::string* why) {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0}, kVersionQuery);
  if (version > 0) return static_cast<int>(version);
  if (why != nullptr)
    *why = errno == ENOSYS
               ? "this kernel has no Landlock (Linux 5.13 or later, built with it)"
               : "Landlock is switched off on this machine (boot with lsm=landlock,...)";
  return 0;
}

std::string landlock_self(const LandlockRules& rules, int abi) {
  const auto attr = handled_by(rules, abi);
  const Fd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attr, size_for(abi), 0)));
  if (!ruleset) return errno_text("Landlock makes no ruleset");
  for (const auto& rule : rules.paths)
    if (auto why = add_path(ruleset.get(), rule, attr.files); !why.empty()) return why;
  if ((attr.ports & kConnectTcp) != 0)
    if (auto why = add_ports(ruleset.get(), rules.connect_ports, kConnectTcp); !why.empty())
      return why;
  if ((attr.ports & kBindTcp) != 0)
    if (auto why = add_ports(ruleset.get(), rules.bind_ports, kBindTcp); !why.empty()) return why;
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0) return {};
  return errno_text("Landlock restricts nothing");
}

}  // namespace gvm::confine
