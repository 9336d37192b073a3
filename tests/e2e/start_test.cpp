// Starts that fail: all errors are reported, before an address is bound.
#include <gtest/gtest.h>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

constexpr std::string_view kScript =
    "function ExecPrompt() return { data = 'x' } end\n"
    "function ExecPromptTemplate() return { data = true } end\n";

struct Start {
  test::Finished finished;
  std::string all;  // both outputs
};

Start start(const ModuleOptions& options, std::vector<std::string> arguments = {}) {
  TempFolder folder;
  std::vector<std::string> command = {program("genvm-llm"), "--config",
                                      write_config(folder, options)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Start start{test::run_program(std::move(command)), ""};
  start.all = start.finished.out + start.finished.err;
  return start;
}

void expect_failure(const Start& start, const std::vector<std::string>& parts, int code = 1) {
  EXPECT_EQ(start.finished.exit_code, code) << start.all;
  for (const auto& part : parts)
    EXPECT_NE(start.all.find(part), std::string::npos) << part << " in\n" << start.all;
  EXPECT_EQ(start.all.find("\"ready\""), std::string::npos);
}

TEST(Start, PrintsAllErrorsOfAConfigurationInOneRun) {
  const auto result =
      start({.backends = "  a: {host: 'not a url', provider: openai, models: [m]}\n",
             .more = "theads: 3\nvm_count: many\nserve: {idle_timeout: 5x}\n"});
  expect_failure(result, {"config.yaml:", "theads", "threads", "vm_count", "idle_timeout",
                          "backends.a.host", "backends.a.provider"});
}

TEST(Start, SaysWhenThereIsNoConfiguration) {
  const auto result = test::run_program({program("genvm-llm"), "--config", "/nonexistent/x.yaml"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("/nonexistent/x.yaml"), std::string::npos) << result.err;
}

TEST(Start, SaysWhenTheScriptIsMissing) {
  TempFolder folder;
  std::string config =
      "bind_address: 127.0.0.1:0\nlua_script_path: /nonexistent/script.lua\nbackends:\n" +
      backend_at("http://127.0.0.1:1");
  const auto result =
      test::run_program({program("genvm-llm"), "--config", folder.write("c.yaml", config)});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("/nonexistent/script.lua"), std::string::npos) << result.err;
}

TEST(Start, NamesFileAndLineOfABrokenScript) {
  const auto backends = backend_at("http://127.0.0.1:1");
  expect_failure(
      start({.backends = backends, .script = "local a = 1\n\nfunction ExecPrompt( return end\n"}),
      {"script.lua:3:"});
  expect_failure(start({.backends = backends, .script = "local x = 1\nerror('at the top')\n"}),
                 {"script.lua:2:", "at the top"});
  expect_failure(start({.backends = backends, .script = "require('no-such-library')\n"}),
                 {"script.lua:1", "no-such-library"});
  expect_failure(start({.backends = backends, .script = "while true do end\n"}), {"script.lua"});
}

TEST(Start, RefusesAScriptWithoutItsEntryPoints) {
  const auto backends = backend_at("http://127.0.0.1:1");
  expect_failure(start({.backends = backends, .script = "function ExecPromptTemplate() end\n"}),
                 {"script.lua", "ExecPrompt"});
  expect_failure(start({.backends = backends, .script = "function ExecPrompt() end\n"}),
                 {"script.lua", "ExecPromptTemplate"});
}

TEST(Start, RefusesABusyPort) {
  Module running({.backends = backend_at("http://127.0.0.1:1")});
  const auto result = start({.backends = backend_at("http://127.0.0.1:1"),
                             .bind_address = "127.0.0.1:" + std::to_string(running.port())});
  expect_failure(result, {"LISTEN_FAILED", std::to_string(running.port())}, 75);
  EXPECT_TRUE(running.http("/health").starts_with("HTTP/1.1 200")) << "the first one is unharmed";
}

TEST(Start, NeedsABackend) {
  // Without a key, without models, disabled: dropped with a warning each.
  const std::string backends =
      backend({.name = "keyless", .host = "https://api.example.com"}) +
      backend({.name = "empty", .host = "http://127.0.0.1:1", .models = "{}"}) +
      backend({.name = "off", .host = "http://127.0.0.1:1", .more = "enabled: false"});
  expect_failure(start({.backends = backends}), {"backend", "--allow-empty-backends"});
  expect_failure(start({}), {"backend"});
}

TEST(Start, MayHaveNoBackendWhenAllowed) {
  Module module({.backends = backend({.name = "keyless", .host = "https://api.example.com"}),
                 .arguments = {"--allow-empty-backends"}});
  EXPECT_NE(module.process().out().find("keyless"), std::string::npos) << "a warning names it";
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("x")).outcome(), "FatalError NO_PROVIDER_FOR_PROMPT");
}

TEST(Start, TakesKeysFromTheEnvironment) {
  test::HttpServer upstream([](const test::HttpServer::Request&) {
    return test::HttpServer::Reply{.body = openai_answer("x")};
  });
  Module module(
      {.backends = backend({.host = upstream.url(""), .more = "key: '${ENV[GVM_E2E_KEY]}'"}),
       .environment = {"GVM_E2E_KEY=from-the-environment"}});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "x");
  EXPECT_EQ(upstream.last_request().header("authorization"), "Bearer from-the-environment");
}

TEST(Start, EveryLogLineIsOneJsonObject) {
  Module module({.backends = backend_at("http://127.0.0.1:1"),
                 .script = "require('lib-genvm').log{level='info', message='line\\nbreak'}\n" +
                           std::string(kScript),
                 .log_level = "trace"});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "x");
  const std::string out = module.process().out();
  std::size_t begin = 0, lines = 0;
  for (auto end = out.find('\n'); end != out.npos; end = out.find('\n', begin)) {
    const std::string line = out.substr(begin, end - begin);
    EXPECT_TRUE(line.starts_with("{\"time\":") && line.ends_with("}")) << line;
    begin = end + 1;
    ++lines;
  }
  EXPECT_GE(lines, 1u);
}

}  // namespace
}  // namespace gvm::e2e
