// Modules that crash or do not start, ports that are taken, hosts that ask for everything at once,
// and a manager that is killed.
#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "e2e/genvm.h"
#include "e2e/manager.h"
#include "support/http_server.h"
#include "support/process_tree.h"
#include "support/wire_client.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;

TEST(ManagerFaults, AModuleThatCrashesComesBackOnTheSamePort) {
  const RunningLlm llm("still here");
  const auto port = llm.port();
  const auto pid = llm.pid();
  ::kill(pid, SIGKILL);
  EXPECT_TRUE(eventually(
      [&] {
        const auto now = text::integer_at(llm.manager.module_status("llm"), "/pid");
        return now.value_or(pid) != pid;
      },
      60s));
  EXPECT_EQ(GenVm(port, hello_b()).ask(prompt("x")).text(), "still here");
  EXPECT_EQ(llm.manager.count("llm", "restarts"), 1);
  const auto status = llm.manager.module_status("llm");
  EXPECT_NE(text::string_at(status, "/last_end/how").value_or("").find("signal 9"),
            std::string::npos);
}

TEST(ManagerFaults, APortThatIsTakenIsSaidAndNothingChanges) {
  HttpServer other([](const HttpServer::Request&) { return HttpServer::Reply{}; });
  auto upstream = answering("x");
  const ManagerUnderTest manager;
  const auto taken = manager.module(
      "start", "Llm",
      manager.llm_config({.backends = backends_at(upstream),
                          .bind_address = "127.0.0.1:" + std::to_string(other.port())}));
  EXPECT_EQ(taken.status, 500);
  EXPECT_NE(taken.word("error").find("LISTEN_FAILED"), std::string::npos) << taken.body;
  const auto config = manager.llm_config({.backends = backends_at(upstream)});
  EXPECT_EQ(manager.module("start", "Llm", config).status, 200);
}

TEST(ManagerFaults, AModuleThatDiesAtEveryStartIsTriedAgainWithPauses) {
  const std::string_view text =
      "function ExecPrompt(_, args) return { data = args.prompt } end\n"
      "function ExecPromptTemplate() return { data = true } end\n";
  const ManagerUnderTest manager;
  const auto script = manager.root().write("script.lua", text);
  const auto config = manager.llm_config({.script = script});
  const std::string_view empty = ", \"allow_empty_backends\": true";
  ASSERT_EQ(manager.module("start", "Llm", config, empty).status, 200);
  // From now on it cannot start.
  std::filesystem::rename(script, script + ".away");
  ::kill(manager.module_pid("llm"), SIGKILL);
  EXPECT_TRUE(eventually(
      [&] {
        return text::string_at(manager.module_status("llm"), "/state") == "restarting" &&
               manager.module_port("llm") == 0;
      },
      60s));
  EXPECT_EQ(manager.status().word("llm_module"), "stopped");
  std::filesystem::rename(script + ".away", script);
  EXPECT_EQ(manager.module("start", "Llm", config, empty).word("result"), "module_started");
  EXPECT_EQ(GenVm(manager.module_port("llm"), hello_b()).ask(prompt("x")).text(), "x");
}

TEST(ManagerFaults, AFloodOfStartsAndStopsEndsInOrder) {
  auto upstream = answering("x");
  const ManagerUnderTest manager;
  const auto config = manager.llm_config({.backends = backends_at(upstream)});
  std::atomic<int> odd = 0;
  std::vector<std::jthread> hosts;
  for (int i = 0; i < 6; ++i) {
    hosts.emplace_back([&, i] {
      for (int n = 0; n < 2; ++n) {
        const auto reply =
            i % 2 == 0 ? manager.module("start", "Llm", config) : manager.module("stop", "Llm");
        const bool expected =
            reply.status == 200 ||
            reply.word("error").find("module_already_running") != std::string::npos;
        if (!expected) ++odd;
      }
    });
  }
  hosts.clear();
  EXPECT_EQ(odd, 0);
  EXPECT_EQ(manager.module("restart", "Llm", config).status, 200);
  EXPECT_EQ(GenVm(manager.module_port("llm"), hello_b()).ask(prompt("x")).text(), "x");
}

// More than may wait for one module, of which each takes a turn: the rest is told so at once.
TEST(ManagerFaults, MoreRequestsThanMayWaitAreRefusedAndTheModuleGoesOn) {
  const RunningLlm llm;
  std::atomic<int> served = 0;
  std::atomic<int> busy = 0;
  std::atomic<int> odd = 0;
  {
    std::vector<std::jthread> hosts;
    for (int i = 0; i < 100; ++i) {
      hosts.emplace_back([&] {
        const auto reply = llm.manager.module("start", "Llm", llm.config);
        if (reply.word("error").find("module_already_running") != std::string::npos)
          ++served;
        else if (reply.word("error").find("MANAGER_BUSY") != std::string::npos)
          ++busy;
        else
          ++odd;
      });
    }
  }
  EXPECT_EQ(odd, 0);
  EXPECT_EQ(served + busy, 100);
  EXPECT_EQ(llm.manager.count("llm", "takeovers"), 0);
  EXPECT_EQ(llm.ask(), "x");
}

// As many as the server keeps: those that have waited longest make way.
TEST(ManagerFaults, HalfOpenConnectionsDoNotKeepHostsOut) {
  const RunningLlm llm;
  std::vector<test::WireClient> half_open;
  for (int i = 0; i < 200; ++i) {
    half_open.push_back(test::WireClient::tcp(llm.manager.port()));
    half_open.back().send(i % 2 == 0 ? "POST /module/re" : "");
  }
  EXPECT_EQ(llm.manager.status().status, 200);
  EXPECT_EQ(llm.restart(llm.config).word("result"), "module_restarted");
  EXPECT_EQ(llm.ask(), "x");
}

TEST(ManagerFaults, EndsWithinASecondOfSigintWithItsModules) {
  RunningLlm llm("late", 20s);
  GenVm genvm(llm.port(), hello_b());
  genvm.send(prompt("x"));
  ASSERT_TRUE(llm.upstream.wait_for_requests(1, 30s));
  const auto pid = llm.pid();
  const auto began = std::chrono::steady_clock::now();
  llm.manager.process().signal(SIGINT);
  EXPECT_EQ(llm.manager.process().wait_exit(30s), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 1000ms * kSlowness);
  EXPECT_TRUE(test::wait_gone(pid, 5s));
}

// ---------------------------------------------------------------- a manager that is killed

// The programs that a killed manager has left become children of this process.
class Orphans {
 public:
  Orphans() { (void)::prctl(PR_SET_CHILD_SUBREAPER, 1); }

  // The process that starts programs for a confined module has the module's command line.
  static std::vector<pid_t> modules() {
    auto found = running("genvm-llm");
    std::erase_if(found, [](pid_t pid) { return command_name(pid) == "genvm-starter"; });
    return found;
  }
  // Modules with their starters, and the keeper of their ledger.
  static std::vector<pid_t> all() {
    auto found = running("genvm-llm");
    for (const pid_t pid : running("ledger-keeper")) found.push_back(pid);
    return found;
  }

 private:
  static std::string command_name(pid_t pid) {
    std::ifstream stream("/proc/" + std::to_string(pid) + "/comm");
    std::string name;
    std::getline(stream, name);
    return name;
  }
  static std::vector<pid_t> running(std::string_view name) {
    return test::still_running(test::with_command(test::process_tree(::getpid()), name), 0ms);
  }
};

// Where in a takeover the manager is killed.
enum class Step {
  before,        // nothing has been asked
  asked,         // the request is on its way
  spawned,       // there are two processes
  checking,      // some time later
  handing_over,  // the old one has been told
  serves,        // the new one has said so
  afterwards,    // the host has its answer
};

struct Killing {
  Step step;
  bool die;
};

std::string name_of(const Killing& killing) {
  constexpr std::array kNames = {"Before",      "Asked",  "Spawned",   "Checking",
                                 "HandingOver", "Serves", "Afterwards"};
  return std::string(kNames.at(static_cast<std::size_t>(killing.step))) +
         (killing.die ? "AndModulesDie" : "AndModulesStay");
}

class ManagerKilled : public testing::TestWithParam<Killing> {
 protected:
  ManagerKilled() {
    second_config_ = llm().manager.llm_config(
        {.backends = backends_at(second_), .more = ", \"log_level\": \"debug\""});
    port_ = llm().port();
  }
  ~ManagerKilled() override {
    for (const pid_t pid : Orphans::all()) ::kill(pid, SIGKILL);
  }

  RunningLlm& llm() {
    if (!llm_)
      llm_.emplace("first", 0ms,
                   GetParam().die ? std::vector<std::string>{"--die-with-parent"}
                                  : std::vector<std::string>{});
    return *llm_;
  }
  // How many processes have begun to serve.
  int served() {
    const std::string log = llm().manager.process().out();
    int count = 0;
    for (auto at = log.find("a module serves"); at != log.npos;
         at = log.find("a module serves", at + 1))
      ++count;
    return count;
  }
  // Returns at that moment of a restart that has begun, or at once.
  void wait_for(Step step) {
    const auto line = [&](std::string_view part) {
      EXPECT_TRUE(llm().manager.process().wait_for_line(part, 60s)) << part;
    };
    const auto two = [] { return Orphans::modules().size() == 2; };
    if (step == Step::spawned || step == Step::checking) {
      EXPECT_TRUE(eventually(two, 60s));
    }
    if (step == Step::checking) std::this_thread::sleep_for(20ms * kSlowness);
    if (step == Step::handing_over) line("another process takes over");
    if (step == Step::serves) {
      EXPECT_TRUE(eventually([&] { return served() == 2; }, 60s));
    }
    if (step == Step::afterwards) restarting_.join();
  }
  void begin_restart() {
    restarting_ = std::jthread([this] {
      try {
        (void)llm().restart(second_config_);
      } catch (const std::exception&) {
        // The manager is gone: no answer.
      }
    });
  }

  // Who answers new sessions, in their order, for as long as this lives.
  void probe(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      try {
        const auto reply = GenVm(port_, hello_b(), 10s).ask(prompt("x"));
        const std::lock_guard lock(mutex_);
        answers_.push_back(reply.ok() ? reply.text() : reply.outcome());
      } catch (const std::exception&) {
        const std::lock_guard lock(mutex_);
        if (answers_.empty() || answers_.back() != "nobody") answers_.emplace_back("nobody");
      }
      std::this_thread::sleep_for(1ms);  // the processor is for the programs under test
    }
  }
  std::vector<std::string> answers() {
    const std::lock_guard lock(mutex_);
    return answers_;
  }

  Orphans orphans_;
  HttpServer second_ = answering("second");
  std::optional<RunningLlm> llm_;
  std::string second_config_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> answers_;
  std::jthread restarting_;
};

// Two processes that accept would answer in turns.
void expect_one_after_the_other(const std::vector<std::string>& answers) {
  const auto second = std::ranges::find(answers, "second");
  EXPECT_EQ(std::count(second, answers.end(), "first"), 0) << "two processes accept";
}

TEST_P(ManagerKilled, OneModuleStaysOrNone) {
  const auto [step, die] = GetParam();
  std::jthread prober([this](const std::stop_token& stop) { probe(stop); });
  if (step != Step::before) begin_restart();
  wait_for(step);
  llm().manager.process().signal(SIGKILL);
  EXPECT_EQ(llm().manager.process().wait_exit(30s), 128 + SIGKILL);
  llm().manager.expect_killed();
  const std::size_t left = die ? 0 : 1;
  EXPECT_TRUE(eventually([&] { return Orphans::modules().size() == left; }, 60s))
      << Orphans::modules().size() << " modules are left";
  if (!die) {
    const auto reply = GenVm(port_, hello_b()).ask(prompt("x"));
    EXPECT_TRUE(reply.ok()) << reply.shown;
  }
  prober.request_stop();
  prober.join();
  if (!die) {
    EXPECT_EQ(std::ranges::count(answers(), "nobody"), 0) << "no connection is refused";
  }
  expect_one_after_the_other(answers());
  for (const pid_t pid : Orphans::modules()) ::kill(pid, SIGTERM);
  EXPECT_TRUE(eventually([] { return Orphans::all().empty(); }, 60s)) << "something is left";
}

std::vector<Killing> killings() {
  std::vector<Killing> all;
  for (int step = 0; step <= static_cast<int>(Step::afterwards); ++step) {
    for (const bool die : {false, true}) all.push_back({static_cast<Step>(step), die});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Takeover, ManagerKilled, testing::ValuesIn(killings()),
                         [](const auto& killing) { return name_of(killing.param); });

TEST(ManagerFaults, TheNextManagerFindsThePortOfALeftModuleTaken) {
  const Orphans orphans;
  RunningLlm llm;
  const auto pid = llm.pid();
  const auto address = "127.0.0.1:" + std::to_string(llm.port());
  llm.manager.process().signal(SIGKILL);
  EXPECT_EQ(llm.manager.process().wait_exit(30s), 128 + SIGKILL);
  llm.manager.expect_killed();
  const ManagerUnderTest next;
  const auto config =
      next.llm_config({.backends = backends_at(llm.upstream), .bind_address = address});
  const auto taken = next.module("start", "Llm", config);
  EXPECT_EQ(taken.status, 500);
  EXPECT_NE(taken.word("error").find("LISTEN_FAILED"), std::string::npos) << taken.body;
  EXPECT_EQ(GenVm(static_cast<std::uint16_t>(std::stoi(address.substr(10))), hello_b())
                .ask(prompt("x"))
                .text(),
            "x")
      << "the old one is not disturbed";
  ::kill(pid, SIGTERM);
  EXPECT_TRUE(test::wait_gone(pid, 60s));
  EXPECT_EQ(next.module("start", "Llm", config).word("result"), "module_started");
}

}  // namespace
}  // namespace gvm::e2e
