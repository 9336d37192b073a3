// Who watches the real programs: `serve.admin_address`, `serve.admin_token`, and the manager's
// options of the same names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <deque>
#include <filesystem>
#include <random>
#include <regex>
#include <thread>

#include "e2e/genvm.h"
#include "e2e/manager.h"
#include "e2e/module.h"
#include "e2e/neighbour.h"
#include "e2e/web.h"
#include "support/http_server.h"
#include "support/paths.h"
#include "support/wire_client.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using test::WireClient;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kToken = "canary-token-of-who-watches";
const std::string kAdmin =
    "serve: {admin_address: '127.0.0.1:0', admin_token: '" + std::string(kToken) + "'}\n";

HttpServer answering_fine() {
  return HttpServer([body = openai_answer("fine")](const HttpServer::Request&) {
    return HttpServer::Reply{.body = body};
  });
}

// From the log line "ready" of a module, or from another line.
std::uint16_t port_after(const std::string& line, const std::string& key) {
  std::smatch found;
  const std::regex address("\"" + key + "\":\"[^\"]*:([0-9]+)\"");
  if (!std::regex_search(line, found, address)) throw std::runtime_error("no port: " + line);
  return static_cast<std::uint16_t>(std::stoi(found[1]));
}

std::uint16_t admin_port(Module& module) {
  const auto ready = module.process().wait_for_line("\"message\":\"ready\"", 1s);
  return port_after(ready.value_or(""), "admin_address");
}

std::string ask(std::uint16_t port, const std::string& path, const std::string& headers = {},
                const std::string& host = "localhost") {
  auto client = WireClient::tcp(port);
  client.send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n");
  return client.read_all();
}

std::string bearer(std::string_view token) {
  return "Authorization: Bearer " + std::string(token) + "\r\n";
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(AdminAddress, OfBothModulesIsForWhoWatchesAndTheOtherForSessions) {
  HttpServer upstream = answering_fine();
  ModuleOptions web = web_options();
  web.more += kAdmin;
  for (const auto& options :
       {ModuleOptions{.backends = backend_at(upstream.url("")), .more = kAdmin}, web}) {
    Module module(options);
    const auto port = admin_port(module);
    for (const auto* path : {"/", "/metrics", "/status/config", "/status/problems"}) {
      EXPECT_THAT(ask(port, path), StartsWith("HTTP/1.1 200 ")) << path;
      EXPECT_THAT(module.http(path), StartsWith("HTTP/1.1 404 ")) << path;
    }
    EXPECT_THAT(ask(port, "/metrics", bearer(kToken), "node.example"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(ask(port, "/metrics", {}, "node.example"), StartsWith("HTTP/1.1 401 "));
    EXPECT_THAT(ask(port, "/status/config"), Not(HasSubstr("canary")));
    EXPECT_THAT(module.http("/health"),
                AllOf(StartsWith("HTTP/1.1 200 "), Not(HasSubstr("details"))));
    if (options.program != "genvm-llm") continue;
    EXPECT_EQ(GenVm(module.port()).ask(prompt("x")).text(), "fine");
  }
}

TEST(AdminAddress, ThatCannotBeTakenEndsTheStart) {
  const test::HttpServer holder = answering_fine();
  const TempFolder folder;
  const auto config = write_config(
      folder,
      {.backends = backend_at(holder.url("")),
       .more = "serve: {admin_address: '127.0.0.1:" + std::to_string(holder.port()) + "'}\n"});
  const auto ended = test::run_program({program("genvm-llm"), "--config", config});
  EXPECT_EQ(ended.exit_code, 75) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("LISTEN_FAILED"));
}

TEST(AdminToken, WrongOnesInALoopAreRefusedCountedAndLoggedOnce) {
  HttpServer upstream = answering_fine();
  Module module({.backends = backend_at(upstream.url("")), .more = kAdmin});
  const auto port = admin_port(module);
  Neighbour neighbour(module.port());
  constexpr int kGuesses = 300;
  for (int i = 0; i < kGuesses; ++i)
    EXPECT_THAT(ask(port, "/metrics", bearer("canary-guess-" + std::to_string(i)), "node.example"),
                StartsWith("HTTP/1.1 401 "));
  neighbour.expect_on_time();
  EXPECT_THAT(ask(port, "/metrics"),
              HasSubstr("genvm_serve_refused_total{limit=\"admin_token\"} 300\n"));
  EXPECT_EQ(count_of(module.process().out(), "watching refused"), 1U);
  EXPECT_THAT(module.process().out(), Not(HasSubstr("canary"))) << "neither the token nor a guess";
}

TEST(AdminToken, IsShownByTop) {
  HttpServer upstream = answering_fine();
  Module module({.backends = backend_at(upstream.url("")), .more = kAdmin});
  const auto url = "http://127.0.0.1:" + std::to_string(admin_port(module));
  const auto top = [&](const std::string& token) {
    return test::run_program(
        {program("genvm-modules"), "top", "--once", "--url", url, "--token", token},
        {.environment = {"ADMIN_TOKEN=" + std::string(kToken)}});
  };
  const auto shown = top("env:ADMIN_TOKEN");
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("genvm-llm"));
  const auto refused = top("another-token-that-is-wrong");
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("this is not the admin token"));
  EXPECT_EQ(top("env:NOT_SET_ANYWHERE").exit_code, 64);
}

// Sessions, scrapes, and people who mean ill, at both addresses.
TEST(BadWatchers, AThousandHalfOpenConnectionsAtEachAddressDelayNoSession) {
  HttpServer upstream = answering_fine();
  Module module({.backends = backend_at(upstream.url("")), .more = kAdmin});
  const auto port = admin_port(module);
  Neighbour neighbour(module.port());
  std::deque<WireClient> half_open;
  for (int i = 0; i < 1'000; ++i)
    for (const auto to : {port, module.port()}) {
      half_open.push_back(WireClient::tcp(to));
      if (i % 3 == 0) (void)half_open.back().send_what_fits("GET /metrics HTT", 10ms);
      if (i % 3 == 1) (void)half_open.back().send_what_fits(std::string(3, '\0'), 10ms);
    }
  for (int i = 0; i < 50; ++i) EXPECT_THAT(ask(port, "/metrics"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask(port, "/metrics", "X: " + std::string(40'000, 'x') + "\r\n"),
              StartsWith("HTTP/1.1 431 "));
  neighbour.expect_on_time();
  EXPECT_EQ(count_of(module.process().out(), "\"level\":\"error\""), 0U);
}

// ---------------------------------------------------------------- under the manager

constexpr const char* kChromium = "/usr/bin/chromium";

struct WatchedManager {
  WatchedManager()
      : token(folder.write("token", std::string(kToken) + "\n")),
        manager({"--admin-address", "127.0.0.1:0", "--admin-token-file", token}) {
    const auto line = manager.process().wait_for_line("the admin address is open", 1s);
    port = port_after(line.value_or(""), "address");
  }
  TempFolder folder;
  std::string token;
  ManagerUnderTest manager;
  std::uint16_t port = 0;
};

TEST(ManagerAdminAddress, ShowsThePageAndTheStatusAndStartsNothing) {
  WatchedManager watched;
  const auto call = [&](std::string_view method, std::string_view path,
                        const std::string& headers = {}) {
    return http_call(watched.port, method, path, "", headers).status;
  };
  for (const auto* path : {"/", "/status", "/manager.js"}) EXPECT_EQ(call("GET", path), 200);
  for (const auto* path : {"/module/start", "/env", "/log/level", "/llm/check", "/genvm/1"})
    for (const auto& headers : {std::string(), bearer(kToken)})
      EXPECT_EQ(call("POST", path, headers), 404) << path;
  EXPECT_EQ(call("POST", "/status"), 405);
  const std::string elsewhere = "X-Forwarded-For: 192.0.2.1\r\n";
  EXPECT_EQ(call("GET", "/", elsewhere), 200) << "the page asks for the token";
  EXPECT_EQ(call("GET", "/status", elsewhere), 401);
  EXPECT_EQ(call("GET", "/status", elsewhere + bearer(kToken)), 200);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(call("GET", "/status", bearer("guess-" + std::to_string(i))), 401);
  const auto log = watched.manager.process().out();
  EXPECT_EQ(count_of(log, "this is not the admin token"), 1U);
}

TEST(ManagerAdminAddress, IsNotOpenToOthersWithoutAToken) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--admin-address", "0.0.0.0:0"},
        {"--admin-address", "nowhere"},
        {"--admin-address", "fd://3"}}) {
    std::vector<std::string> command{program("genvm-modules"), "manager", "--port", "0"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const auto refused = test::run_program(command);
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("--admin-")) << arguments.back();
  }
}

// The address of who watches a module goes to the process that takes over.
TEST(ManagerAdminAddress, OfAModuleOutlivesATakeover) {
  const auto upstream = answering("x");
  const ManagerUnderTest manager;
  const auto held = []() {
    const test::HttpServer free = answering_fine();
    return free.port();
  }();
  const auto address = "127.0.0.1:" + std::to_string(held);
  const auto config =
      manager.llm_config({.backends = backends_at(upstream),
                          .more = ", \"serve\": {\"admin_address\": \"" + address + "\"}"});
  ASSERT_EQ(manager.module("start", "Llm", config).status, 200);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(ask(held, "/metrics"), StartsWith("HTTP/1.1 200 ")) << i;
    const auto restarted = manager.module("restart", "Llm", config);
    EXPECT_EQ(restarted.word("result"), "module_restarted") << restarted.body;
  }
  EXPECT_THAT(ask(held, "/health"), HasSubstr("details"));
  EXPECT_EQ(manager.count("llm", "takeovers"), 3);
  const auto llm = manager.module_status("llm");
  const auto* shown = llm.find("admin_address");
  EXPECT_EQ(shown == nullptr ? "" : shown->as_string().value_or(""), address);
}

// ---------------------------------------------------------------- in a browser on another machine

class PageWithToken : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kChromium)) GTEST_SKIP() << "chromium is not installed";
  }
  // What tests/foreign/page_with_token.py saw.
  test::Finished visit(std::uint16_t port) const {
    return test::run_program(
        {"python3", test::source_dir() + "/tests/foreign/page_with_token.py",
         "http://node.example:" + std::to_string(port) + "/", "node.example",
         profile_.file("profile"), "canary-token-that-is-wrong", std::string(kToken)},
        {}, 180s);
  }
  TempFolder profile_;
};

TEST_F(PageWithToken, OfAModuleAsksForItAndKeepsItInTheTab) {
  HttpServer upstream = answering_fine();
  Module module({.backends = backend_at(upstream.url("")), .more = kAdmin});
  const auto seen = visit(admin_port(module));
  EXPECT_EQ(seen.exit_code, 0) << seen.out << seen.err;
  EXPECT_THAT(seen.out,
              AllOf(HasSubstr("before: ! The admin token is needed"),
                    HasSubstr("wrong: ! This is not the admin token"), HasSubstr("cookies: ''"),
                    Not(HasSubstr(kToken)), HasSubstr("forgotten: ! The admin token is needed")));
  for (const auto* when : {"right: ", "reloaded: "})
    EXPECT_THAT(seen.out, HasSubstr(std::string(when) + "! 1 wrong admin tokens were shown"));
}

TEST_F(PageWithToken, OfTheManagerDoesSoToo) {
  const WatchedManager watched;
  const auto seen = visit(watched.port);
  EXPECT_EQ(seen.exit_code, 0) << seen.out << seen.err;
  EXPECT_THAT(seen.out, AllOf(HasSubstr("before: ! The admin token is needed"),
                              HasSubstr("right: ! No module runs"), HasSubstr("cookies: ''")));
}

}  // namespace
}  // namespace gvm::e2e
