#include "apps/cell/isolation.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "apps/cell/filesystem.h"
#include "apps/cell/privileges.h"
#include "base/fd.h"

namespace gvm::cell {
namespace {

std::string failed(std::string_view what) {
  return std::string(what) + ": " + std::strerror(errno);
}

bool write_file(const char* path, const std::string& text) {
  const Fd fd(::open(path, O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Inside, the browser must not look like root, because Chromium refuses to run as root.
bool map_user(Outside outside) {
  const auto map = [&](id_t from) {
    const id_t inside = outside.user == 0 ? kBrowserUser : from;
    return std::to_string(inside) + " " + std::to_string(from) + " 1";
  };
  return write_file("/proc/self/setgroups", "deny") &&
         write_file("/proc/self/uid_map", map(outside.user)) &&
         write_file("/proc/self/gid_map", map(outside.group));
}

bool bring_loopback_up() {
  const Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return any && ::ioctl(any.get(), SIOCSIFFLAGS, &request) == 0;
}

struct Namespaces {
  int needed = 0;
  int more = 0;  // of System V's IPC, and of the host's name: a service unit may forbid them
};

Namespaces new_namespaces(CellLevel level) {
  if (level == CellLevel::full) return {CLONE_NEWNET | CLONE_NEWNS, CLONE_NEWIPC | CLONE_NEWUTS};
  return {CLONE_NEWNET, CLONE_NEWIPC};
}

// Which ones it has made; none when it could not.
std::optional<int> make_namespaces(CellLevel level) {
  const auto [needed, more] = new_namespaces(level);
  if (::unshare(needed | more) == 0) return needed | more;
  if (errno != EPERM || ::unshare(needed) != 0) return std::nullopt;
  return needed;
}

// Makes the folder that the browser may write to. Without a file system of its own, a browser that
// runs as another user needs a folder that this user can reach.
std::optional<std::string> make_scratch(const CellSpec& spec, bool other_user,
                                        std::string& scratch) {
  const std::string place = spec.folder + "/scratch";
  // Removes what an unsuccessful mode has left.
  std::error_code ignored;
  std::filesystem::remove_all(std::filesystem::read_symlink(place, ignored), ignored);
  std::filesystem::remove_all(place, ignored);
  if (!other_user) {
    scratch = place;
    if (::mkdir(scratch.c_str(), 0700) != 0) return failed("making the scratch folder");
    return std::nullopt;
  }
  scratch = "/tmp/genvm-cell-XXXXXX";
  if (::mkdtemp(scratch.data()) == nullptr) return failed("making the scratch folder");
  // The process that removes the cell's folder finds it by this link.
  if (::symlink(scratch.c_str(), place.c_str()) != 0) return failed("linking the scratch folder");
  if (::chown(scratch.c_str(), kBrowserUser, kBrowserUser) != 0)
    return failed("giving the scratch folder away");
  return std::nullopt;
}

}  // namespace

std::vector<Mode> modes(CellLevel at_most) {
  std::vector<Mode> out;
  const bool root = ::geteuid() == 0;
  for (const CellLevel level : {CellLevel::full, CellLevel::network}) {
    if (level > at_most) continue;
    if (root) out.push_back({level, false});
    out.push_back({level, true});
  }
  out.push_back({CellLevel::processes, false});
  return out;
}

pid_t fork_into(const Mode& mode) {
  unsigned long flags = SIGCHLD;
  if (mode.user_namespace) flags |= CLONE_NEWUSER;
  if (mode.level == CellLevel::full) flags |= CLONE_NEWPID;
  return static_cast<pid_t>(::syscall(SYS_clone, flags, 0, 0, 0, 0));
}

std::optional<std::string> enter(const Mode& mode, const CellSpec& spec, Outside outside,
                                 std::string& scratch) {
  be_killed_first();
  const bool other_user = outside.user == 0 && !mode.user_namespace;
  if (mode.level != CellLevel::full) {
    if (auto problem = make_scratch(spec, other_user, scratch)) return problem;
  }
  if (mode.user_namespace && !map_user(outside)) return failed("mapping the user");
  int made = 0;
  if (mode.level != CellLevel::processes) {
    const auto namespaces = make_namespaces(mode.level);
    if (!namespaces) return failed("making namespaces");
    made = *namespaces;
    if (!bring_loopback_up()) return failed("bringing loopback up");
  }
  if (mode.level == CellLevel::full) {
    if ((made & CLONE_NEWUTS) != 0) (void)::sethostname("cell", 4);
    if (auto problem = build_filesystem(spec)) return problem;
    scratch = kPrivateFolder;
  }
  set_limits({.processes = 0, .open_files = spec.open_files});
  if (other_user && !become_browser_user()) return failed("becoming an unprivileged user");
  drop_capabilities();
  return std::nullopt;
}

}  // namespace gvm::cell
