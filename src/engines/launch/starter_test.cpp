// Programs are started by a process that was split off before; each test runs in a child process,
// as a process has one starter.
#include "launch/starter.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>

#include "launch/codes.h"
#include "support/process.h"

namespace gvm::launch {
namespace {

using namespace std::chrono_literals;

// What `work` returns, run in a process of its own.
std::string in_child(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return "no pipe";
  Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    read_end.reset();
    const auto text = work();
    (void)!::write(write_end.get(), text.data(), text.size());
    ::_exit(0);
  }
  write_end.reset();
  std::string text;
  std::array<char, 1024> part{};
  for (ssize_t count = 0; (count = ::read(read_end.get(), part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(count));
  ::waitpid(child, nullptr, 0);
  return text;
}

// What the program writes to descriptor 5.
std::string output_of(const std::string& script) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return "no pipe";
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  const Command command{.program = "/bin/sh",
                        .arguments = {"-c", script, "name", "a b", ""},
                        .environment = {"GREETING=good day"},
                        .descriptors = {{write_end.get(), 5}},
                        .quiet = true};
  auto started = start(command);
  write_end.reset();
  if (!started) return started.error().to_string();
  std::string text;
  std::array<char, 1024> part{};
  for (ssize_t count = 0; (count = ::read(read_end.get(), part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(count));
  pollfd ended{.fd = started->process.get(), .events = POLLIN, .revents = 0};
  if (::poll(&ended, 1, 60'000) != 1) return "the program's end is not seen";
  return text;
}

TEST(Starter, StartsAProgramWithItsArgumentsEnvironmentAndDescriptors) {
  const auto text = in_child([] {
    if (!begin_starter({"/bin/sh"}, [] {})) return std::string("no starter");
    return output_of("echo \"$GREETING|$1|$#\" >&5") + output_of("echo again >&5");
  });
  EXPECT_EQ(text, "good day|a b|2\nagain\n");
}

TEST(Starter, StartsOnlyWhatItWasToldAtItsOwnStart) {
  const auto text = in_child([] {
    (void)begin_starter({"/bin/true"}, [] {});
    return output_of("echo no >&5");
  });
  EXPECT_EQ(text, "CANNOT_START: cannot start /bin/sh: Operation not permitted");
}

TEST(Starter, AProgramThatIsNotThereIsNamed) {
  const auto text = in_child([] {
    (void)begin_starter({"/nowhere/program"}, [] {});
    const auto started = start({.program = "/nowhere/program"});
    if (started) return std::string("started");
    return started.error().to_string() + " " +
           started.error().ctx().find("errno")->as_integer()->to_string();
  });
  EXPECT_EQ(text, "CANNOT_START: cannot start /nowhere/program: No such file or directory " +
                      std::to_string(ENOENT));
}

TEST(Starter, ItsConfinementHoldsForWhatItStarts) {
  const auto text = in_child([] {
    (void)begin_starter({"/bin/sh"}, [] { ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); });
    const bool here = ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
    return std::string(here ? "here too;" : "") +
           output_of("grep NoNewPrivs /proc/self/status >&5");
  });
  EXPECT_EQ(text, "NoNewPrivs:\t1\n");
}

TEST(Starter, EndsWithItsProcessAndIgnoresATerminalsSignals) {
  const auto text = in_child([] {
    (void)begin_starter({"/bin/sh"}, [] {});
    ::kill(starter_pid(), SIGINT);
    ::kill(starter_pid(), SIGTERM);
    return output_of("echo alive >&5") + std::to_string(starter_pid());
  });
  ASSERT_TRUE(text.starts_with("alive\n")) << text;
  EXPECT_TRUE(test::wait_gone(std::stoi(text.substr(6)), 60s));
}

TEST(Starter, WhenItIsGoneAStartFailsAndSaysWhatToDo) {
  const auto text = in_child([] {
    (void)begin_starter({"/bin/sh"}, [] {});
    ::kill(starter_pid(), SIGKILL);
    ::waitpid(starter_pid(), nullptr, 0);
    return output_of("echo no >&5");
  });
  EXPECT_NE(text.find("restart the module"), std::string::npos) << text;
}

TEST(Starter, WithoutOneAProgramIsAChildOfThisProcess) {
  EXPECT_EQ(in_child([] { return output_of("echo plain >&5"); }), "plain\n");
}

TEST(Starter, TooManyArgumentsAreRefusedAndItGoesOn) {
  const auto text = in_child([] {
    (void)begin_starter({"/bin/sh"}, [] {});
    const auto refused = start({.program = "/bin/sh", .arguments = {std::string(300'000, 'x')}});
    return std::string(refused ? "started;" : "refused;") + output_of("echo alive >&5");
  });
  EXPECT_EQ(text, "refused;alive\n");
}

}  // namespace
}  // namespace gvm::launch
