// The manager as hosts drive it: its calls, and restarts that lose nothing.
#include "e2e/manager.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <thread>

#include "e2e/genvm.h"
#include "support/http_server.h"
#include "support/wire_client.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;

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

  const auto config = manager.llm_config({.backends = backends_at(upstream)});
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
  EXPECT_EQ(manager.count("llm", "takeovers"), 1);
  EXPECT_EQ(manager.count("llm", "restarts"), 0)
      << "nobody was there, so the old process ended at once";
  EXPECT_TRUE(text::at(manager.module_status("llm"), "/last_end")->is_null());
  GenVm genvm(port, hello_b());
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "one");
  EXPECT_EQ(manager.module("stop", "llm").word("result"), "module_stopped");
  EXPECT_EQ(manager.status().word("llm_module"), "stopped");
  EXPECT_EQ(manager.module("restart", "Llm", config).word("result"), "module_restarted");
}

TEST(Manager, ABadConfigurationIsRefusedWithEveryErrorAndTheOldOneStays) {
  const RunningLlm llm("old");
  const auto port = llm.port();
  GenVm genvm(port, hello_b());
  std::string backends = backends_at(llm.upstream, ", \"timeout\": \"soon\"");
  const std::string host = llm.upstream.url("");
  backends.replace(backends.find(host), host.size(), "no url");
  const auto bad =
      llm.manager.llm_config({.backends = std::move(backends), .more = ", \"vm_count\": -1"});
  const auto refused = llm.restart(bad);
  EXPECT_TRUE(refused.status == 400 || refused.status == 500) << refused.status;
  for (const char* key : {"vm_count", "backends.main.host", "backends.main.timeout"})
    EXPECT_NE(refused.word("error").find(key), std::string::npos) << refused.body;
  EXPECT_EQ(refused.body.find("sk-of-the-test"), std::string::npos);
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "old");
  EXPECT_EQ(GenVm(port, hello_b()).ask(prompt("x")).text(), "old");
  EXPECT_EQ(llm.manager.count("llm", "takeovers"), 0);
}

// The manager opens the socket, so it reads the address before the module reads the rest.
TEST(Manager, AnAddressThatCannotBeReadHidesNoOtherFault) {
  const RunningLlm llm("old");
  for (const char* address : {"nowhere", "unix://relative", "fd://x", "127.0.0.1:99999"}) {
    const auto bad =
        llm.manager.llm_config({.backends = backends_at(llm.upstream, ", \"timeout\": \"soon\""),
                                .bind_address = address,
                                .more = ", \"vm_count\": -1"});
    const auto refused = llm.restart(bad);
    EXPECT_EQ(refused.status, 400) << refused.body;
    for (const char* key : {"bind_address", "vm_count", "backends.main.timeout"})
      EXPECT_NE(refused.word("error").find(key), std::string::npos) << refused.body;
  }
  const auto number = llm.manager.module(
      "start", "Web", R"({"bind_address": 5, "threads": "many", "extra_tld": 7})");
  EXPECT_EQ(number.status, 400) << number.body;
  for (const char* key : {"bind_address", "threads", "extra_tld"})
    EXPECT_NE(number.word("error").find(key), std::string::npos) << number.body;
  EXPECT_EQ(llm.ask(), "old");
  EXPECT_EQ(llm.manager.count("llm", "takeovers"), 0);
}

TEST(Manager, AFlagThatIsNoTruthValueIsRefused) {
  const ManagerUnderTest manager;
  for (const char* key : {"allow_empty_backends", "user_error"}) {
    for (const char* value : {"\"true\"", "1", "[]", "{}"}) {
      const auto flag = std::string(", \"") + key + "\": " + value;
      const auto refused = manager.module("start", "Llm", manager.llm_config({}), flag);
      EXPECT_EQ(refused.status, 400) << flag;
      EXPECT_NE(refused.word("error").find(key), std::string::npos) << refused.body;
    }
  }
  const auto nulls = ", \"allow_empty_backends\": true, \"user_error\": null";
  EXPECT_EQ(manager.module("start", "Llm", manager.llm_config({}), nulls).status, 200);
  EXPECT_FALSE(*text::at(manager.module_status("llm"), "/user_error")->as_bool());
}

// GVM_RESTARTS=1000 is the figure of the issue; bench/restart_figures.py measures the times.
int restarts_wanted() {
  constexpr int kUsual = 20;
  const char* wanted = std::getenv("GVM_RESTARTS");       // NOLINT(concurrency-mt-unsafe)
  return wanted == nullptr ? kUsual : std::atoi(wanted);  // NOLINT(cert-err34-c): a tester's
}

TEST(Manager, NoPromptIsLostByRestartsUnderLoad) {
  const RunningLlm llm("first", 20ms);
  auto second = answering("second", 20ms);
  const std::array configs = {llm.config,
                              llm.manager.llm_config({.backends = backends_at(second)})};
  const auto port = llm.port();
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
  const int restarts = restarts_wanted();
  for (int n = 1; n <= restarts; ++n) {
    const auto before = answered.load();
    const auto restarted = llm.restart(configs[static_cast<std::size_t>(n) % 2]);
    EXPECT_EQ(restarted.status, 200) << restarted.body;
    EXPECT_TRUE(eventually([&] { return answered > before + 3; }, 60s));
  }
  EXPECT_EQ(llm.ask(), restarts % 2 == 0 ? "first" : "second");
  enough = true;
  hosts.clear();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(llm.manager.count("llm", "takeovers"), restarts);
  EXPECT_EQ(llm.manager.count("llm", "restarts"), 0);
}

TEST(Manager, ASessionOutlivesTheTakeoverWithTheConfigurationItBeganWith) {
  const RunningLlm llm("first");
  auto second = answering("second");
  const auto port = llm.port();
  GenVm old(port, hello_b());
  EXPECT_EQ(old.ask(prompt("x")).text(), "first");
  ASSERT_EQ(llm.restart(llm.manager.llm_config({.backends = backends_at(second)})).status, 200);
  EXPECT_EQ(old.ask(prompt("x")).text(), "first");
  EXPECT_EQ(GenVm(port, hello_b()).ask(prompt("x")).text(), "second");
  EXPECT_EQ(llm.manager.count("llm", "draining"), 1);
  old.ws().vanish();
  EXPECT_TRUE(eventually([&] { return llm.manager.count("llm", "draining") == 0; }, 30s));
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
  const RunningLlm llm;
  const auto folder = "/proc/" + std::to_string(llm.pid());
  const auto read = test::run_program({"cat", folder + "/cmdline", folder + "/environ"});
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

// Studio asks about all its models at once: one that is set up wrongly is told as one that is down.
TEST(Manager, AConfigThatCanBeAskedNothingLeavesTheOthersAsked) {
  auto good = answering("fine");
  const ManagerUnderTest manager;
  const auto config = [](const std::string& host, const char* provider, const char* key) {
    return R"({"model": "m", "host": ")" + host + R"(", "provider": ")" + provider +
           R"(", "key": ")" + key + "\"}";
  };
  const auto reply =
      http_call(manager.port(), "POST", "/llm/check",
                "{\"configs\": [" + config(good.url(""), "none-of-ours", "k") + ", " +
                    config(good.url(""), "openai-compatible", "${NO_VARIABLE}") + ", {}, 7, " +
                    config("no url", "openai-compatible", "k") + ", " +
                    config(good.url(""), "openai-compatible", "${ENV[GVM_TEST_NOT_SET]}") +
                    "], \"test_prompts\": [{\"user_message\": \"hi\"}]}");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto* rows = reply.json.as_array();
  ASSERT_TRUE(rows != nullptr && rows->size() == 6) << reply.body;
  for (const auto& [at, word] :
       std::vector<std::pair<std::size_t, std::string>>{{0, "none-of-ours"},
                                                        {1, "NO_VARIABLE"},
                                                        {2, "configs[2].host"},
                                                        {3, "configs[3].host"},
                                                        {4, "URL"}}) {
    EXPECT_EQ(*(*rows)[at].find("available"), Value::boolean(false)) << reply.body;
    EXPECT_TRUE((*rows)[at].find("response")->is_null());
    EXPECT_NE(text::string_at((*rows)[at], "/error").value_or("").find(word), std::string::npos)
        << reply.body;
  }
  EXPECT_EQ(text::string_at((*rows)[5], "/response"), "fine") << reply.body;
  EXPECT_EQ(
      http_call(manager.port(), "POST", "/llm/check", R"({"configs": [], "test_prompts": [{}]})")
          .status,
      400)
      << "the host's own prompts";
}

TEST(Manager, SetsTheLogLevelOfRunningModules) {
  const RunningLlm llm;
  const auto port = llm.manager.port();
  const auto set = http_call(port, "POST", "/log/level", "{\"level\": \"Debug\"}");
  EXPECT_EQ(set.status, 200) << set.body;
  EXPECT_EQ(set.word("result"), "log_level_set");
  EXPECT_EQ(set.word("level"), "debug");
  EXPECT_EQ(http_call(port, "POST", "/log/level", "{\"level\": \"loud\"}").status, 400);
  EXPECT_EQ(llm.ask(), "x");
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
  EXPECT_NE(page.head.find("Content-Security-Policy: default-src 'none'"), std::string::npos);
  for (const auto* file : {"/status.css", "/page.js", "/manager.js"})
    EXPECT_EQ(http_call(manager.port(), "GET", file).status, 200) << file;
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

}  // namespace
}  // namespace gvm::e2e
