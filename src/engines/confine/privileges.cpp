#include "confine/privileges.h"

#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace gvm::confine {
namespace {

std::string errno_text(const std::string& what) {
  return what + ": " + std::system_category().message(errno);
}

// A process of root keeps these.
constexpr auto kKept =
    std::to_array<int>({CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_KILL,
                        CAP_NET_BIND_SERVICE, CAP_IPC_LOCK, CAP_SYS_NICE});

std::string set_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return errno_text("capget");
  std::array<std::uint32_t, _LINUX_CAPABILITY_U32S_3> kept{};
  for (const int one : kKept)
    kept.at(CAP_TO_INDEX(static_cast<unsigned>(one))) |= CAP_TO_MASK(static_cast<unsigned>(one));
  bool drops = false;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    drops = drops || (sets.at(i).permitted & ~kept.at(i)) != 0 || sets.at(i).inheritable != 0;
    sets.at(i).effective &= kept.at(i);
    sets.at(i).permitted &= kept.at(i);
    sets.at(i).inheritable = 0;
  }
  // A service manager that has taken everything away may also forbid the call.
  if (!drops) return {};
  return ::syscall(SYS_capset, &header, sets.data()) == 0 ? "" : errno_text("capset");
}

}  // namespace

std::string no_new_privileges() {
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? "" : errno_text("PR_SET_NO_NEW_PRIVS");
}

std::string no_core_dumps() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return errno_text("RLIMIT_CORE");
  return ::prctl(PR_SET_DUMPABLE, 0) == 0 ? "" : errno_text("PR_SET_DUMPABLE");
}

std::string lower_limits() {
  const rlimit none{0, 0};
  for (const auto resource : {RLIMIT_MSGQUEUE, RLIMIT_RTPRIO, RLIMIT_NICE})
    if (::setrlimit(resource, &none) != 0) return errno_text("setrlimit");
  return {};
}

std::string drop_capabilities() {
  const bool may_bound = ::prctl(PR_CAPBSET_READ, CAP_SETPCAP, 0, 0, 0) > 0 && ::geteuid() == 0;
  for (int one = 0; may_bound && ::prctl(PR_CAPBSET_READ, one, 0, 0, 0) >= 0; ++one)
    if (std::ranges::find(kKept, one) == kKept.end()) ::prctl(PR_CAPBSET_DROP, one, 0, 0, 0);
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return set_capabilities();
}

std::string lock_memory(const std::vector<std::string_view>& texts) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  std::size_t unlocked = 0;
  for (const auto text : texts) {
    if (text.empty()) continue;
    const auto begin = reinterpret_cast<std::uintptr_t>(text.data()) & ~(page - 1);
    const auto end = reinterpret_cast<std::uintptr_t>(text.data()) + text.size();
    auto* const at = reinterpret_cast<void*>(begin);
    (void)::madvise(at, end - begin, MADV_DONTDUMP);
    // Not ::mlock(), which does nothing under the sanitizers.
    if (::syscall(SYS_mlock, at, end - begin) != 0) ++unlocked;
  }
  if (unlocked == 0) return {};
  return std::to_string(unlocked) + " of " + std::to_string(texts.size()) +
         " secrets could not be locked (" + std::system_category().message(errno) +
         "): raise the limit of locked memory (LimitMEMLOCK=)";
}

bool is_single_threaded() {
  std::error_code failed;
  const std::filesystem::directory_iterator tasks("/proc/self/task", failed);
  return !failed && std::distance(tasks, std::filesystem::directory_iterator()) == 1;
}

}  // namespace gvm::confine
