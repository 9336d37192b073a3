#include "apps/cell/child.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace gvm::cell {
namespace {

constexpr int kCannotRun = 127;  // as shells do

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Runs in the child process. Only system calls from here on.
[[noreturn]] void become(const char* program, char** argv, char** envp, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
  ::execve(program, argv, envp);
  ::_exit(kCannotRun);
}

}  // namespace

Child::~Child() {
  if (output_) loop_.remove(output_.get());
}

bool Child::start(const Command& command) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  output_ = Fd(ends[0]);
  const Fd write_end(ends[1]);
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  std::vector<std::string> arguments{command.program};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = command.environment;
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  pid_ = ::fork();
  if (pid_ == 0)
    become(command.program.c_str(), const_cast<char**>(argv.data()),
           const_cast<char**>(envp.data()), write_end.get());
  loop_.add(output_.get(), EPOLLIN, [this](std::uint32_t) { read_output(); });
  return pid_ > 0;
}

std::string Child::tail() {
  if (output_) read_output();
  return tail_ + unfinished_;
}

void Child::read_output() {
  std::array<char, 16 * 1024> bytes;
  for (;;) {
    const ssize_t count = ::read(output_.get(), bytes.data(), bytes.size());
    if (count > 0) {
      unfinished_.append(bytes.data(), static_cast<std::size_t>(count));
      take_lines();
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) {
      loop_.remove(output_.get());
      output_.reset();
    }
    return;
  }
}

void Child::take_lines() {
  std::size_t begin = 0;
  for (auto end = unfinished_.find('\n'); end != unfinished_.npos;
       end = unfinished_.find('\n', begin)) {
    const std::string_view line(unfinished_.data() + begin, end - begin);
    on_line_(line);
    tail_.append(line).append("\n");
    begin = end + 1;
  }
  unfinished_.erase(0, begin);
  if (unfinished_.size() > kTailBytes) unfinished_.erase(0, unfinished_.size() - kTailBytes);
  if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
}

}  // namespace gvm::cell
