#include "launch/starter.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <mutex>
#include <optional>

#include "launch/codes.h"
#include "launch/packet.h"

namespace gvm::launch {
namespace {

constexpr int kOwnEnd = 3;  // of the socket, in the starter

struct Starter {
  std::mutex mutex;  // one question at a time
  Fd end;
  pid_t pid = -1;
};

Starter& starter() {
  static Starter one;
  return one;
}

int number_in(const std::string& text) {
  int number = -1;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// A question: program, quiet, numbers of the descriptors, arguments, environment; each list behind
// its length.
std::vector<std::string> encode(const Command& command, std::vector<int>& descriptors) {
  std::vector<std::string> fields{command.program, command.quiet ? "1" : "0",
                                  std::to_string(command.descriptors.size())};
  for (const auto& [source, number] : command.descriptors) {
    descriptors.push_back(source);
    fields.push_back(std::to_string(number));
  }
  for (const auto* list : {&command.arguments, &command.environment}) {
    fields.push_back(std::to_string(list->size()));
    fields.insert(fields.end(), list->begin(), list->end());
  }
  return fields;
}

// Empty when the question is not of that form.
std::optional<Command> decode(const Packet& packet) {
  std::size_t at = 0;
  const auto next = [&]() -> const std::string& {
    static const std::string none;
    return at < packet.fields.size() ? packet.fields[at++] : none;
  };
  const auto next_list = [&] {
    std::vector<std::string> list;
    for (int left = number_in(next()); left > 0 && at < packet.fields.size(); --left)
      list.push_back(next());
    return list;
  };
  Command command;
  command.program = next();
  command.quiet = next() == "1";
  const auto numbers = next_list();
  if (numbers.size() != packet.descriptors.size()) return std::nullopt;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    command.descriptors.emplace_back(packet.descriptors[i].get(), number_in(numbers[i]));
  command.arguments = next_list();
  command.environment = next_list();
  return at == packet.fields.size() ? std::optional(std::move(command)) : std::nullopt;
}

// ---------------------------------------------------------------- in the starter

void reap() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

// The module ends it by ending; signals of a terminal or a service manager are for the module.
void ignore_signals() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ})
    (void)std::signal(number, SIG_IGN);
  // Interrupts poll(), so that ended programs are waited for.
  struct sigaction on_child{};
  on_child.sa_handler = [](int) {};
  (void)::sigaction(SIGCHLD, &on_child, nullptr);
  sigset_t none{};
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void answer(int end, const Packet& question, const std::vector<std::string>& programs) {
  const auto command = decode(question);
  const bool known = command && std::ranges::find(programs, command->program) != programs.end();
  if (!known) {
    (void)send_packet(end, {"failed", std::to_string(EPERM)});
    return;
  }
  const auto started = start_here(*command);
  if (!started) {
    const Value* number = started.error().ctx().find("errno");
    const auto text = number == nullptr ? std::to_string(EIO) : number->as_integer()->to_string();
    (void)send_packet(end, {"failed", text});
    return;
  }
  std::vector<int> process;
  if (started->process) process.push_back(started->process.get());
  (void)send_packet(end, {"started", std::to_string(started->pid)}, process);
}

[[noreturn]] void serve(int end, const std::vector<std::string>& programs) {
  for (;;) {
    pollfd wait{.fd = end, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wait, 1, -1);
    if (ready > 0) {
      const auto question = receive_packet(end);
      if (!question) ::_exit(0);
      answer(end, *question, programs);
    }
    reap();
  }
}

[[noreturn]] void be_starter(Fd end, const std::vector<std::string>& programs,
                             const std::function<void()>& confine) {
  (void)::prctl(PR_SET_NAME, "genvm-starter");
  ignore_signals();
  // Nothing that the module was given stays open here, above all no end of a channel.
  if (end.get() != kOwnEnd) ::dup2(end.get(), kOwnEnd);
  ::syscall(SYS_close_range, kOwnEnd + 1, ~0U, 0);
  (void)end.release();
  ::fcntl(kOwnEnd, F_SETFD, FD_CLOEXEC);
  confine();
  (void)send_packet(kOwnEnd, {"ready"});
  serve(kOwnEnd, programs);
}

// ---------------------------------------------------------------- in the module

Result<Started> ask(Starter& one, const Command& command) {
  std::vector<int> descriptors;
  const auto question = encode(command, descriptors);
  std::optional<Packet> reply;
  const std::lock_guard lock(one.mutex);
  const bool sent = send_packet(one.end.get(), question, descriptors);
  if (!sent && errno == EMSGSIZE) return fail(start_error(command.program, E2BIG));
  if (sent) reply = receive_packet(one.end.get());
  if (!reply || reply->fields.size() != 2) {
    Error error(codes::kCannotStart, Fatality::fatal,
                "the process that starts programs has ended; restart the module");
    return fail(std::move(error));
  }
  const int number = number_in(reply->fields[1]);
  if (reply->fields[0] != "started") return fail(start_error(command.program, number));
  Started started;
  started.pid = number;
  if (!reply->descriptors.empty()) started.process = std::move(reply->descriptors.front());
  return started;
}

}  // namespace

Result<void> begin_starter(std::vector<std::string> programs,
                           const std::function<void()>& confine) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail(start_error("the starter", errno));
  Fd ours(ends[0]);
  Fd theirs(ends[1]);
  // A signal that comes early must find the starter ignoring it.
  sigset_t all{};
  sigset_t before{};
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  const int failed = errno;
  if (pid == 0) {
    (void)ours.release();  // be_starter() closes it with the rest
    be_starter(std::move(theirs), programs, confine);
  }
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return fail(start_error("the starter", failed));
  theirs.reset();
  if (!receive_packet(ours.get())) return fail(start_error("the starter", ECHILD));
  starter().end = std::move(ours);
  starter().pid = pid;
  return {};
}

pid_t starter_pid() {
  return starter().pid;
}

Result<Started> start(const Command& command) {
  auto& one = starter();
  return one.end ? ask(one, command) : start_here(command);
}

}  // namespace gvm::launch
