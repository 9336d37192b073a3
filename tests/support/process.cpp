#include "support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace gvm::test {
namespace {

using namespace std::chrono_literals;

constexpr int kSignalExitBase = 128;  // as shells do

struct Pipe {
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  }
  std::array<int, 2> ends{};  // read, write
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with(const std::vector<std::string>& more) {
  std::vector<std::string> all = more;  // getenv finds the first of two
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

bool readable_within(int fd, std::chrono::milliseconds span) {
  const auto end = std::chrono::steady_clock::now() + span;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd watched{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(std::max(left, 0ms).count()));
    if (ready > 0) return true;
    if (ready == 0) return false;
  }
}

pid_t spawn(std::vector<std::string>& command, std::vector<std::string>& environment, int in,
            int out, int err, bool closes_others) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  if (closes_others) posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  const auto argv = pointers(command);
  const auto envp = pointers(environment);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error(command[0] + ": " + std::strerror(error));
  return pid;
}

}  // namespace

Process::Process(std::vector<std::string> command) : Process(std::move(command), Options()) {}

Process::Process(std::vector<std::string> command, const Options& options) {
  Pipe in, out, err;
  auto environment = environment_with(options.environment);
  pid_ = spawn(command, environment, in.ends[0], out.ends[1], err.ends[1], options.closes_others);
  pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  ::close(out.ends[1]);
  ::close(err.ends[1]);
  // Its read end stays open here until the program has started: a program that ends early must not
  // raise SIGPIPE.
  const auto written = ::write(in.ends[1], options.input.data(), options.input.size());
  ::close(in.ends[1]);
  ::close(in.ends[0]);
  if (written != static_cast<ssize_t>(options.input.size()))
    throw std::runtime_error("the input does not fit a pipe");
  out_fd_ = out.ends[0];
  err_fd_ = err.ends[0];
  reader_ = std::thread([this] { capture(); });
}

Process::~Process() {
  if (!exit_code_) {
    signal(SIGKILL);
    (void)wait_exit(10s);
  }
  // A child of the program may keep its output open: the reader must not wait for it.
  {
    const std::lock_guard lock(mutex_);
    captured_ = true;
  }
  reader_.join();
  ::close(pid_fd_);
  ::close(out_fd_);
  ::close(err_fd_);
}

void Process::capture() {
  std::array<pollfd, 2> watched{{{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}}};
  std::array<std::string*, 2> texts{&out_, &err_};
  std::vector<char> bytes(65536);
  while (watched[0].fd >= 0 || watched[1].fd >= 0) {
    ::poll(watched.data(), watched.size(), 100);
    const std::lock_guard lock(mutex_);
    if (captured_) return;
    for (std::size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].fd < 0 || watched[i].revents == 0) continue;
      const auto count = ::read(watched[i].fd, bytes.data(), bytes.size());
      if (count > 0) texts[i]->append(bytes.data(), static_cast<std::size_t>(count));
      if (count == 0 || (count < 0 && errno != EINTR)) watched[i].fd = -1;
    }
    changed_.notify_all();
  }
  const std::lock_guard lock(mutex_);
  captured_ = true;
  changed_.notify_all();
}

void Process::signal(int number) const {
  // The process has not been waited for, so its id cannot have been reused.
  if (!exit_code_) ::kill(pid_, number);
}

std::optional<std::string> Process::wait_for_line(std::string_view part,
                                                  std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  std::optional<std::string> found;
  const auto look = [&] {
    std::size_t begin = 0;
    for (auto end = out_.find('\n'); end != out_.npos; end = out_.find('\n', begin)) {
      const std::string_view line(out_.data() + begin, end - begin);
      if (line.find(part) != line.npos) {
        found = std::string(line);
        return true;
      }
      begin = end + 1;
    }
    return captured_;
  };
  changed_.wait_for(lock, timeout, look);
  return found;
}

std::optional<int> Process::wait_exit(std::chrono::milliseconds timeout) {
  if (exit_code_) return exit_code_;
  if (!readable_within(pid_fd_, timeout)) return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return std::nullopt;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : kSignalExitBase + WTERMSIG(status);
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, 5s, [this] { return captured_; });
  return exit_code_;
}

std::string Process::out() const {
  const std::lock_guard lock(mutex_);
  return out_;
}

std::string Process::err() const {
  const std::lock_guard lock(mutex_);
  return err_;
}

Finished run_program(std::vector<std::string> command, const Process::Options& options,
                     std::chrono::milliseconds timeout) {
  Process process(std::move(command), options);
  Finished finished;
  finished.exit_code = process.wait_exit(timeout);
  finished.out = process.out();
  finished.err = process.err();
  return finished;
}

bool wait_gone(pid_t pid, std::chrono::milliseconds timeout) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return errno == ESRCH;
  const bool gone = readable_within(fd, timeout);
  ::close(fd);
  return gone;
}

}  // namespace gvm::test
