#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "launch/codes.h"
#include "launch/command.h"

namespace gvm::launch {
namespace {

struct Actions {
  Actions() { ::posix_spawn_file_actions_init(&value); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&value); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  posix_spawn_file_actions_t value{};
};

// A session of its own, so that signals from a terminal reach only the module. No signal is blocked
// or ignored.
struct Attributes {
  Attributes() {
    ::posix_spawnattr_init(&value);
    sigset_t none{};
    ::sigemptyset(&none);
    sigset_t all{};
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&value, &none);
    ::posix_spawnattr_setsigdefault(&value, &all);
    ::posix_spawnattr_setflags(&value,
                               POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t value{};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// The sources are moved above every number of the new program first, so that no dup2() overwrites
// one; returned so that they stay open until the start.
std::vector<Fd> place_descriptors(const Command& command, Actions& actions) {
  ::posix_spawn_file_actions_addopen(&actions.value, STDIN_FILENO, "/dev/null", O_RDWR, 0);
  int highest = STDERR_FILENO;
  for (const auto& [source, number] : command.descriptors) highest = std::max(highest, number);
  std::vector<Fd> sources;
  for (const auto& [source, number] : command.descriptors) {
    sources.emplace_back(::fcntl(source, F_DUPFD_CLOEXEC, highest + 1));
    ::posix_spawn_file_actions_adddup2(&actions.value, sources.back().get(), number);
  }
  for (const int standard : {STDOUT_FILENO, STDERR_FILENO})
    if (command.quiet)
      ::posix_spawn_file_actions_addopen(&actions.value, standard, "/dev/null", O_RDWR, 0);
  ::posix_spawn_file_actions_addclosefrom_np(&actions.value, highest + 1);
  return sources;
}

}  // namespace

Error start_error(const std::string& program, int number) {
  Error error(codes::kCannotStart, Fatality::fatal,
              "cannot start " + program + ": " + std::system_category().message(number));
  error.with("errno", Value::integer(static_cast<std::int64_t>(number)));
  return error;
}

Result<Started> start_here(const Command& command) {
  Actions actions;
  const auto sources = place_descriptors(command, actions);
  const Attributes attributes;
  std::vector<std::string> arguments{command.program};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  auto environment = command.environment;
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  Started started;
  const int failed = ::posix_spawn(&started.pid, command.program.c_str(), &actions.value,
                                   &attributes.value, argv.data(), envp.data());
  if (failed != 0) return fail(start_error(command.program, failed));
  started.process = Fd(static_cast<int>(::syscall(SYS_pidfd_open, started.pid, 0)));
  return started;
}

}  // namespace gvm::launch
