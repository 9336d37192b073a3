// `genvm-modules check-config` and `llm-check`.
#include <gtest/gtest.h>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/certificate.h"
#include "support/http_server.h"
#include "support/paths.h"

namespace gvm::e2e {
namespace {

using test::Finished;
using test::HttpServer;
using Behaviour = HttpServer::Behaviour;

Finished check_config(const std::string& path) {
  return test::run_program({program("genvm-modules"), "check-config", path});
}

TEST(CheckConfig, AcceptsTheShippedFiles) {
  for (const auto* file : {"genvm-module-llm.yaml", "genvm-module-web.yaml"}) {
    const auto result = check_config((test::source_dir() + "/config/") + file);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_NE(result.out.find("a valid configuration"), std::string::npos) << result.out;
  }
}

TEST(CheckConfig, SaysEverythingThatIsWrongWithLineAndColumn) {
  const TempFolder folder;
  const auto path = folder.write("bad.yaml",
                                 "bind_adress: 127.0.0.1:1\n"
                                 "threads: 0\n"
                                 "backends:\n"
                                 "  a:\n"
                                 "    host: http://127.0.0.1:1\n"
                                 "    provider: anthropc\n"
                                 "    models: {m: {supports_json: perhaps}}\n"
                                 "meta: {anything: goes}\n");
  const auto result = check_config(path);
  EXPECT_EQ(result.exit_code, 1);
  for (const auto* part : {"bad.yaml:1:1: bind_adress", "bind_address", "bad.yaml:2:10: threads",
                           "bad.yaml:6:15: backends.a.provider", "anthropic",
                           "bad.yaml:7:", "supports_json", "4 errors"}) {
    EXPECT_NE(result.err.find(part), std::string::npos) << part << " in\n" << result.err;
  }
  EXPECT_EQ(result.err.find("anything"), std::string::npos) << "meta is free";
}

TEST(CheckConfig, SaysWhenAFileIsNoYamlOrIsNotThere) {
  const TempFolder folder;
  EXPECT_EQ(check_config(folder.write("a.yaml", "a: [1, 2\nb: }\n")).exit_code, 1);
  EXPECT_EQ(check_config(folder.write("b.yaml", std::string("\0\1\2", 3))).exit_code, 1);
  const auto absent = check_config("/nonexistent.yaml");
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_NE(absent.err.find("/nonexistent.yaml"), std::string::npos);
}

TEST(CheckConfig, FindsAScriptAndACaFileThatCannotBeRead) {
  const TempFolder folder;
  const auto base = "backends:\n" + backend_at("http://127.0.0.1:1");
  const auto missing =
      check_config(folder.write("a.yaml", base + "lua_script_path: /nonexistent/script.lua\n"));
  EXPECT_EQ(missing.exit_code, 1);
  for (const std::string part :
       {"lua_script_path", "/nonexistent/script.lua", "No such file or directory"})
    EXPECT_NE(missing.err.find(part), std::string::npos) << missing.err;
  const auto a_folder =
      check_config(folder.write("b.yaml", base + "http: {ca_file: " + test::source_dir() +
                                              "}\nlua_script_path: " + test::source_dir() +
                                              "/config/genvm-llm-default.lua\n"));
  EXPECT_EQ(a_folder.exit_code, 1);
  for (const std::string part : {"http.ca_file", "Is a directory", "1 error\n"})
    EXPECT_NE(a_folder.err.find(part), std::string::npos) << a_folder.err;
}

std::string with_script(const TempFolder& folder, const std::string& name,
                        const std::string& script) {
  return folder.write(name + ".yaml",
                      "backends:\n" + backend_at("http://127.0.0.1:1") +
                          "lua_path: " + folder.file("?.lua") +
                          "\nlua_script_path: " + folder.write(name + ".lua", script) + "\n");
}

struct ScriptFault {
  std::string name;
  std::string script;
  std::vector<std::string> parts;  // of what is told
};

const std::string kBothEntries = "function ExecPrompt() end\nfunction ExecPromptTemplate() end\n";

std::vector<ScriptFault> script_faults() {
  return {
      {"syntax", "local a = 1\nlocal b = = 2\n", {"syntax.lua:2:", "unexpected symbol"}},
      {"runtime", "local a\nlocal b = a.field\n", {"runtime.lua:2:", "nil value (local 'a')"}},
      {"entry", "function ExecPrompt() end\n", {"defines no function ExecPromptTemplate"}},
      {"library", "require('no-such')\n" + kBothEntries, {"library.lua:1:", "'no-such' not found"}},
      {"own", "require('faulty')\n" + kBothEntries, {"faulty.lua:2:", "expected"}},
      {"endless", "while true do end\n", {"endless.lua: ", "SCRIPT_CPU_LIMIT"}},
      {"greedy",
       "local t = {} while true do t[#t + 1] = ('x'):rep(2^20) end",
       {"SCRIPT_MEMORY_LIMIT"}},
      {"waits", "require('lib-genvm').rs.sleep_seconds(1)\n" + kBothEntries, {"waits.lua:1"}},
      {"sandbox", "os.execute('true')\n" + kBothEntries, {"sandbox.lua:1:", "'execute'"}},
      {"web", "require('lib-web')\n" + kBothEntries, {"web.lua:1:", "'lib-web' not found"}},
      {"binary", "\x1bLua" + kBothEntries, {"binary.lua", "binary chunk"}},
      {"typed",
       "require('lib-genvm').rs.user_error{causes = {'MINE'}, fatal = true}",
       {"typed.lua:1: ", "MINE"}},
  };
}

TEST(CheckConfig, SaysWhatOfTheScriptWouldStopTheStart) {
  const TempFolder folder;
  folder.write("faulty.lua", "local function\n");
  for (const auto& row : script_faults()) {
    const auto result = check_config(with_script(folder, row.name, row.script));
    EXPECT_EQ(result.exit_code, 1) << row.name << result.out;
    auto parts = row.parts;
    parts.insert(parts.end(), {row.name + ".yaml: lua_script_path: ", "1 error\n"});
    for (const auto& part : parts)
      EXPECT_NE(result.err.find(part), std::string::npos) << part << " in\n" << result.err;
  }
}

TEST(CheckConfig, JudgesAScriptAsTheStartDoes) {
  const TempFolder folder;
  folder.write("faulty.lua", "local function\n");
  for (const auto& row : script_faults()) {
    const auto path = with_script(folder, row.name, row.script);
    const auto started = test::run_program({program("genvm-llm"), "--config", path});
    EXPECT_EQ(started.exit_code, 1) << row.name << started.out;
    for (const auto& part : row.parts)
      EXPECT_NE(started.err.find(part), std::string::npos) << part << " in\n" << started.err;
  }
}

TEST(CheckConfig, JudgesTheScriptOfTheWebModule) {
  const TempFolder folder;
  const auto check = [&](const std::string& script) {
    return check_config(
        folder.write("web.yaml", "lua_script_path: " + folder.write("web.lua", script)));
  };
  const auto lacks = check("function Request() end\n");
  EXPECT_EQ(lacks.exit_code, 1);
  EXPECT_NE(lacks.err.find("defines no function Render"), std::string::npos) << lacks.err;
  const auto fails = check("local web = require('lib-web')\nweb.rs.nosuch('x')\n");
  EXPECT_EQ(fails.exit_code, 1);
  EXPECT_NE(fails.err.find("web.lua:2: "), std::string::npos) << fails.err;
  const auto good = check("function Request() end\nfunction Render() end\n");
  EXPECT_EQ(good.exit_code, 0) << good.err;
}

TEST(CheckConfig, FindsThatNoBackendCanEverBeUsed) {
  const TempFolder folder;
  const std::string script =
      "lua_script_path: " + test::source_dir() + "/config/genvm-llm-default.lua\n";
  for (const std::string backends :
       {"backends: {}\n", "backends: {a: {host: 'http://e.com', provider: google, models: {}}}\n",
        "backends: {a: {host: 'http://e.com', provider: google, key: '', models: {m: {}}}}\n"}) {
    const auto result = check_config(folder.write("llm.yaml", script + backends));
    EXPECT_EQ(result.exit_code, 1) << backends << result.out;
    EXPECT_NE(result.err.find("backend"), std::string::npos) << result.err;
  }
  const auto keyless = check_config(folder.write(
      "llm.yaml", script + "backends: {a: {host: 'http://e.com', provider: google, key: "
                           "'${ENV[NO_SUCH_KEY]}', models: {m: {}}}}\n"));
  EXPECT_EQ(keyless.exit_code, 0) << keyless.err;
  EXPECT_NE(keyless.out.find("NO_SUCH_KEY is not set"), std::string::npos) << keyless.out;
  EXPECT_NE(keyless.out.find("would not start"), std::string::npos) << keyless.out;
}

TEST(CheckConfig, KeysWithoutAKeyAreEnough) {
  const TempFolder folder;
  const auto result = check_config(folder.write(
      "llm.yaml",
      "lua_script_path: " + test::source_dir() +
          "/config/genvm-llm-default.lua\nbackends: {a: {host: 'http://e.com', provider: google, "
          "keys: [first-key, second-key], models: {m: {}}}}\n"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out.find("dropped"), std::string::npos) << result.out;
}

TEST(CheckConfig, ReadsThePriceCatalogueThatTheConfigurationNames) {
  const TempFolder folder;
  const auto prices = folder.file("prices.yaml");
  const auto path = write_config(folder, {.backends = backend_at("http://127.0.0.1:1"),
                                          .more = "pricing: {file: \"" + prices + "\"}\n"});
  const auto absent = check_config(path);
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_NE(absent.err.find(prices), std::string::npos) << absent.err;

  folder.write("prices.yaml", "models:\n  - {model: m, input: 3, output: -1}\n  - {model: n}\n");
  const auto faulty = check_config(path);
  EXPECT_EQ(faulty.exit_code, 1);
  for (const std::string part : {":2:34: models[0].output", ":3:", "errors"})
    EXPECT_NE(faulty.err.find(part), std::string::npos) << part << " in\n" << faulty.err;
  EXPECT_NE(faulty.err.find(prices + ":2:"), std::string::npos) << faulty.err;

  folder.write("prices.yaml", "models:\n  - {model: m, input: 3, output: 15}\n");
  const auto good = check_config(path);
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_NE(good.out.find(prices + ": a valid price catalogue"), std::string::npos) << good.out;
  EXPECT_EQ(good.out.find("none of the configured models"), std::string::npos) << good.out;

  folder.write("prices.yaml", "models:\n  - {model: somebody-else, input: 3, output: 15}\n");
  const auto useless = check_config(path);
  EXPECT_EQ(useless.exit_code, 0) << useless.err;
  EXPECT_NE(useless.out.find("none of the configured models"), std::string::npos) << useless.out;
}

struct Check {
  std::string host;
  std::string provider = "openai-compatible";
  std::vector<std::string> more = {};
};

Finished llm_check(const Check& check) {
  std::vector<std::string> command = {program("genvm-modules"),
                                      "llm-check",
                                      "--host",
                                      check.host,
                                      "--model",
                                      "m",
                                      "--provider",
                                      check.provider,
                                      "--key",
                                      "env:GVM_E2E_KEY"};
  command.insert(command.end(), check.more.begin(), check.more.end());
  return test::run_program(std::move(command), {.environment = {"GVM_E2E_KEY=the-key"}});
}

void expect_check(const Finished& finished, int code, const std::string& part) {
  EXPECT_EQ(finished.exit_code, code) << finished.out << finished.err;
  const std::string all = finished.out + finished.err;
  EXPECT_NE(all.find(part), std::string::npos) << all;
}

TEST(LlmCheck, WorksWithEveryProvider) {
  HttpServer upstream([](const HttpServer::Request& request) {
    return HttpServer::Reply{.body = answer_for(request.target, "Ok.")};
  });
  const std::pair<const char*, const char*> headers[] = {{"openai-compatible", "Bearer the-key"},
                                                         {"anthropic", "the-key"},
                                                         {"google", "the-key"},
                                                         {"ollama", "Bearer the-key"}};
  for (const auto& [provider, value] : headers) {
    expect_check(llm_check({upstream.url(""), provider}), 0, "11 tokens in, 5 out");
    const auto sent = upstream.last_request();
    const std::string name = std::string(provider) == "anthropic" ? "x-api-key"
                             : std::string(provider) == "google"  ? "x-goog-api-key"
                                                                  : "authorization";
    EXPECT_EQ(sent.header(name), value) << provider;
  }
}

TEST(LlmCheck, TellsWhatIsWrong) {
  struct Row {
    HttpServer::Reply reply;
    int code;
    std::string part;
  };
  const Row rows[] = {
      {{.status = 401, .body = R"({"error":{"message":"Incorrect API key"}})"}, 10, "wrong key"},
      {{.status = 403, .body = "forbidden"}, 10, "wrong key"},
      {{.status = 404, .body = R"({"error":{"message":"The model `m` does not exist"}})"},
       11,
       "wrong model"},
      {{.status = 400, .body = R"({"error":{"message":"m is not a valid model ID"}})"},
       11,
       "wrong model"},
      {{.status = 404, .body = "<h1>Not Found</h1>"}, 12, "wrong URL"},
      {{.status = 301, .headers = {{"location", "/x"}}}, 12, "redirects"},
      {{.body = "<html>a login page</html>"}, 12, "wrong URL or provider"},
      {{.body = openai_answer("I cannot do that.")}, 14, "I cannot do that."},
      {{.status = 429, .body = "slow down"}, 15, "overloaded"},
      {{.status = 500, .body = "boom"}, 17, "500"},
      {{.behaviour = Behaviour::cut}, 17, "connection"},
  };
  for (const auto& row : rows) {
    HttpServer upstream([&](const HttpServer::Request&) { return row.reply; });
    expect_check(llm_check({upstream.url("")}), row.code, row.part);
  }
}

TEST(LlmCheck, TellsWhenNobodyIsThere) {
  const test::RefusingPort refusing;
  expect_check(llm_check({refusing.url("")}), 12, "wrong URL");
  expect_check(llm_check({"http://no-such-host.invalid"}), 12, "wrong URL");
}

TEST(LlmCheck, TellsWhenNothingComesInTime) {
  HttpServer upstream(
      [](const HttpServer::Request&) { return HttpServer::Reply{.behaviour = Behaviour::hang}; });
  expect_check(llm_check({upstream.url(""), "anthropic", {"--timeout", "0.4"}}), 16,
               "no answer in time");
}

TEST(LlmCheck, TellsTlsTrouble) {
  const auto authority = test::make_authority("nobody's authority");
  const auto certificate = test::make_certificate(authority, "localhost");
  HttpServer upstream(
      [](const HttpServer::Request&) { return HttpServer::Reply{.body = openai_answer("ok")}; },
      {.certificate_pem = certificate.pem, .key_pem = certificate.key_pem});
  expect_check(llm_check({upstream.url("")}), 13, "TLS trouble");
  HttpServer plain([](const HttpServer::Request&) { return HttpServer::Reply{}; });
  expect_check(llm_check({"https://127.0.0.1:" + std::to_string(plain.port())}), 13, "TLS trouble");
}

}  // namespace
}  // namespace gvm::e2e
