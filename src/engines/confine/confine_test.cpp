// From inside: a child process confines itself by the same code as a module and then tries what an
// attacker would.
#include "confine/confine.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "confine/codes.h"
#include "confine/test_inside.h"
#include "net/thread_stack.h"

namespace gvm::confine {
namespace {

namespace fs = std::filesystem;

struct Folders {
  Folders() {
    std::string name = (fs::temp_directory_path() / "gvm-confine-XXXXXX").string();
    root = ::mkdtemp(name.data());
    for (const auto* folder : {"read", "write", "outside"}) {
      fs::create_directory(root / folder);
      std::ofstream(root / folder / "file") << "text";
    }
  }
  ~Folders() { fs::remove_all(root); }
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;
  std::string at(const char* path) const { return (root / path).string(); }

  Plan plan() const {
    Plan plan;
    plan.landlock.paths = {{"/usr", Access::read},        {"/lib", Access::read},
                           {"/lib64", Access::read},      {"/proc", Access::read},
                           {root / "read", Access::read}, {root / "write", Access::write}};
    return plan;
  }

  fs::path root;
};

// A listening socket on loopback.
struct Listening {
  Listening() : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd.get(), generic(), size);
    ::listen(fd.get(), 8);
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  }
  const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&address); }
  std::uint16_t port() const { return ntohs(address.sin_port); }

  Fd fd;
  sockaddr_in address{};
};

long open_at(const std::string& path, int flags) {
  return ::open(path.c_str(), flags | O_CLOEXEC, 0600);
}

long connect_to(const Listening& listening) {
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(fd.get(), listening.generic(), sizeof listening.address);
}

long bind_to(std::uint16_t port) {
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

std::string why_no_landlock(int wanted) {
  std::string why;
  const int abi = landlock_abi(&why);
  if (abi >= wanted) return {};
  return why.empty() ? "Landlock ABI " + std::to_string(abi) + " is too old" : why;
}

void expect_all_refused(const Outcomes& outcomes) {
  for (const auto& [name, number] : outcomes) {
    if (name.starts_with("part:")) continue;
    EXPECT_EQ(number, EPERM) << name;
  }
}

TEST(Confine, FilesOutsideAreClosedAndThoseInsideOpen) {
  if (const auto why = why_no_landlock(1); !why.empty()) GTEST_SKIP() << why;
  const Folders folders;
  const auto inside = run_inside(folders.plan(), [&](const Attempts& attempts) {
    attempts.note("read", open_at(folders.at("read/file"), O_RDONLY));
    attempts.note("change", open_at(folders.at("write/file"), O_RDWR | O_APPEND));
    attempts.note("make", open_at(folders.at("write/new"), O_WRONLY | O_CREAT));
    const auto from = folders.at("write/new");
    attempts.note("rename", ::rename(from.c_str(), folders.at("write/renamed").c_str()));
    attempts.note("remove", ::unlink(folders.at("write/renamed").c_str()));
    attempts.note("write_where_read", open_at(folders.at("read/file"), O_WRONLY));
    attempts.note("make_where_read", open_at(folders.at("read/new"), O_WRONLY | O_CREAT));
    attempts.note("outside", open_at(folders.at("outside/file"), O_RDONLY));
    attempts.note("password_file", open_at("/etc/shadow", O_RDONLY));
    attempts.note("list_outside", open_at(folders.at("outside"), O_RDONLY | O_DIRECTORY));
    attempts.note("climb", open_at(folders.at("read/../outside/file"), O_RDONLY));
    const auto link = folders.at("write/link");
    attempts.note("make_link", ::symlink(folders.at("outside/file").c_str(), link.c_str()));
    attempts.note("by_link", open_at(link, O_RDONLY));
    attempts.note("hard_link",
                  ::link(folders.at("outside/file").c_str(), folders.at("write/hard").c_str()));
    attempts.note("move_in",
                  ::rename(folders.at("outside/file").c_str(), folders.at("write/moved").c_str()));
  });
  const auto& outcomes = inside.outcomes;
  for (const auto* good : {"part:files", "read", "change", "make", "rename", "remove", "make_link"})
    EXPECT_EQ(outcomes.at(good), 0) << good;
  for (const auto* bad : {"write_where_read", "make_where_read", "outside", "password_file",
                          "list_outside", "climb", "by_link"})
    EXPECT_EQ(outcomes.at(bad), EACCES) << bad;
  for (const auto* bad : {"hard_link", "move_in"})
    EXPECT_TRUE(outcomes.at(bad) == EACCES || outcomes.at(bad) == EXDEV) << bad;
}

TEST(Confine, OnlyTheNamedPortsCanBeConnectedToAndBound) {
  if (const auto why = why_no_landlock(4); !why.empty()) GTEST_SKIP() << why;
  const Folders folders;
  const Listening wanted;
  const Listening other;
  auto plan = folders.plan();
  plan.landlock.connect_ports = {wanted.port()};
  plan.landlock.bind_ports = {0};
  const auto inside = run_inside(plan, [&](const Attempts& attempts) {
    attempts.note("wanted", connect_to(wanted));
    attempts.note("other", connect_to(other));
    attempts.note("bind_any", bind_to(0));
    attempts.note("bind_other", bind_to(other.port()));
  });
  EXPECT_EQ(inside.outcomes.at("part:ports"), 0);
  EXPECT_EQ(inside.outcomes.at("wanted"), 0);
  EXPECT_EQ(inside.outcomes.at("other"), EACCES);
  EXPECT_EQ(inside.outcomes.at("bind_any"), 0);
  EXPECT_EQ(inside.outcomes.at("bind_other"), EACCES);
}

TEST(Confine, NoNewProgramsAndNoNewProcesses) {
  const auto inside = run_inside(Folders().plan(), [](const Attempts& attempts) {
    std::string program = "/bin/true";
    const std::array<char*, 2> argv{program.data(), nullptr};
    const std::array<char*, 1> envp{nullptr};
    attempts.note("execve", ::execve(program.c_str(), argv.data(), envp.data()));
    attempts.note("execveat",
                  ::syscall(SYS_execveat, AT_FDCWD, program.c_str(), argv.data(), envp.data(), 0));
    attempts.note("fork", ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
#if defined(__x86_64__)
    attempts.note("old_fork", ::syscall(SYS_fork));
    attempts.note("vfork", ::syscall(SYS_vfork));
#endif
  });
  expect_all_refused(inside.outcomes);
  EXPECT_EQ(inside.outcomes.at("part:system_calls"), 0);
  EXPECT_GE(inside.outcomes.size(), 4U);
}

TEST(Confine, OtherProcessesCannotBeReadTracedOrSignalled) {
  const pid_t parent = ::getpid();
  const auto inside = run_inside(Folders().plan(), [parent](const Attempts& attempts) {
    attempts.note("ptrace", ::ptrace(PTRACE_ATTACH, parent, nullptr, nullptr));
    std::array<char, 8> bytes{};
    iovec here{.iov_base = bytes.data(), .iov_len = bytes.size()};
    iovec there{.iov_base = bytes.data(), .iov_len = bytes.size()};
    attempts.note("read_memory", ::process_vm_readv(parent, &here, 1, &there, 1, 0));
    attempts.note("write_memory", ::process_vm_writev(parent, &here, 1, &there, 1, 0));
    attempts.note("kill", ::kill(parent, 0));
    attempts.note("kill_thread", ::syscall(SYS_tgkill, parent, parent, 0));
  });
  for (const auto* bad : {"ptrace", "read_memory", "write_memory", "kill", "kill_thread"})
    EXPECT_EQ(inside.outcomes.at(bad), EPERM) << bad;
}

TEST(Confine, NoPacketsOfOnesOwnMakingAndNoRareProtocols) {
  const auto inside = run_inside(Folders().plan(), [](const Attempts& attempts) {
    attempts.note("raw", ::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    attempts.note("raw6", ::socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));
    attempts.note("packet", ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    attempts.note("vsock", ::socket(AF_VSOCK, SOCK_STREAM, 0));
    attempts.note("crypto", ::socket(AF_ALG, SOCK_SEQPACKET, 0));
    attempts.note("audit", ::socket(AF_NETLINK, SOCK_RAW, 9));
    attempts.note("good_tcp", ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    attempts.note("good_udp6", ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP));
    attempts.note("good_unix", ::socket(AF_UNIX, SOCK_SEQPACKET, 0));
    attempts.note("good_routes", ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
  });
  for (const auto& [name, number] : inside.outcomes) {
    if (name.starts_with("part:")) continue;
    EXPECT_EQ(number, name.starts_with("good_") ? 0 : EPERM) << name;
  }
  EXPECT_GE(inside.outcomes.size(), 10U);
}

TEST(Confine, NoOtherUserNoMountsAndNothingOfTheMachine) {
  const auto inside = run_inside(Folders().plan(), [](const Attempts& attempts) {
    attempts.note("setuid", ::syscall(SYS_setuid, 65534));
    attempts.note("setgid", ::syscall(SYS_setresgid, 65534, 65534, 65534));
    attempts.note("mount", ::syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, nullptr));
    attempts.note("chroot", ::chroot("/usr"));
    attempts.note("namespace", ::unshare(CLONE_NEWUSER));
    attempts.note("bpf", ::syscall(SYS_bpf, 0, nullptr, 0));
    attempts.note("keyring", ::syscall(SYS_keyctl, 0, 0, 0, 0, 0));
    attempts.note("io_uring", ::syscall(SYS_io_uring_setup, 1, nullptr));
    attempts.note("clock", ::syscall(SYS_clock_settime, CLOCK_REALTIME, nullptr));
    attempts.note("reboot", ::syscall(SYS_reboot, 0, 0, 0, nullptr));
    attempts.note("visible_again", ::prctl(PR_SET_DUMPABLE, 1));
  });
  expect_all_refused(inside.outcomes);
}

TEST(Confine, ACallThatIsNewerThanTheFilterDoesNotExist) {
  constexpr long kFuture = 5000;
  const auto inside = run_inside(Folders().plan(), [](const Attempts& attempts) {
    attempts.note("future", ::syscall(kFuture));
    attempts.note("clone3", ::syscall(SYS_clone3, nullptr, 0));
  });
  EXPECT_EQ(inside.outcomes.at("future"), ENOSYS);
  EXPECT_EQ(inside.outcomes.at("clone3"), ENOSYS) << "glibc then makes threads by clone()";
}

TEST(Confine, ACrashLeavesNoCoreDump) {
  const auto inside = run_inside(Folders().plan(), [](const Attempts& attempts) {
    rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    errno = EINVAL;
    attempts.note("limit", limit.rlim_max == 0 ? 0 : -1);
    attempts.note("hidden", ::prctl(PR_GET_DUMPABLE) == 0 ? 0 : -1);
    const rlimit more{RLIM_INFINITY, RLIM_INFINITY};
    attempts.note("raise", ::setrlimit(RLIMIT_CORE, &more));
    (void)std::signal(SIGSEGV, SIG_DFL);
    (void)std::raise(SIGSEGV);
  });
  EXPECT_EQ(inside.outcomes.at("limit"), 0);
  EXPECT_EQ(inside.outcomes.at("hidden"), 0);
  EXPECT_EQ(inside.outcomes.at("raise"), EPERM);
  ASSERT_TRUE(WIFSIGNALED(inside.status));
  EXPECT_EQ(WTERMSIG(inside.status), SIGSEGV);
  EXPECT_FALSE(WCOREDUMP(inside.status));
}

TEST(Confine, ThreadsWorkAndTheyAreConfinedToo) {
  const Folders folders;
  const bool landlock = landlock_abi() > 0;
  const auto inside = run_inside(folders.plan(), [&](const Attempts& attempts) {
    std::thread([&] {
      attempts.note("thread_reads", open_at(folders.at("read/file"), O_RDONLY));
      attempts.note("thread_outside", open_at(folders.at("outside/file"), O_RDONLY));
      attempts.note("thread_raw", ::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    }).join();
  });
  EXPECT_EQ(inside.outcomes.at("thread_reads"), 0);
  EXPECT_EQ(inside.outcomes.at("thread_outside"), landlock ? EACCES : 0);
  EXPECT_EQ(inside.outcomes.at("thread_raw"), EPERM);
}

TEST(Confine, LandlockIsNotClaimedWhereOtherThreadsRunAlready) {
  if (const auto why = why_no_landlock(1); !why.empty()) GTEST_SKIP() << why;
  const Folders folders;
  Plan off;
  off.mode = Mode::off;
  const auto inside = run_inside(off, [&](const Attempts& attempts) {
    std::atomic<bool> done = false;
    std::thread other([&] { done.wait(false); });
    const auto report = confine_self(folders.plan());
    done = true;
    done.notify_all();
    other.join();
    for (const auto& part : report.parts())
      if (part.name == "files") attempts.note("claimed", part.missing.empty() ? -1 : 0);
  });
  EXPECT_EQ(inside.outcomes.at("claimed"), 0);
}

TEST(Confine, OffLeavesEverythingOpenButCoreDumps) {
  const Folders folders;
  auto plan = folders.plan();
  plan.mode = Mode::off;
  const auto inside = run_inside(plan, [&](const Attempts& attempts) {
    attempts.note("outside", open_at(folders.at("outside/file"), O_RDONLY));
    errno = EINVAL;
    attempts.note("hidden", ::prctl(PR_GET_DUMPABLE) == 0 ? 0 : -1);
  });
  EXPECT_EQ(inside.outcomes.at("outside"), 0);
  EXPECT_EQ(inside.outcomes.at("hidden"), 0);
}

TEST(Confine, KeysAreLockedInMemory) {
  const std::string key(5000, 'k');
  auto plan = Folders().plan();
  plan.secrets = {key};
  const auto inside = run_inside(plan, [](const Attempts& attempts) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (!line.starts_with("VmLck:")) continue;
      errno = EINVAL;
      attempts.note("locked", std::atol(line.c_str() + 6) >= 8 ? 0 : -1);  // kB: two pages
    }
  });
  if (inside.outcomes.at("part:locked_keys") != 0)
    GTEST_SKIP() << "this machine's limit of locked memory is too low";
  EXPECT_EQ(inside.outcomes.at("locked"), 0);
}

TEST(ConfineReport, StrictRefusesWhenAPartIsMissingAndNamesIt) {
  Report report(Mode::strict);
  report.holds("system_calls");
  EXPECT_TRUE(report.check());
  report.lacks("files", "this kernel has no Landlock");
  const auto refused = report.check();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), codes::kSandboxIncomplete);
  EXPECT_THAT(refused.error().to_string(),
              testing::HasSubstr("files: this kernel has no Landlock"));
}

TEST(ConfineReport, BestEffortGoesOnAndSaysWhatIsMissing) {
  Report report(Mode::best_effort);
  report.holds("system_calls");
  report.holds("core_dumps");
  report.lacks("files", "this kernel has no Landlock");
  EXPECT_TRUE(report.check());
  EXPECT_FALSE(report.complete());
  const auto value = report.to_value();
  EXPECT_EQ(value.find("holds")->as_string(), "system_calls, core_dumps");
  EXPECT_EQ(value.find("missing")->find("files")->as_string(), "this kernel has no Landlock");
}

TEST(ConfineReport, ModesAreReadByTheirNames) {
  EXPECT_EQ(parse_mode("strict"), Mode::strict);
  EXPECT_EQ(parse_mode("best-effort"), Mode::best_effort);
  EXPECT_EQ(parse_mode("off"), Mode::off);
  for (const auto* bad : {"", "Strict", "on", "best_effort", "strict "})
    EXPECT_FALSE(parse_mode(bad)) << bad;
}

// For the watchdog of the lanes.
TEST(Confine, TheStackOfAThreadCanStillBeTaken) {
  const Folders folders;
  const auto inside = run_inside(folders.plan(), [](const Attempts& attempts) {
    net::prepare_stacks();
    std::atomic<pid_t> id{0};
    std::atomic<bool> end{false};
    std::thread other([&] {
      id = static_cast<pid_t>(::syscall(SYS_gettid));
      id.notify_all();
      end.wait(false);
    });
    id.wait(0);
    const bool taken = !net::stack_of(id).empty();
    errno = ENODATA;
    attempts.note("stack", taken ? 0 : -1);
    end = true;
    end.notify_all();
    other.join();
  });
  EXPECT_EQ(inside.outcomes.at("stack"), 0);
}

}  // namespace
}  // namespace gvm::confine
