#include "apps/cell/privileges.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string_view>

#include "base/fd.h"

namespace gvm::cell {
namespace {

void limit(__rlimit_resource resource, rlim_t value) {
  rlimit now{};
  ::getrlimit(resource, &now);
  if (now.rlim_max != RLIM_INFINITY && value > now.rlim_max) value = now.rlim_max;
  const rlimit wanted{value, value};
  ::setrlimit(resource, &wanted);
}

}  // namespace

void set_limits(const ProcessLimits& limits) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, limits.open_files);
  if (limits.processes != 0) limit(RLIMIT_NPROC, limits.processes);
}

bool become_browser_user() {
  return ::setgroups(0, nullptr) == 0 &&
         ::setresgid(kBrowserUser, kBrowserUser, kBrowserUser) == 0 &&
         ::setresuid(kBrowserUser, kBrowserUser, kBrowserUser) == 0;
}

void drop_capabilities() {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  ::syscall(SYS_capset, &header, none);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_DUMPABLE, 0);
}

void be_killed_first() {
  constexpr std::string_view kScore = "800";  // of 1000
  const Fd fd(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (fd) (void)!::write(fd.get(), kScore.data(), kScore.size());
}

}  // namespace gvm::cell
