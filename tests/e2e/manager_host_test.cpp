// The manager in the places that hosts give it: below a GENVMROOT as GenLayer Studio starts it, in
// front of the manager that runs executors, and beside executors.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <filesystem>

#include "base/json.h"
#include "e2e/genvm.h"
#include "e2e/manager.h"
#include "support/http_server.h"
#include "support/wire_client.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

namespace fs = std::filesystem;
using test::HttpServer;

// Reads a YAML file as a host does, changes keys and sends it as JSON.
std::string changed_file(const std::string& file, const std::string& changes) {
  const auto made = test::run_program({"python3", "-c",
                                       "import json, sys, yaml\n"
                                       "config = yaml.safe_load(open(sys.argv[1]))\n"
                                       "config.update(json.loads(sys.argv[2]))\n"
                                       "print(json.dumps(config))\n",
                                       file, changes});
  return made.exit_code == 0 ? made.out : std::string();
}

TEST(ManagerUnderStudio, ChangesValidatorsWhilePromptsRun) {
  auto slow = answering("the old validator", 1500ms);
  auto fast = answering("the new validator");
  ManagerUnderTest manager({"--die-with-parent"}, ManagerUnderTest::Root::own);
  const auto file = manager.root().file("config/genvm-module-llm.yaml");
  const auto config = [&](const HttpServer& host) {
    return changed_file(file, "{\"bind_address\": \"127.0.0.1:0\", \"threads\": 1, \"backends\": " +
                                  backends_at(host) + "}");
  };
  const auto first = config(slow);
  if (first.empty()) GTEST_SKIP() << "no python3 with yaml";
  // As Studio does at its start: stop what may run, then start both.
  EXPECT_EQ(manager.module("stop", "Llm").word("result"), "module_not_running");
  const auto started = manager.module("start", "Llm", first);
  ASSERT_EQ(started.word("result"), "module_started") << started.body;
  const auto web =
      changed_file(manager.root().file("config/genvm-module-web.yaml"),
                   "{\"bind_address\": \"127.0.0.1:0\", \"threads\": 1, \"webdriver_host\": "
                   "\"http://127.0.0.1:1\"}");
  const auto web_started = manager.module("start", "Web", web);
  ASSERT_EQ(web_started.word("result"), "module_started") << web_started.body;

  GenVm genvm(manager.module_port("llm"), hello_b());
  genvm.send(prompt("x"));
  ASSERT_TRUE(slow.wait_for_requests(1, 30s));
  const auto changed = manager.module("restart", "Llm", config(fast));
  EXPECT_EQ(changed.word("result"), "module_restarted") << changed.body;
  EXPECT_EQ(GenVm(manager.module_port("llm"), hello_b()).ask(prompt("x")).text(),
            "the new validator");
  EXPECT_EQ(genvm.receive().text(), "the old validator") << "the running prompt is answered";

  const auto checked = http_call(
      manager.port(), "POST", "/llm/check",
      "{\"configs\": [{\"host\": \"" + fast.url("") +
          "\", \"provider\": \"openai-compatible\", \"model\": \"m\", \"key\": \"${ENV[HOME]}\"}], "
          "\"test_prompts\": [{\"user_message\": \"hi\"}]}");
  EXPECT_EQ(checked.status, 200) << checked.body;
  EXPECT_EQ(text::string_at(checked.json, "/0/response"), "the new validator") << checked.body;

  // A validator is taken away: stop and start.
  EXPECT_EQ(manager.module("stop", "Llm").word("result"), "module_stopped");
  EXPECT_EQ(manager.module("start", "Llm", config(fast)).word("result"), "module_started");
  EXPECT_EQ(manager.status().word("web_module"), "running");
}

// As a node may: with every option of the field's manager, at a Unix socket in a new folder.
TEST(ManagerUnderStudio, TakesTheOptionsOfTheFieldsManager) {
  const TempFolder folder;
  const auto socket = folder.file("new/manager.sock");
  test::Process manager({program("genvm-modules"), "manager", "--socket", socket, "--config",
                         "/nowhere/genvm-manager.yaml", "--manifest-path", "/nowhere/manifest.yaml",
                         "--die-with-parent"});
  ASSERT_TRUE(manager.wait_for_line("\"message\":\"ready\"", 60s)) << manager.err();
  auto client = test::WireClient::unix_socket(socket);
  client.send("GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_NE(client.read_all().find("\"llm_module\":\"stopped\""), std::string::npos);
  manager.signal(SIGINT);
  EXPECT_EQ(manager.wait_exit(30s), 0);
}

TEST(ManagerUnderStudio, NullIsTheDefaultFile) {
  ManagerUnderTest manager({}, ManagerUnderTest::Root::own);
  const auto text =
      "bind_address: 127.0.0.1:0\nthreads: 1\nlua_script_path: "
      "${exeDir}/../config/genvm-llm-default.lua\nbackends: {}\n";
  (void)manager.root().write("config/genvm-module-llm.yaml", text);
  const auto refused = manager.module("start", "Llm");
  EXPECT_EQ(refused.status, 400) << refused.body;
  EXPECT_NE(refused.word("error").find("genvm-module-llm.yaml:4"), std::string::npos)
      << refused.body;
  EXPECT_EQ(manager.module("start", "Llm", "null", ", \"allow_empty_backends\": true").status, 200);
}

// As hosts do that keep their keys to themselves until they start a module.
TEST(ManagerUnderStudio, VariablesOfTheHostAreFilledInFromTheNextStartOn) {
  std::atomic<int> first = 0, second = 0;
  HttpServer upstream([&](const HttpServer::Request& request) {
    const auto key = request.header("authorization");
    first += key == "Bearer sk-first" ? 1 : 0;
    second += key == "Bearer sk-second" ? 1 : 0;
    return HttpServer::Reply{.body = openai_answer("paid")};
  });
  const ManagerUnderTest manager;
  const auto set = [&](const std::string& value) {
    return http_call(manager.port(), "POST", "/env",
                     R"({"key": "GVM_TEST_HOSTS_KEY", "value": ")" + value + "\"}");
  };
  const auto backends = "{\"main\": {\"host\": \"" + upstream.url("") +
                        "\", \"provider\": \"openai-compatible\", \"key\": "
                        "\"${ENV[GVM_TEST_HOSTS_KEY]}\", \"models\": {\"m\": {}}}}";
  const auto config = manager.llm_config({.backends = backends});
  const auto answer = set("sk-first");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.word("result"), "env_var_set");
  EXPECT_EQ(answer.word("key"), "GVM_TEST_HOSTS_KEY");
  EXPECT_EQ(answer.body.find("sk-first"), std::string::npos);
  ASSERT_EQ(manager.module("start", "Llm", config).status, 200);
  const auto ask = [&] {
    return GenVm(manager.module_port("llm"), hello_b()).ask(prompt("x")).text();
  };
  EXPECT_EQ(ask(), "paid");
  EXPECT_EQ(set("sk-second").status, 200);
  EXPECT_EQ(ask(), "paid");
  EXPECT_EQ(first, 2) << "a module keeps what it has read";
  ASSERT_EQ(manager.module("restart", "Llm", config).status, 200);
  EXPECT_EQ(ask(), "paid");
  EXPECT_EQ(second, 1);
  for (const char* bad : {"{}", R"({"key": "A=B", "value": "x"})", R"({"key": "", "value": "x"})",
                          R"({"key": "A", "value": 1})", R"({"key": "1A", "value": "x"})"})
    EXPECT_EQ(http_call(manager.port(), "POST", "/env", bad).status, 400) << bad;
}

TEST(ManagerBudgets, AreKeptOverTakeovers) {
  auto upstream = answering("paid", 100ms);
  const ManagerUnderTest manager;
  const auto config = manager.llm_config(
      {.backends = backends_at(upstream),
       .more = ", \"budgets\": {\"all\": {\"window\": \"day\", \"requests\": 6}}"});
  const auto started = manager.module("start", "Llm", config);
  ASSERT_EQ(started.status, 200) << started.body;
  const auto port = manager.module_port("llm");
  int paid = 0;
  std::vector<std::unique_ptr<GenVm>> sessions;  // each stays with the process it began with
  for (int n = 0; n < 3; ++n) {
    sessions.push_back(std::make_unique<GenVm>(port, hello_b()));
    paid += sessions.back()->ask(prompt("x")).ok() ? 1 : 0;
    const auto restarted = manager.module("restart", "Llm", config);
    ASSERT_EQ(restarted.status, 200) << restarted.body;
  }
  sessions.push_back(std::make_unique<GenVm>(port, hello_b()));
  for (auto& session : sessions) session->send(prompt("x"));
  for (auto& session : sessions) paid += session->receive().ok() ? 1 : 0;
  EXPECT_EQ(paid, 6) << "four processes at once spend from one budget";
  EXPECT_EQ(upstream.request_count(), 6U);
}

TEST(ManagerBreakers, AreHandedOver) {
  HttpServer broken(
      [](const HttpServer::Request&) { return HttpServer::Reply{.status = 500, .body = "{}"}; });
  auto good = answering("from the other");
  const ManagerUnderTest manager;
  const auto at = [&](const std::string& name, const HttpServer& server, int priority) {
    return "\"" + name + "\": {\"host\": \"" + server.url("") +
           "\", \"provider\": \"openai-compatible\", \"key\": \"sk-of-the-test\", \"priority\": " +
           std::to_string(priority) + ", \"models\": {\"m\": {}}}";
  };
  const auto config = manager.llm_config(
      {.backends = "{" + at("broken", broken, 9) + ", " + at("good", good, 1) + "}",
       .more = ", \"routing\": {\"breaker\": {\"failures\": 1, \"open\": \"10m\", \"longest\": "
               "\"10m\"}}"});
  const auto started = manager.module("start", "Llm", config);
  ASSERT_EQ(started.status, 200) << started.body;
  const auto port = manager.module_port("llm");
  EXPECT_EQ(GenVm(port, hello_b()).ask(prompt("x")).text(), "from the other");
  const auto before = broken.request_count();
  EXPECT_GE(before, 1U);
  ASSERT_EQ(manager.module("restart", "Llm", config).status, 200);
  EXPECT_EQ(GenVm(port, hello_b()).ask(prompt("x")).text(), "from the other");
  EXPECT_EQ(broken.request_count(), before) << "the new process knows that it is broken";
}

TEST(ManagerExecutions, PassesOnWhatIsNotAboutModules) {
  HttpServer theirs([](const HttpServer::Request& request) {
    if (request.target == "/status")
      return HttpServer::Reply{.body =
                                   "{\"permits\": {\"max\": 8}, \"executions\": {\"7\": "
                                   "\"running\"}, \"llm_module\": \"theirs\"}"};
    return HttpServer::Reply{.status = 202,
                             .headers = {{"x-of-theirs", "1"}},
                             .body = request.method + " " + request.target + " " + request.body,
                             .behaviour = HttpServer::Behaviour::close_after};
  });
  const ManagerUnderTest manager({"--executions", theirs.url("")});
  const auto run = http_call(manager.port(), "POST", "/genvm/run?x=1", "{\"code\": 1}");
  EXPECT_EQ(run.status, 202);
  EXPECT_EQ(run.body, "POST /genvm/run?x=1 {\"code\": 1}");
  EXPECT_NE(run.head.find("x-of-theirs"), std::string::npos);
  EXPECT_EQ(http_call(manager.port(), "DELETE", "/genvm/7").status, 202);
  EXPECT_EQ(http_call(manager.port(), "GET", "/vm-error/describe").status, 202);
  EXPECT_EQ(http_call(manager.port(), "GET", "/genvmish").status, 404);
  const auto status = manager.status();
  EXPECT_EQ(text::integer_at(status.json, "/permits/max"), 8);
  EXPECT_EQ(text::string_at(status.json, "/executions/7"), "running");
  EXPECT_EQ(status.word("llm_module"), "stopped") << "modules are ours";
}

TEST(ManagerExecutions, SaysThatTheOtherManagerIsGone) {
  const ManagerUnderTest manager({"--executions", "http://127.0.0.1:1"});
  const auto run = http_call(manager.port(), "POST", "/genvm/run", "{}");
  EXPECT_EQ(run.status, 500);
  EXPECT_NE(run.word("error").find("--executions"), std::string::npos);
  EXPECT_EQ(manager.status().status, 200);
  EXPECT_FALSE(manager.status().word("executions_error").empty());
}

// The WebSocket of another module stands in for the other manager's.
TEST(ManagerExecutions, PassesOnWebSockets) {
  const Module other({.script = "function ExecPrompt(_, args) return { data = args.prompt } end\n"
                                "function ExecPromptTemplate() return { data = true } end\n",
                      .arguments = {"--allow-empty-backends"}});
  const ManagerUnderTest manager(
      {"--executions", "http://127.0.0.1:" + std::to_string(other.port())});
  auto client = test::WireClient::tcp(manager.port());
  client.send(
      "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  std::string head;
  while (!head.ends_with("\r\n\r\n")) head += client.read_exactly(1);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
  constexpr unsigned char kBinary = 0x82;
  client.send_ws_frame(kBinary, encode(hello_b()));
  client.send_ws_frame(kBinary, encode(prompt("through")));
  const auto start = client.read_exactly(2);
  const auto reply = client.read_exactly(static_cast<unsigned char>(start[1]));
  EXPECT_EQ(parse_reply(reply).text(), "through");
  client.close();
  EXPECT_TRUE(other.wait_for_sessions(0, 10s)) << "the other side learns of the end";
}

TEST(AttachExecutor, PutsConnectionsInPlaceOfTheDescriptors) {
  const ManagerUnderTest manager;
  const auto script = manager.root().write(
      "script.lua",
      "function ExecPrompt(_, args) return { data = 'to ' .. args.prompt } end\n"
      "function ExecPromptTemplate() return { data = true } end\n");
  const auto config = manager.llm_config({.script = script});
  ASSERT_EQ(manager.module("start", "Llm", config, ", \"allow_empty_backends\": true").status, 200);
  // A stand-in executor: says hello and asks on the descriptor that it was given, in the
  // length-prefixed framing, and prints the answer's bytes.
  const auto frames = manager.root().file("frames");
  const auto framed = [](const std::string& text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    std::string out;
    for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(size >> shift & 0xFF);
    return out + text;
  };
  (void)manager.root().write("frames", framed(encode(hello_c())) + framed(encode(prompt("me"))));
  const auto run = test::run_program(
      {program("genvm-modules"), "attach-executor", "--manager",
       "http://127.0.0.1:" + std::to_string(manager.port()), "python3", "-c",
       "import os, struct, sys\n"
       "fd = int([a for a in sys.argv if a.startswith('--module-llm=fd://')][0].split('//')[1])\n"
       "os.write(fd, open(sys.argv[1], 'rb').read())\n"
       "size = struct.unpack('>I', os.read(fd, 4))[0]\n"
       "print(os.read(fd, size).decode('latin1'), sys.argv[3:])\n",
       frames, "--module-llm=fd://99", "--other", "-x"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("to me"), std::string::npos) << run.out << run.err;
  EXPECT_NE(run.out.find("['--other', '-x']"), std::string::npos) << run.out;
  const auto lost = test::run_program({program("genvm-modules"), "attach-executor", "--manager",
                                       "http://127.0.0.1:" + std::to_string(manager.port()), "true",
                                       "--module-web", "fd://4"});
  EXPECT_EQ(lost.exit_code, 4);
  EXPECT_NE(lost.err.find("web module does not run"), std::string::npos) << lost.err;
}

// Trees as installations of the three generations have them.
class DoctorOf : public testing::Test {
 protected:
  void file(const std::string& name, std::string_view text) const {
    fs::create_directories(fs::path(root_.file(name)).parent_path());
    (void)root_.write(name, text);
  }
  test::Finished look() const {
    return test::run_program({program("genvm-modules"), "doctor", "--genvm-root", root_.file("")});
  }
  void expect_says(const std::vector<const char*>& parts) const {
    const auto result = look();
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    for (const char* part : parts)
      EXPECT_NE(result.out.find(part), std::string::npos) << part << "\n" << result.out;
  }
  static constexpr const char* kBackends =
      "backends:\n  main: {host: 'https://api.example.com', provider: openai-compatible, key: "
      "'${ENV[NOT_SET_HERE]}', models: {m: {supports_json: true}}}\n";

  TempFolder root_;
};

TEST_F(DoctorOf, GenerationA) {
  file("config/genvm-module-llm.yaml", std::string("bind_address: 127.0.0.1:3031\nlua_script_path: "
                                                   "${genvmRoot}/scripts/genvm-llm-default.lua\n") +
                                           kBackends);
  file("config/genvm-module-web.yaml",
       "bind_address: 127.0.0.1:3032\nwebdriver_host: http://127.0.0.1:4444\nlua_script_path: "
       "${genvmRoot}/scripts/genvm-web-default.lua\n");
  file("scripts/genvm-llm-default.lua", "");
  file("scripts/genvm-web-default.lua", "");
  expect_says({"there is no bin/genvm-modules", "127.0.0.1:3031", "NOT_SET_HERE",
               "webdriver_host http://127.0.0.1:4444", "The modules would start here."});
}

TEST_F(DoctorOf, GenerationB) {
  file("bin/genvm-modules", "theirs");
  file("executor/v0.2.16/bin/genvm", "theirs");
  file("config/genvm-manager.yaml", "manifest_path: ${exeDir}/../data/manifest.yaml\n");
  file("lib/genvm-lua/lib-genvm.lua", "");
  const std::string common =
      "vm_count: 6\nlua_path: ${exeDir}/../lib/genvm-lua/?.lua\nthreads: 4\nblocking_threads: 16\n"
      "log_disable: tracing*,polling*\n";
  file("config/genvm-llm-default.lua", "");
  file("config/genvm-web-default.lua", "");
  file("config/genvm-module-llm.yaml",
       common + "lua_script_path: ${exeDir}/../config/genvm-llm-default.lua\ntimeout: 3m\n" +
           kBackends);
  file("config/genvm-module-web.yaml",
       common +
           "lua_script_path: ${exeDir}/../config/genvm-web-default.lua\nwebdriver_host: "
           "http://127.0.0.1:4444\nsigner_url: \"#{signerUrl}\"\nsigner_headers: {}\n"
           "render_service: {bind_address: 127.0.0.1:4444}\n");
  expect_says({"replace bin/genvm-modules", "executor/v0.2.16", "about executors",
               "is searched before the libraries that ship", "offered at http://127.0.0.1:4444"});
}

TEST_F(DoctorOf, GenerationC) {
  file("bin/genvm-modules", "theirs");
  file("executor/v0.3.0/bin/genvm", "theirs");
  file("executor/v0.3.1/bin/genvm", "theirs");
  file("config/genvm-llm-default.lua", "local sqlite3 = require('lsqlite3')");
  file("config/genvm-module-llm.yaml",
       std::string("bind_address: null\ndata_dir: ${exeDir}/../data\nlua_path: "
                   "${exeDir}/../lib/none/?.lua\nlua_script_path: "
                   "${exeDir}/../config/genvm-llm-default.lua\n") +
           kBackends);
  expect_says({"executor/v0.3.0", "executor/v0.3.1", "a Unix socket that the manager chooses",
               "so the libraries that ship are used", "is made at the first start",
               "there is none: the web module cannot start by it"});
}

TEST(Doctor, SaysWhatWouldChange) {
  const TempFolder root;
  fs::create_directories(root.file("bin"));
  fs::create_directories(root.file("config"));
  fs::create_directories(root.file("executor/v0.2.16"));
  (void)root.write("bin/genvm-modules", "theirs");
  (void)root.write("config/script.lua", "");
  const std::string common =
      "lua_script_path: ${genvmRoot}/config/script.lua\nsomething_of_theirs: 1\n";
  (void)root.write("config/genvm-module-llm.yaml",
                   common +
                       "backends:\n  main: {host: 'https://api.example.com', provider: "
                       "openai-compatible, key: '${ENV[NOT_SET_HERE]}', models: {m: {}}}\n");
  (void)root.write("config/genvm-module-web.yaml",
                   common + "webdriver_host: http://127.0.0.1:4444\n");
  const auto doctor = [&] {
    return test::run_program({program("genvm-modules"), "doctor", "--genvm-root", root.file("")});
  };
  const auto fine = doctor();
  EXPECT_EQ(fine.exit_code, 0) << fine.out;
  for (const char* part : {"replace bin/genvm-modules", "executor/v0.2.16", "something_of_theirs",
                           "NOT_SET_HERE", "webdriver_host http://127.0.0.1:4444"})
    EXPECT_NE(fine.out.find(part), std::string::npos) << part << "\n" << fine.out;
  (void)root.write("config/genvm-module-llm.yaml", "backends: 4\nlua_script_path: /nowhere\n");
  const auto broken = doctor();
  EXPECT_EQ(broken.exit_code, 1);
  EXPECT_NE(broken.out.find("genvm-module-llm.yaml:1"), std::string::npos) << broken.out;
}

}  // namespace
}  // namespace gvm::e2e
