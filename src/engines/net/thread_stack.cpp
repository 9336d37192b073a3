#include "net/thread_stack.h"

#include <execinfo.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>
#include <string_view>

namespace gvm::net {
namespace {

constexpr int kMostFrames = 64;
constexpr int kOwnFrames = 2;  // the handler, and the kernel's return from it

// What the handler writes to: a signal handler may touch nothing that allocates or locks.
struct Capture {
  std::array<void*, kMostFrames> frames{};
  std::atomic<int> count{0};
  std::atomic<pid_t> wanted{0};  // the thread that is asked; another one that comes late is ignored
  sem_t done{};
  bool lost = false;  // a handler began and did not end: it may write at any time
};

Capture& capture() {
  static Capture one;
  return one;
}

int signal_number() {
  return SIGRTMIN + 3;
}

void on_signal(int) {
  const int before = errno;
  auto& into = capture();
  auto self = static_cast<pid_t>(::syscall(SYS_gettid));
  if (into.wanted.compare_exchange_strong(self, 0)) {
    into.count = ::backtrace(into.frames.data(), kMostFrames);
    ::sem_post(&into.done);
  }
  errno = before;
}

bool answered_within_a_second() {
  timespec until{};
  ::clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 1;
  while (::sem_timedwait(&capture().done, &until) != 0)
    if (errno != EINTR) return false;
  return true;
}

// "/usr/bin/program(function+0x12) [0x7f...]" without the folder and the address.
std::string without_address(std::string_view frame) {
  frame = frame.substr(0, frame.rfind(" ["));
  const auto name_ends = std::min(frame.find('('), frame.size());
  const auto slash = frame.substr(0, name_ends).rfind('/');
  return std::string(slash == std::string_view::npos ? frame : frame.substr(slash + 1));
}

std::vector<std::string> names_of(void* const* frames, int count) {
  std::vector<std::string> stack;
  const std::unique_ptr<char*, void (*)(void*)> names(::backtrace_symbols(frames, count),
                                                      &std::free);
  for (int i = kOwnFrames; names != nullptr && i < count; ++i)
    stack.push_back(without_address(names.get()[i]));
  return stack;
}

}  // namespace

void prepare_stacks() {
  static std::once_flag once;
  std::call_once(once, [] {
    auto& into = capture();
    ::sem_init(&into.done, 0, 0);
    (void)::backtrace(into.frames.data(), 1);  // loads the unwinder
    struct sigaction action{};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    (void)::sigaction(signal_number(), &action, nullptr);
  });
}

std::vector<std::string> stack_of(pid_t thread) {
  auto& into = capture();
  if (into.lost) return {};
  into.wanted = thread;
  if (::syscall(SYS_tgkill, ::getpid(), thread, signal_number()) != 0) return {};
  if (!answered_within_a_second()) {
    // Nobody writes from now on, unless it has just begun.
    pid_t expected = thread;
    if (into.wanted.compare_exchange_strong(expected, 0)) return {};
    into.lost = !answered_within_a_second();
    if (into.lost) return {};
  }
  return names_of(into.frames.data(), into.count);
}

}  // namespace gvm::net
