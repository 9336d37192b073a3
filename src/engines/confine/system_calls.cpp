#include "confine/system_calls.h"

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace gvm::confine {

std::string filter_calls(const CallPolicy& policy) {
  auto program = compile(policy);
  if (program.size() > BPF_MAXINSNS) return "the filter is too long";
  const sock_fprog text{.len = static_cast<unsigned short>(program.size()),
                        .filter = program.data()};
  const long failed =
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &text);
  if (failed == 0) return {};
  if (failed > 0) return "thread " + std::to_string(failed) + " has another filter";
  if (errno == ENOSYS || errno == EINVAL) return "this kernel has no seccomp filters";
  return "seccomp: " + std::system_category().message(errno);
}

}  // namespace gvm::confine
