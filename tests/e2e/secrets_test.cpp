// Keys of the configuration appear nowhere, whatever an upstream sends back.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "base/encoding.h"
#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"
#include "support/paths.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;

const std::string kKey = "sk-canary-4711-abcdefghij";
const std::string kHeaderValue = "canary-header-value-0815";

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Echoes every header of the request in headers, body and (when the prompt asks for it) status.
HttpServer::Reply echo(const HttpServer::Request& request) {
  HttpServer::Reply reply;
  std::string all;
  for (const auto& [name, value] : request.headers) {
    all += name + ": " + value + "; ";
    if (name != "content-length" && name != "host")
      reply.headers.push_back({"x-echo-" + name, value});
  }
  reply.status = request.body.find("fail") != std::string::npos ? 500 : 200;
  const bool garbage = request.body.find("garbage") != std::string::npos;
  reply.body = garbage ? all : answer_for(request.target, all);
  return reply;
}

void expect_no_canary(const std::string& where, const std::string& text) {
  for (const auto& canary : {kKey, kHeaderValue, base64_encode(kKey)}) {
    const auto at = text.find(canary);
    if (at == text.npos) continue;
    ADD_FAILURE() << "a secret in " << where << ": " << text.substr(at < 200 ? 0 : at - 200, 400);
  }
}

// Passes on every detail of an error, and logs it.
constexpr std::string_view kTalkative = R"lua(
local lib = require("lib-genvm")
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local ok, answer = pcall(llm.rs.exec_prompt_in_provider, ctx, { provider = "main", model = "m",
    format = "text", prompt = { user_message = args.prompt, temperature = 0, images = {}, max_tokens = 10 } })
  lib.log { level = "info", message = "got", ok = ok, answer = answer }
  if not ok then lib.log { level = "error", message = tostring(answer) } error(answer, 0) end
  return answer
end
function ExecPromptTemplate() error("no") end
)lua";

struct Row {
  std::string provider;
  std::string key_header;
  std::string key_value;
};

void expect_silence_about_secrets(const Row& row, const std::string& script) {
  HttpServer upstream(echo);
  Module module(
      {.backends = backend({.host = upstream.url(""),
                            .provider = row.provider,
                            .more = "key: " + kKey + ", headers: {x-more: " + kHeaderValue + "}"}),
       .script = script,
       .log_level = "trace"});
  GenVm genvm(module.port());
  for (const auto* text : {"fail", "garbage", "fail garbage"}) {
    const Reply reply = genvm.ask(prompt(text));
    EXPECT_EQ(reply.kind, "FatalError");
    expect_no_canary("a reply", reply.shown);
    for (const auto& cause : reply.causes) expect_no_canary("a cause", cause);
  }
  // A model's answer belongs to the contract, whatever it contains; the log must not contain keys.
  EXPECT_TRUE(genvm.ask(prompt("echo")).ok());
  const auto sent = upstream.last_request();
  EXPECT_EQ(sent.header(row.key_header), row.key_value) << "the provider gets it";
  EXPECT_EQ(sent.header("x-more"), kHeaderValue);
  expect_no_canary("the URL", sent.target);
  expect_no_canary("metrics", module.http("/metrics"));
  expect_no_canary("health", module.http("/health"));
  expect_no_canary("the command line",
                   read("/proc/" + std::to_string(module.process().pid()) + "/cmdline"));
  genvm.ws().vanish();
  module.process().signal(SIGTERM);
  EXPECT_EQ(module.process().wait_exit(20s), 0);
  expect_no_canary("the log", module.process().out());
  expect_no_canary("standard error", module.process().err());
  EXPECT_NE(module.process().out().find("failed"), std::string::npos) << "something was logged";
}

TEST(Secrets, NeverLeaveInErrorsLogsMetricsOrTheCommandLine) {
  const Row rows[] = {{"openai-compatible", "authorization", "Bearer " + kKey},
                      {"anthropic", "x-api-key", kKey},
                      {"google", "x-goog-api-key", kKey},
                      {"ollama", "authorization", "Bearer " + kKey}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.provider);
    expect_silence_about_secrets(row, "");
    expect_silence_about_secrets(row, std::string(kTalkative));
  }
}

TEST(Secrets, APasswordInAUrlDoesNotLeaveEither) {
  const test::RefusingPort refusing;
  const std::string host = "http://user:" + kKey + "@127.0.0.1:" + std::to_string(refusing.port());
  Module module(
      {.backends = backend_at(host), .script = std::string(kTalkative), .log_level = "trace"});
  GenVm genvm(module.port());
  const Reply reply = genvm.ask(prompt("x"));
  EXPECT_EQ(reply.kind, "FatalError");
  expect_no_canary("a reply", reply.shown);
  genvm.ws().vanish();
  module.process().signal(SIGTERM);
  EXPECT_EQ(module.process().wait_exit(20s), 0);
  expect_no_canary("the log", module.process().out());
}

TEST(Secrets, ThePasswordOfTheLedgersDatabaseDoesNotLeaveWhateverItsForm) {
  const test::RefusingPort refusing;
  const auto port = std::to_string(refusing.port());
  const auto at = "@127.0.0.1:" + port + "/x";
  for (const auto& url :
       {"postgresql://u:" + kKey + at, "postgresql://u:p@" + kKey + at,
        "postgresql://u:p#" + kKey + at, "postgresql://u:p%40" + kKey + at,
        "postgresql://u:p%40" + kKey + "%zz" + at, "postgresql://u:" + kKey + "/p" + at,
        "postgresql://u:1?" + kKey + at, "host=127.0.0.1 port=" + port + " password=p@" + kKey,
        "host=127.0.0.1 port=" + port + " password=p " + kKey}) {
    TempFolder folder;
    const auto path = folder.write(
        "llm.yaml", "bind_address: 127.0.0.1:0\nlog_level: trace\nlua_script_path: " +
                        test::source_dir() + "/config/genvm-llm-default.lua\nledger: {url: \"" +
                        url + "\"}\nbackends:\n" + backend_at("http://127.0.0.1:1"));
    for (const auto& command :
         {std::vector<std::string>{program("genvm-llm"), "--config", path},
          std::vector<std::string>{program("genvm-modules"), "usage", "--config", path}}) {
      const auto result = test::run_program(command);
      // 75: the address is right, and nobody answers there.
      EXPECT_TRUE(result.exit_code == 1 || result.exit_code == 75) << url;
      EXPECT_FALSE(result.err.empty()) << url;
      expect_no_canary("the error", result.out + result.err);
    }
  }
}

TEST(Secrets, ABrokenConfigurationDoesNotShowThem) {
  TempFolder folder;
  const std::string config =
      "backends:\n  a: {host: 'http://127.0.0.1:1', provider: openai-compatible, key: " + kKey +
      ", models: {m: {}}, headers: {x-more: " + kHeaderValue + "}, timeout: banana}\n";
  const auto path = folder.write("c.yaml", config);
  for (const auto& command :
       {std::vector<std::string>{program("genvm-llm"), "--config", path},
        std::vector<std::string>{program("genvm-modules"), "check-config", path}}) {
    const auto result = test::run_program(command);
    EXPECT_EQ(result.exit_code, 1);
    expect_no_canary("the diagnostics", result.out + result.err);
  }
}

TEST(Secrets, AKeyOnTheCommandLineIsHiddenThereAndInTheResult) {
  std::string command_line;
  HttpServer upstream([&](const HttpServer::Request& request) {
    HttpServer::Reply reply = echo(request);
    reply.status = 401;
    reply.delay = 300ms;
    return reply;
  });
  test::Process check({program("genvm-modules"), "llm-check", "--host", upstream.url(""), "--model",
                       "m", "--provider", "openai-compatible", "--key", kKey});
  ASSERT_TRUE(upstream.wait_for_requests(1, 20s));
  command_line = read("/proc/" + std::to_string(check.pid()) + "/cmdline");
  EXPECT_EQ(check.wait_exit(20s), 10);
  EXPECT_NE(command_line.find("llm-check"), std::string::npos);
  expect_no_canary("the command line", command_line);
  expect_no_canary("the result", check.out() + check.err());
  EXPECT_EQ(upstream.last_request().header("authorization"), "Bearer " + kKey);
}

}  // namespace
}  // namespace gvm::e2e
