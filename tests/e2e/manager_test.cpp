// The manager as hosts drive it: calls, restarts that lose nothing, modules that fail.
#include "e2e/manager.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "base/json.h"
#include "e2e/genvm.h"
#include "support/http_server.h"
#include "support/wire_client.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;

HttpServer answering(std::string text, std::chrono::milliseconds delay = 0ms) {
  return HttpServer([text = std::move(text), delay](const HttpServer::Request&) {
    return HttpServer::Reply{.body = openai_answer(text), .delay = delay};
  });
}

std::string backends_at(const std::string& host, std::string_view more = {}) {
  return "{\"main\": {\"enabled\": true, \"host\": " + json::write(Value::string(host)) +
         ", \"provider\": \"openai-compatible\", \"key\": \"sk-of-the-test\", \"models\": {\"m\": "
         "{\"supports_json\": true}}" +
         std::string(more) + "}}";
}

pid_t pid_of(const ManagerUnderTest& manager) {
  return static_cast<pid_t>(text::integer_at(manager.module_status("llm"), "/pid").value());
}

TEST(Manager, StartsStopsAndRestartsAsHostsExpect) {
  auto upstream = answering("one");
  const ManagerUnderTest manager;
  auto status = manager.status();
  EXPECT_EQ(status.status, 200);
  EXPECT_EQ(status.word("llm_module"), "stopped");
  EXPECT_EQ(status.word("web_module"), "stopped");
  EXPECT_NE(status.json.find("permits"), nullptr);
  EXPECT_NE(status.json.find("executions"), nullptr);
  EXPECT_EQ(manager.module("stop", "Llm").word("result"), "module_not_running");

  const auto config = manager.llm_config({.backends = backends_at(upstream.url(""))});
  const auto started = manager.module("start", "Llm", config);
  ASSERT_EQ(started.status, 200) << started.body;
  EXPECT_EQ(started.word("result"), "module_started");
  EXPECT_EQ(manager.status().word("llm_module"), "running");
  {
    GenVm genvm(manager.module_port("llm"), hello_b());
    EXPECT_EQ(genvm.ask(prompt("x")).text(), "one");
  }
  const auto again = manager.module("start", "lLM", config);
  EXPECT_EQ(again.status, 500);
  EXPECT_NE(again.word("error").find("module_already_running"), std::string::npos);
  const auto port = manager.module_port("llm");
  EXPECT_EQ(manager.module("restart", "LLM", config).word("result"), "module_restarted");
  EXPECT_EQ(manager.module_port("llm"), port) << "the socket stays";
  GenVm genvm(port, hello_b());
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "one");
  EXPECT_EQ(manager.module("stop", "llm").word("result"), "module_stopped");
  EXPECT_EQ(manager.status().word("llm_module"), "stopped");
  EXPECT_EQ(manager.module("restart", "Llm", config).word("result"), "module_restarted");
}

TEST(Manager, ABadConfigurationIsRefusedWithEveryErrorAndTheOldOneStays) {
  auto upstream = answering("old");
  const ManagerUnderTest manager;
  const auto good = manager.llm_config({.backends = backends_at(upstream.url(""))});
  ASSERT_EQ(manager.module("start", "Llm", good).status, 200);
  const auto port = manager.module_port("llm");
  GenVm genvm(port, hello_b());
  const auto bad = manager.llm_config(
      {.backends = backends_at("no url", ", \"timeout\": \"soon\""), .more = ", \"vm_count\": -1"});
  const auto refused = manager.module("restart", "Llm", bad);
  EXPECT_TRUE(refused.status == 400 || refused.status == 500) << refused.status;
  for (const char* key : {"vm_count", "backends.main.host", "backends.main.timeout"})
    EXPECT_NE(refused.word("error").find(key), std::string::npos) << refused.body;
  EXPECT_EQ(refused.body.find("sk-of-the-test"), std::string::npos);
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "old");
  EXPECT_EQ(GenVm(port, hello_b()).ask(prompt("x")).text(), "old");
  EXPECT_EQ(text::integer_at(manager.module_status("llm"), "/takeovers"), 0);
}

TEST(Manager, NoPromptIsLostByRestartsUnderLoad) {
  auto first = answering("first", 20ms);
  auto second = answering("second", 20ms);
  const ManagerUnderTest manager;
  const std::array configs = {manager.llm_config({.backends = backends_at(first.url(""))}),
                              manager.llm_config({.backends = backends_at(second.url(""))})};
  ASSERT_EQ(manager.module("start", "Llm", configs[0]).status, 200);
  const auto port = manager.module_port("llm");
  std::atomic<bool> enough = false;
  std::atomic<int> answered = 0;
  std::atomic<int> failed = 0;
  std::vector<std::jthread> hosts;
  for (int i = 0; i < 3; ++i) {
    hosts.emplace_back([&, i] {
      while (!enough) {
        GenVm genvm(port, hello_b());  // one that stays for a while
        for (int n = 0; n < 5 * i + 1 && !enough; ++n)
          ++(genvm.ask(prompt("x")).ok() ? answered : failed);
      }
    });
  }
  constexpr int kRestarts = 6;
  for (std::size_t n = 1; n <= kRestarts; ++n) {
    const auto before = answered.load();
    const auto restarted = manager.module("restart", "Llm", configs[n % 2]);
    EXPECT_EQ(restarted.status, 200) << restarted.body;
    EXPECT_TRUE(eventually([&] { return answered > before + 3; }, 60s));
  }
  GenVm now(port, hello_b());
  EXPECT_EQ(now.ask(prompt("x")).text(), "first");
  enough = true;
  hosts.clear();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(text::integer_at(manager.module_status("llm"), "/takeovers"), kRestarts);
  EXPECT_EQ(text::integer_at(manager.module_status("llm"), "/restarts"), 0);
}

TEST(Manager, ASessionOutlivesTheTakeoverWithTheConfigurationItBeganWith) {
  auto first = answering("first");
  auto second = answering("second");
  const ManagerUnderTest manager;
  ASSERT_EQ(
      manager.module("start", "Llm", manager.llm_config({.backends = backends_at(first.url(""))}))
          .status,
      200);
  const auto port = manager.module_port("llm");
  GenVm old(port, hello_b());
  EXPECT_EQ(old.ask(prompt("x")).text(), "first");
  ASSERT_EQ(
      manager
          .module("restart", "Llm", manager.llm_config({.backends = backends_at(second.url(""))}))
          .status,
      200);
  EXPECT_EQ(old.ask(prompt("x")).text(), "first");
  EXPECT_EQ(GenVm(port, hello_b()).ask(prompt("x")).text(), "second");
  EXPECT_EQ(text::integer_at(manager.module_status("llm"), "/draining"), 1);
  old.ws().vanish();
  EXPECT_TRUE(eventually(
      [&] { return text::integer_at(manager.module_status("llm"), "/draining") == 0; }, 30s));
}

TEST(Manager, AModuleThatCrashesComesBackOnTheSamePort) {
  auto upstream = answering("still here");
  const ManagerUnderTest manager;
  ASSERT_EQ(
      manager
          .module("start", "Llm", manager.llm_config({.backends = backends_at(upstream.url(""))}))
          .status,
      200);
  const auto port = manager.module_port("llm");
  const auto pid = text::integer_at(manager.module_status("llm"), "/pid").value();
  ::kill(static_cast<pid_t>(pid), SIGKILL);
  EXPECT_TRUE(eventually(
      [&] { return text::integer_at(manager.module_status("llm"), "/pid").value_or(pid) != pid; },
      60s));
  EXPECT_EQ(GenVm(port, hello_b()).ask(prompt("x")).text(), "still here");
  const auto status = manager.module_status("llm");
  EXPECT_EQ(text::integer_at(status, "/restarts"), 1);
  EXPECT_NE(text::string_at(status, "/last_end/how").value_or("").find("signal 9"),
            std::string::npos);
}

TEST(Manager, UserErrorModeAnswersEveryRequestWithIt) {
  const ManagerUnderTest manager;
  ASSERT_EQ(manager.module("start", "Llm", manager.llm_config({}), ", \"user_error\": true").status,
            200);
  GenVm genvm(manager.module_port("llm"), hello_b());
  const auto reply = genvm.ask(prompt("x"));
  EXPECT_EQ(reply.outcome(), "UserError MODULE_USER_ERROR");
  EXPECT_EQ(reply.causes.size(), 1U);
  EXPECT_EQ(reply.ctx, Value::map());
}

TEST(Manager, EmptyBackendsStartOnlyWhenTheHostSaysSo) {
  const ManagerUnderTest manager;
  EXPECT_NE(manager.module("start", "Llm", manager.llm_config({})).status, 200);
  EXPECT_EQ(
      manager.module("start", "Llm", manager.llm_config({}), ", \"allow_empty_backends\": true")
          .status,
      200);
}

TEST(Manager, TheKeyIsInNoCommandLine) {
  auto upstream = answering("x");
  const ManagerUnderTest manager;
  ASSERT_EQ(
      manager
          .module("start", "Llm", manager.llm_config({.backends = backends_at(upstream.url(""))}))
          .status,
      200);
  const auto pid = text::integer_at(manager.module_status("llm"), "/pid").value();
  const auto read = test::run_program({"cat", "/proc/" + std::to_string(pid) + "/cmdline",
                                       "/proc/" + std::to_string(pid) + "/environ"});
  EXPECT_NE(read.out.find("genvm-llm"), std::string::npos);
  EXPECT_EQ(read.out.find("sk-of-the-test"), std::string::npos);
}

TEST(Manager, ChecksModelsInParallelAndRedactsKeys) {
  auto good = answering("fine");
  HttpServer bad([](const HttpServer::Request& request) {
    return HttpServer::Reply{.status = 401,
                             .body = "{\"error\": {\"message\": \"no such key " +
                                     request.header("authorization") + "\"}}"};
  });
  const ManagerUnderTest manager;
  const auto config = [](const std::string& host) {
    return "{\"host\": \"" + host +
           "\", \"provider\": \"openai-compatible\", \"model\": \"m\", \"key\": "
           "\"sk-secret-of-the-check\"}";
  };
  const auto reply =
      http_call(manager.port(), "POST", "/llm/check",
                "{\"configs\": [" + config(good.url("")) + ", " + config(bad.url("")) +
                    "], \"test_prompts\": [{\"system_message\": null, \"user_message\": \"hi\", "
                    "\"temperature\": 0.5, "
                    "\"images\": [], \"max_tokens\": 100, \"use_max_completion_tokens\": false}, "
                    "{\"user_message\": \"ho\"}]}");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto* rows = reply.json.as_array();
  ASSERT_TRUE(rows != nullptr && rows->size() == 4) << reply.body;
  for (std::size_t i = 0; i < 4; ++i) {
    const Value& row = (*rows)[i];
    EXPECT_EQ(text::integer_at(row, "/config_index"), static_cast<std::int64_t>(i / 2));
    EXPECT_EQ(text::integer_at(row, "/prompt_index"), static_cast<std::int64_t>(i % 2));
    EXPECT_EQ(*row.find("available")->as_bool(), i < 2) << reply.body;
    EXPECT_EQ(row.find("response")->is_null(), i >= 2);
    EXPECT_EQ(row.find("error")->is_null(), i < 2);
  }
  EXPECT_EQ(text::string_at((*rows)[0], "/response"), "fine");
  EXPECT_EQ(reply.body.find("sk-secret"), std::string::npos) << reply.body;
}

TEST(Manager, SetsTheLogLevelOfRunningModules) {
  auto upstream = answering("x");
  const ManagerUnderTest manager;
  ASSERT_EQ(
      manager
          .module("start", "Llm", manager.llm_config({.backends = backends_at(upstream.url(""))}))
          .status,
      200);
  const auto set = http_call(manager.port(), "POST", "/log/level", "{\"level\": \"Debug\"}");
  EXPECT_EQ(set.status, 200) << set.body;
  EXPECT_EQ(set.word("result"), "log_level_set");
  EXPECT_EQ(set.word("level"), "debug");
  EXPECT_EQ(http_call(manager.port(), "POST", "/log/level", "{\"level\": \"loud\"}").status, 400);
  EXPECT_EQ(GenVm(manager.module_port("llm"), hello_b()).ask(prompt("x")).text(), "x");
}

TEST(Manager, SurvivesWhatIsNoRequest) {
  const ManagerUnderTest manager;
  for (const char* body : {"", "[]", "{", "{\"module_type\": 1}", "{\"module_type\": \"Lua\"}",
                           "{\"module_type\": \"Llm\", \"config\": []}"})
    EXPECT_EQ(http_call(manager.port(), "POST", "/module/start", body).status, 400) << body;
  const std::string large =
      "{\"module_type\": \"Llm\", \"config\": {\"a\": \"" + std::string(10'000'000, 'x') + "\"}}";
  EXPECT_EQ(http_call(manager.port(), "POST", "/module/start", large).status, 400);
  EXPECT_EQ(http_call(manager.port(), "GET", "/module/start").status, 405);
  EXPECT_EQ(http_call(manager.port(), "GET", "/genvm/7").status, 404);
  EXPECT_EQ(http_call(manager.port(), "GET", "/nothing").status, 404);
  auto half_open = test::WireClient::tcp(manager.port());
  half_open.send("POST /module/st");
  auto no_http = test::WireClient::tcp(manager.port());
  no_http.send("\x16\x03\x01 hello\r\n\r\n");
  EXPECT_NE(no_http.read_all().find("400"), std::string::npos);
  const auto page = http_call(manager.port(), "GET", "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.head.find("text/html"), std::string::npos);
  EXPECT_EQ(
      http_call(manager.port(), "GET", "/status", "", "Origin: https://evil.example\r\n").status,
      403);
}

TEST(Manager, IsNotOpenToOthersWithoutAToken) {
  TempFolder folder;
  const auto refused =
      test::run_program({program("genvm-modules"), "manager", "--host", "0.0.0.0", "--port", "0"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("--token-file"), std::string::npos) << refused.err;
  const auto file = folder.write("token", "of the test\n");
  const ManagerUnderTest manager({"--host", "0.0.0.0", "--token-file", file});
  EXPECT_EQ(manager.status().status, 401);
  EXPECT_EQ(http_call(manager.port(), "GET", "/status", "", "Authorization: Bearer of the test\r\n")
                .status,
            200);
}

TEST(Manager, APortThatIsTakenIsSaidAndNothingChanges) {
  HttpServer other([](const HttpServer::Request&) { return HttpServer::Reply{}; });
  auto upstream = answering("x");
  const ManagerUnderTest manager;
  const auto taken = manager.module(
      "start", "Llm",
      manager.llm_config({.backends = backends_at(upstream.url("")),
                          .bind_address = "127.0.0.1:" + std::to_string(other.port())}));
  EXPECT_EQ(taken.status, 500);
  EXPECT_NE(taken.word("error").find("LISTEN_FAILED"), std::string::npos) << taken.body;
  EXPECT_EQ(
      manager
          .module("start", "Llm", manager.llm_config({.backends = backends_at(upstream.url(""))}))
          .status,
      200);
}

TEST(Manager, AModuleThatDiesAtEveryStartIsTriedAgainWithPauses) {
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
  ::kill(pid_of(manager), SIGKILL);
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

TEST(Manager, AFloodOfStartsAndStopsEndsInOrder) {
  auto upstream = answering("x");
  const ManagerUnderTest manager;
  const auto config = manager.llm_config({.backends = backends_at(upstream.url(""))});
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

TEST(Manager, EndsWithinASecondOfSigintWithItsModules) {
  auto upstream = answering("late", 20s);
  ManagerUnderTest manager;
  ASSERT_EQ(
      manager
          .module("start", "Llm", manager.llm_config({.backends = backends_at(upstream.url(""))}))
          .status,
      200);
  GenVm genvm(manager.module_port("llm"), hello_b());
  genvm.send(prompt("x"));
  ASSERT_TRUE(upstream.wait_for_requests(1, 30s));
  const auto pid =
      static_cast<pid_t>(text::integer_at(manager.module_status("llm"), "/pid").value());
  const auto began = std::chrono::steady_clock::now();
  manager.process().signal(SIGINT);
  EXPECT_EQ(manager.process().wait_exit(30s), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 1000ms * kSlowness);
  EXPECT_TRUE(test::wait_gone(pid, 5s));
}

TEST(Manager, KilledItTakesModulesWithItOrLeavesThemAsTold) {
  for (const bool die : {true, false}) {
    auto upstream = answering("x");
    TempFolder folder;
    pid_t pid = -1;
    std::uint16_t port = 0;
    {
      std::optional<ManagerUnderTest> manager;
      manager.emplace(die ? std::vector<std::string>{"--die-with-parent"}
                          : std::vector<std::string>{});
      ASSERT_EQ(manager
                    ->module("start", "Llm",
                             manager->llm_config({.backends = backends_at(upstream.url(""))}))
                    .status,
                200);
      pid = static_cast<pid_t>(text::integer_at(manager->module_status("llm"), "/pid").value());
      port = manager->module_port("llm");
      manager->process().signal(SIGKILL);
      EXPECT_EQ(manager->process().wait_exit(30s), 128 + SIGKILL);
      if (die) {
        EXPECT_TRUE(test::wait_gone(pid, 60s));
      } else {
        EXPECT_EQ(GenVm(port, hello_b()).ask(prompt("x")).text(), "x");
      }
      manager->expect_killed();
    }
    if (!die) ::kill(pid, SIGKILL);
  }
}

}  // namespace
}  // namespace gvm::e2e
