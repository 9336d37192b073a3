// What docs/operations.md says of starts, ends and faults of the machine, where no test closer to
// the part says it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "e2e/fake_clock.h"
#include "e2e/manager.h"
#include "e2e/money.h"
#include "support/http_server.h"
#include "support/process_tree.h"
#include "support/wire_client.h"
#include "text/json.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;
using test::HttpServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

HttpServer answering_with(std::string text, std::chrono::milliseconds delay = 0ms) {
  return HttpServer([text = std::move(text), delay](const HttpServer::Request&) {
    return HttpServer::Reply{.body = openai_answer(text), .delay = delay};
  });
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// ---------------------------------------------------------------- the service manager

// Stands in for systemd's notification socket.
class ServiceManager {
 public:
  ServiceManager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("bind " + path());
    const timeval limit{.tv_sec = 60, .tv_usec = 0};
    (void)::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  std::string path() const { return folder_.file("notify"); }
  // The next message; empty when none comes.
  std::string next() const {
    std::array<char, 4096> text{};
    const auto size = ::recv(socket_.get(), text.data(), text.size(), 0);
    return size < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
  }

 private:
  TempFolder folder_;
  Fd socket_;
};

TEST(Operations, TheServiceManagerIsToldWhenAModuleIsReadyAndHowItsEndGoes) {
  HttpServer upstream = answering_with("in the end", 7s);
  const ServiceManager systemd;
  Module module({.backends = backend_at(upstream.url("")),
                 .environment = {"NOTIFY_SOCKET=" + systemd.path()}});
  EXPECT_THAT(systemd.next(), AllOf(HasSubstr("READY=1\n"), HasSubstr(module.address())));
  GenVm genvm(module.port());
  genvm.send(prompt("x"));
  ASSERT_TRUE(upstream.wait_for_requests(1, 20s));
  module.process().signal(SIGTERM);
  EXPECT_THAT(systemd.next(), AllOf(HasSubstr("STOPPING=1\n"), HasSubstr("EXTEND_TIMEOUT_USEC="),
                                    HasSubstr("STATUS=ends (SIGTERM): 1 sessions are open")));
  EXPECT_THAT(systemd.next(), HasSubstr("STATUS=ends (SIGTERM): 1 sessions are open"));
  EXPECT_EQ(genvm.receive().text(), "in the end");
  EXPECT_EQ(module.process().wait_exit(60s), 0);
  EXPECT_THAT(module.process().out(), HasSubstr("\"still ending\""));
}

TEST(Operations, ANotificationSocketThatIsNoneDoesNotMatter) {
  HttpServer upstream = answering_with("fine");
  for (const std::string name : {"", "no-path", "/no/such/socket", "@no-such-socket"}) {
    Module module(
        {.backends = backend_at(upstream.url("")), .environment = {"NOTIFY_SOCKET=" + name}});
    EXPECT_EQ(GenVm(module.port()).ask(prompt("x")).text(), "fine");
  }
}

// ---------------------------------------------------------------- exit codes

int exit_of(const ModuleOptions& options, std::vector<std::string> more = {}) {
  const TempFolder folder;
  std::vector<std::string> command{program("genvm-llm"), "--config", write_config(folder, options)};
  command.insert(command.end(), more.begin(), more.end());
  return test::run_program(std::move(command)).exit_code.value_or(-1);
}

TEST(Operations, ExitCodesTellWhetherAnotherStartMaySucceed) {
  const auto backends = backend_at("http://127.0.0.1:1");
  EXPECT_EQ(exit_of({.backends = backends, .more = "threads: many\n"}), 1);
  EXPECT_EQ(exit_of({.backends = backends, .script = "error('at the top')"}), 1);
  EXPECT_EQ(exit_of({.backends = backends}, {"--no-such-option"}), 64);
  const std::string budget = "budgets: {b: {requests: 3, window: day}}\n";  // needs a ledger
  Module running({.backends = backends, .more = budget});
  EXPECT_EQ(exit_of({.backends = backends, .bind_address = running.address()}), 75)
      << "the address";
  const auto config = write_config(running.folder(), {.backends = backends, .more = budget});
  const auto second = test::run_program({program("genvm-llm"), "--config", config});
  EXPECT_EQ(second.exit_code, 75) << "its ledger: " << second.err;
  EXPECT_THAT(second.err, HasSubstr("LEDGER_LOCKED"));
}

// ---------------------------------------------------------------- after a crash

TEST(Operations, AModuleThatWasKilledStartsAgainOnItsSocketWithItsLedger) {
  MockUpstream upstream({.name = "a"});
  const TempFolder folder;
  const auto socket = folder.file("llm.sock");
  const auto config = write_config(
      folder, {.backends = short_answers(upstream),
               .more = pricing_of(folder) + "budgets: {b: {requests: 3, window: month}}\n",
               .bind_address = "unix://" + socket});
  const auto call = [&] {
    return test::run_program({program("genvm-modules"), "call", "unix://" + socket, "prompt", "x"});
  };
  for (int start = 0; start < 4; ++start) {
    test::Process module({program("genvm-llm"), "--config", config});
    ASSERT_TRUE(module.wait_for_line("\"message\":\"ready\"", 60s)) << module.err() << module.out();
    const auto called = call();
    if (start < 3) {
      EXPECT_EQ(called.exit_code, 0) << called.err;
    } else {
      EXPECT_THAT(called.out + called.err, HasSubstr("BUDGET_EXCEEDED"));
    }
    module.signal(SIGKILL);
    ASSERT_TRUE(module.wait_exit(20s));
    EXPECT_TRUE(std::filesystem::exists(socket)) << "what a killed process leaves behind";
  }
  const auto verified =
      test::run_program({program("genvm-modules"), "ledger", "verify", "--config", config});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
}

// As the kernel does when the machine has no memory left.
TEST(Operations, AKilledKeeperOfTheLedgerIsStartedAgainAndNothingIsCharged) {
  (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);  // whatever has lost its parent is found below
  const RunningLlm llm("still here");
  EXPECT_EQ(llm.ask(), "still here");
  const auto keepers = [&] {
    return test::with_command(test::process_tree(::getpid()), "ledger-keeper");
  };
  const auto before = keepers();
  ASSERT_EQ(before.size(), 1U);
  ::kill(before.front(), SIGKILL);
  ASSERT_TRUE(test::wait_gone(before.front(), 20s));
  EXPECT_TRUE(eventually([&] { return GenVm(llm.port(), hello_b()).ask(prompt("x")).ok(); }, 60s));
  EXPECT_TRUE(eventually([&] { return !keepers().empty() && keepers() != before; }, 20s));
}

// ---------------------------------------------------------------- descriptors

void allow_descriptors(pid_t pid, rlim_t most) {
  const rlimit limit{.rlim_cur = most, .rlim_max = most};
  if (::prlimit(pid, RLIMIT_NOFILE, &limit, nullptr) != 0) throw std::runtime_error("prlimit");
}

// UBSan looks at an object through a pipe, and takes an object for broken when it gets none.
// GVM_E2E_BIN names programs without it (scripts/smoke.sh).
bool sanitizers_need_descriptors() {
#ifdef GVM_SANITIZED
  return std::getenv("GVM_E2E_BIN") == nullptr;
#else
  return false;
#endif
}

bool answers(const Module& module) {
  try {
    return GenVm(module.port()).ask(prompt("x")).ok();
  } catch (const std::exception&) {
    return false;
  }
}

TEST(Operations, WithoutDescriptorsSessionsGoOnAndOthersWaitUntilSomeAreFree) {
  if (sanitizers_need_descriptors())
    GTEST_SKIP() << "UBSan needs descriptors; scripts/smoke.sh runs this with the release programs";
  HttpServer upstream = answering_with("fine");
  Module module({.backends = backend_at(upstream.url(""))});
  GenVm before(module.port());
  EXPECT_EQ(before.ask(prompt("x")).text(), "fine");  // its connection to the provider is kept
  allow_descriptors(module.process().pid(), module.open_files() + 8);
  std::vector<test::WireClient> idle;
  for (int i = 0; i < 40; ++i) idle.push_back(test::WireClient::tcp(module.port()));
  const auto line = module.process().wait_for_line("cannot accept", 20s);
  ASSERT_TRUE(line) << module.process().out();
  EXPECT_EQ(before.ask(prompt("x")).text(), "fine");
  idle.clear();
  EXPECT_TRUE(eventually([&] { return answers(module); }, 30s));
  EXPECT_LE(count(module.process().out(), "cannot accept"), 30U) << "not once each attempt";
  EXPECT_TRUE(module.wait_for_sessions(1));
}

// ---------------------------------------------------------------- names and clocks

// As `ulimit -f` or LimitFSIZE= does it; a full disk is tested in LedgerDiskFull.
TEST(Operations, FilesThatMayNotGrowRefuseCallsUntilTheyMayAndEndNoModule) {
  HttpServer upstream = answering_with("fine", 0ms);
  Module module({.backends = backend_at(upstream.url("")),
                 .more = "budgets: {many: {requests: 1000, window: day}}\n"});
  GenVm genvm(module.port());
  EXPECT_TRUE(genvm.ask(prompt("x")).ok());
  rlimit usual{};
  ASSERT_EQ(::prlimit(module.process().pid(), RLIMIT_FSIZE, nullptr, &usual), 0);
  rlimit low = usual;
  low.rlim_cur = 1;
  ASSERT_EQ(::prlimit(module.process().pid(), RLIMIT_FSIZE, &low, nullptr), 0);
  const auto before = upstream.request_count();
  const Reply refused = genvm.ask(prompt("x"));
  EXPECT_THAT(refused.outcome(), HasSubstr("LEDGER_")) << refused.shown;
  EXPECT_EQ(upstream.request_count(), before) << "nothing is sent that cannot be counted";
  ASSERT_EQ(::prlimit(module.process().pid(), RLIMIT_FSIZE, &usual, nullptr), 0);
  EXPECT_TRUE(eventually([&] { return genvm.ask(prompt("x")).ok(); }, 30s));
}

TEST(Operations, ABackendWhoseNameIsNotKnownIsFollowedByTheNext) {
  HttpServer upstream = answering_with("of the second");
  Module module(
      {.backends =
           backend({.name = "first", .host = "http://no-such-host.invalid:1", .priority = 2}) +
           backend({.name = "second", .host = upstream.url(""), .priority = 1})});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "of the second");
}

TEST(Operations, AClockThatJumpsMovesNoTimeoutAndReopensNoWindow) {
  if (const auto why = FakeClock::missing(); !why.empty()) GTEST_SKIP() << why;
  HttpServer upstream = answering_with("fine", 700ms);
  const FakeClock clock;
  Module module(clock.of({.backends = backend_at(upstream.url("")),
                          .more = "budgets: {few: {requests: 3, window: day}}\n"}));
  GenVm genvm(module.port());
  EXPECT_TRUE(genvm.ask(prompt("x")).ok());
  for (const auto jump : {3h, -3h}) {
    const auto before = upstream.request_count();
    genvm.send(prompt("x"));
    ASSERT_TRUE(upstream.wait_for_requests(before + 1, 20s));
    clock.set(jump);
    EXPECT_TRUE(genvm.receive().ok()) << "no timeout has passed";
  }
  for (const auto jump : {0h, -26h, 3h}) {
    clock.set(jump);
    EXPECT_EQ(genvm.ask(prompt("x")).outcome(), "UserError BUDGET_EXCEEDED")
        << "three are made, and yesterday is no new window";
  }
  clock.set(50h);
  EXPECT_TRUE(genvm.ask(prompt("x")).ok()) << "a later day is one";
  EXPECT_TRUE(GenVm(module.port()).ask(prompt("x")).ok());
  EXPECT_TRUE(module.http("/health").starts_with("HTTP/1.1 200"));
}

// ---------------------------------------------------------------- signals

constexpr std::array kStray{SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGCHLD, SIGCONT, SIGWINCH, SIGURG};

// The program itself runs, and no longer what the system does before it.
bool ignores(pid_t pid, int number) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("SigIgn:"))
      return (std::stoull(line.substr(line.find('\t') + 1), nullptr, 16) >> (number - 1) & 1) != 0;
  return false;
}

TEST(Operations, StraySignalsWhileItLoadsAndWhileItEndsCostNothing) {
  HttpServer upstream = answering_with("fine", 1'500ms);
  std::mt19937 random(20'262);
  std::uniform_int_distribution<std::size_t> any(0, kStray.size() - 1);
  for (const auto& options :
       {ModuleOptions{.backends = backend_at(upstream.url(""))},
        ModuleOptions{.program = "genvm-web", .more = "browser: {engine: http}\n"}}) {
    const TempFolder folder;
    test::Process module({program(options.program), "--config", write_config(folder, options)});
    ASSERT_TRUE(eventually([&] { return ignores(module.pid(), SIGUSR1); }, 60s));
    std::optional<std::string> ready;
    for (int i = 0; i < 6'000 && !ready; ++i) {
      module.signal(kStray.at(any(random)));
      ready = module.wait_for_line("\"message\":\"ready\"", 10ms);
    }
    ASSERT_TRUE(ready) << module.err() << module.out();
    const auto line = text::parse_json(*ready);
    const std::string address(line->find("address")->as_string().value());
    GenVm genvm(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    const bool asks = options.program == "genvm-llm";
    if (asks) {
      genvm.send(prompt("x"));
      ASSERT_TRUE(upstream.wait_for_requests(1, 20s));
    }
    module.signal(SIGTERM);
    for (int i = 0; i < 200; ++i) module.signal(kStray.at(any(random)));
    if (asks) {
      EXPECT_EQ(genvm.receive().text(), "fine") << "what was asked is answered";
    }
    EXPECT_EQ(module.wait_exit(60s), 0) << module.err() << module.out();
    EXPECT_THAT(module.err(), Not(HasSubstr("Sanitizer")));
  }
}

// Those that a service manager, a terminal or a careless person sends.
TEST(Operations, SignalsInAnyOrderAtAnyMomentEndAModuleInGoodOrder) {
  HttpServer upstream = answering_with("fine", 50ms);
  std::mt19937 random(20'261);
  const auto below = [&](int most) { return std::uniform_int_distribution<>(0, most - 1)(random); };
  for (int round = 0; round < 6; ++round) {
    const TempFolder folder;
    const auto config = write_config(folder, {.backends = backend_at(upstream.url(""))});
    test::Process module({program("genvm-llm"), "--config", config});
    const bool ready_first = round % 3 != 0;
    if (ready_first) {
      ASSERT_TRUE(module.wait_for_line("\"message\":\"ready\"", 60s));
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(below(400)));
    }
    const auto burst = [&] {
      for (int i = below(20); i > 0; --i)
        module.signal(kStray.at(static_cast<std::size_t>(below(kStray.size()))));
    };
    // Before main() has taken them over, they end a process, as every process.
    if (ready_first || ignores(module.pid(), SIGUSR1)) burst();
    const int last = below(2) == 0 ? SIGTERM : SIGINT;
    module.signal(last);
    if (ready_first) burst();
    const auto code = module.wait_exit(60s);
    ASSERT_TRUE(code);
    EXPECT_TRUE(*code == 0 || *code == 128 + last) << *code << module.err();
    EXPECT_THAT(module.err(), Not(HasSubstr("Sanitizer"))) << "round " << round;
  }
}

}  // namespace
}  // namespace gvm::e2e
