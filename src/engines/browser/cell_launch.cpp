#include "browser/cell_launch.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <utility>

#include "base/error_codes.h"
#include "browser/cell_protocol.h"

namespace gvm::browser {
namespace {

constexpr int kBacklog = 64;
constexpr int kLowestSource = 16;  // above the descriptors that the program expects

std::unexpected<Error> refuse(const std::string& what, int number) {
  Error error(codes::kCreatingSession, Fatality::fatal, what + ": " + std::strerror(number));
  error.with("kind", Value::string(number == ENOENT ? "missing" : "start"));
  return fail(std::move(error));
}

Result<Fd> listen_at(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof(address.sun_path)) return refuse(text, ENAMETOOLONG);
  std::memcpy(address.sun_path, text.data(), text.size());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::chmod(text.c_str(), 0600) != 0 || ::listen(fd.get(), kBacklog) != 0)
    return refuse(text, errno);
  return fd;
}

// Moved up, so that dup2 to the low numbers overwrites none of its own sources.
Fd moved_up(const Fd& fd) {
  return Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kLowestSource));
}

struct Actions {
  Actions() { ::posix_spawn_file_actions_init(&value); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&value); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  posix_spawn_file_actions_t value;
};

// A session of its own, so that signals from a terminal reach only the module. No signal is blocked
// or ignored.
struct Attributes {
  Attributes() {
    ::posix_spawnattr_init(&value);
    sigset_t none;
    ::sigemptyset(&none);
    sigset_t all;
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&value, &none);
    ::posix_spawnattr_setsigdefault(&value, &all);
    ::posix_spawnattr_setflags(&value,
                               POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t value;
};

Result<pid_t> spawn(const std::filesystem::path& program, const CellFolder& folder,
                    const std::array<std::pair<const Fd*, int>, 3>& descriptors) {
  Actions actions;
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::posix_spawn_file_actions_addopen(&actions.value, standard, "/dev/null", O_RDWR, 0);
  std::array<Fd, 3> sources;
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    sources[i] = moved_up(*descriptors[i].first);
    ::posix_spawn_file_actions_adddup2(&actions.value, sources[i].get(), descriptors[i].second);
  }
  ::posix_spawn_file_actions_addclosefrom_np(&actions.value, kDevtoolsListenerFd + 1);
  const Attributes attributes;
  std::string name = program.string();
  std::string mark = "GVM_CELL=" + folder.path().string();
  char* argv[] = {name.data(), nullptr};
  char* envp[] = {mark.data(), nullptr};
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, name.c_str(), &actions.value, &attributes.value, argv, envp);
  if (error != 0) return refuse(name, error);
  return pid;
}

}  // namespace

Result<Launched> launch_cell(const std::filesystem::path& program, const CellFolder& folder) {
  const auto driver = listen_at(folder.driver_socket());
  if (!driver) return fail(driver.error());
  const auto devtools = listen_at(folder.devtools_socket());
  if (!devtools) return fail(devtools.error());
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return refuse("a socket pair", errno);
  Launched launched;
  launched.control = Fd(ends[0]);
  const Fd theirs(ends[1]);
  const auto pid = spawn(
      program, folder,
      {{{&theirs, kControlFd}, {&*driver, kDriverListenerFd}, {&*devtools, kDevtoolsListenerFd}}});
  if (!pid) return fail(pid.error());
  launched.pid = *pid;
  launched.process = Fd(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
  ::fcntl(launched.control.get(), F_SETFL, O_NONBLOCK);
  folder.note_process(*pid);
  return launched;
}

}  // namespace gvm::browser
