// genvm-browser-cell: contains one browser for genvm-web, which starts it. Not meant to be started
// by people.
//
// This process is the guard. It stays outside the namespaces, waits for the first process inside,
// and removes the cell's folder at the end, also when the module was killed.
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "apps/cell/init.h"
#include "apps/cell/isolation.h"
#include "apps/cell/privileges.h"
#include "apps/cell/processes.h"
#include "browser/cell_protocol.h"

namespace gvm::cell {
namespace {

constexpr int kUsage = 2;
constexpr int kCannotEnter = 3;  // this mode does not work on this machine

struct Attempt {
  pid_t pid = -1;
  std::string problem;  // empty: the isolation works
};

// Runs in the new process; never returns.
[[noreturn]] void be_first(const Mode& mode, const CellSpec& spec, const std::string& missing,
                           Outside outside, Channels channels, Fd report) {
  Inside inside{.mode = mode, .scratch = {}, .missing = missing, .other_user = false};
  if (const auto problem = enter(mode, spec, outside, inside.scratch)) {
    (void)!::write(report.get(), problem->data(), problem->size());
    ::_exit(kCannotEnter);
  }
  // Set after the change of user, which resets it.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  inside.other_user = outside.user == 0 && !mode.user_namespace;
  (void)!::write(report.get(), "", 1);
  report.reset();
  Init(spec, std::move(inside), std::move(channels)).run();
  ::_exit(0);
}

Attempt attempt(const Mode& mode, const CellSpec& spec, const std::string& missing,
                const Channels& channels) {
  int ends[2];
  if (::pipe(ends) != 0) return {-1, "no pipe"};
  Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  const Outside outside{.user = ::geteuid(), .group = ::getegid()};
  const pid_t pid = fork_into(mode);
  if (pid < 0) return {-1, std::string("making a process: ") + std::strerror(errno)};
  if (pid == 0) {
    read_end.reset();
    Channels own{Fd(channels.control.get()), Fd(channels.driver_listener.get()),
                 Fd(channels.devtools_listener.get())};
    be_first(mode, spec, missing, outside, std::move(own), std::move(write_end));
  }
  write_end.reset();
  std::string text(512, '\0');
  const ssize_t count = ::read(read_end.get(), text.data(), text.size());
  if (count == 1 && text[0] == '\0') return {pid, {}};
  ::waitpid(pid, nullptr, 0);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return {-1, text.empty() ? "the process ended" : text};
}

const char* name_of(CellLevel level) {
  if (level == CellLevel::full) return "all namespaces";
  return level == CellLevel::network ? "a network namespace" : "processes only";
}

// Starts the first process inside, in the best mode that works.
pid_t start_inside(const CellSpec& spec, const Channels& channels) {
  std::string missing;
  for (const Mode& mode : modes(spec.level)) {
    const Attempt made = attempt(mode, spec, missing, channels);
    if (made.pid > 0) return made.pid;
    if (!missing.empty()) missing += "; ";
    missing +=
        std::string(name_of(mode.level)) + (mode.user_namespace ? " by a user namespace" : "");
    missing += " failed at " + made.problem;
  }
  browser::send_message(channels.control.get(),
                        {std::string(browser::cell_message::kFailed), "start", missing});
  return -1;
}

// Waits until the first process inside ends. When the module ends, that process is killed at once.
void wait_for(pid_t inside) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGCHLD);
  ::sigaddset(&set, SIGTERM);
  for (;;) {
    int number = 0;
    if (::sigwait(&set, &number) == 0 && number == SIGTERM) ::kill(inside, SIGKILL);
    for (pid_t ended = ::waitpid(-1, nullptr, WNOHANG); ended > 0;
         ended = ::waitpid(-1, nullptr, WNOHANG)) {
      if (ended == inside) return;
    }
  }
}

void wipe(const std::string& folder) {
  std::error_code ignored;
  const auto scratch = std::filesystem::read_symlink(folder + "/scratch", ignored);
  if (!ignored) std::filesystem::remove_all(scratch, ignored);
  std::filesystem::remove_all(folder, ignored);
}

void block_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGCHLD);
  ::sigaddset(&set, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

int run() {
  block_signals();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  Channels channels{Fd(browser::kControlFd), Fd(browser::kDriverListenerFd),
                    Fd(browser::kDevtoolsListenerFd)};
  const auto received = launch::receive_packet(channels.control.get());
  if (!received) return kUsage;
  const auto spec = browser::decode_spec(received->fields);
  if (!spec) return kUsage;
  const pid_t inside = start_inside(*spec, channels);
  channels = Channels();
  // Not earlier: a process that is not dumpable cannot map its user in a new namespace.
  ::prctl(PR_SET_DUMPABLE, 0);
  if (inside > 0) {
    wait_for(inside);
    kill_descendants();
  }
  wipe(spec->folder);
  return 0;
}

}  // namespace
}  // namespace gvm::cell

// Without exit(): nothing here needs it, and leak checkers cannot examine such a process.
int main() {
  ::_exit(gvm::cell::run());
}
