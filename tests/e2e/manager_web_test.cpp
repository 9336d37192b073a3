// The web module under the manager: takeovers, the rendering service's socket, and browsers that
// fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "e2e/manager.h"
#include "e2e/web.h"
#include "support/held_port.h"
#include "support/http_server.h"
#include "support/process_tree.h"
#include "support/wire_client.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using testing::HasSubstr;

HttpServer::Reply site(const HttpServer::Request&) {
  return {.headers = {{"Content-Type", "text/html"}},
          .body = "<h1>Prices</h1>",
          .delay = std::chrono::milliseconds(5)};
}

constexpr const char* kWithoutBrowser = ", \"browser\": {\"engine\": \"http\"}";

std::string further_at(const test::HeldPort& port) {
  return std::string(kWithoutBrowser) + ", \"render_service\": {\"bind_address\": \"" +
         port.address() + "\"}";
}

TEST(ManagerWeb, NoRequestIsLostByTakeovers) {
  HttpServer server(site);
  const ManagerUnderTest manager;
  const auto config = manager.web_config(kWithoutBrowser);
  const auto started = manager.module("start", "Web", config);
  ASSERT_EQ(started.word("result"), "module_started") << started.body;
  const auto port = manager.module_port("web");
  GenVm old(port, hello_b());
  EXPECT_EQ(page_text(old.ask(render(server.url()))), "Prices");
  std::atomic<bool> enough = false;
  std::atomic<int> answered = 0;
  std::atomic<int> failed = 0;
  std::vector<std::jthread> hosts;
  for (int i = 0; i < 3; ++i) {
    hosts.emplace_back([&, i] {
      while (!enough) {
        GenVm genvm(port, hello_b());
        for (int n = 0; n <= i && !enough; ++n)
          ++(status_of(genvm.ask(get(server.url()))) == 200 ? answered : failed);
      }
    });
  }
  constexpr int kTakeovers = 5;
  for (int n = 0; n < kTakeovers; ++n) {
    const auto before = answered.load();
    const auto restarted = manager.module("restart", "Web", config);
    EXPECT_EQ(restarted.word("result"), "module_restarted") << restarted.body;
    EXPECT_TRUE(eventually([&] { return answered > before + 3; }, 60s));
  }
  enough = true;
  hosts.clear();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(manager.module_port("web"), port);
  EXPECT_EQ(manager.count("web", "takeovers"), kTakeovers);
  EXPECT_EQ(manager.count("web", "restarts"), 0);
  EXPECT_EQ(page_text(old.ask(render(server.url()))), "Prices") << "with the first process";
}

TEST(ManagerWeb, TheRenderingServicesSocketGoesOverToo) {
  HttpServer server(site);
  const test::HeldPort further;
  const ManagerUnderTest manager;
  const auto config = manager.web_config(further_at(further));
  const auto started = manager.module("start", "Web", config);
  ASSERT_EQ(started.word("result"), "module_started") << started.body;
  std::atomic<bool> enough = false;
  std::atomic<int> answered = 0;
  std::atomic<int> failed = 0;
  std::jthread asking([&] {
    while (!enough) {
      try {
        auto client = test::WireClient::tcp(further.number());
        client.send("GET /render?url=" + server.url() + " HTTP/1.1\r\nHost: x\r\n\r\n");
        ++(client.read_all().find("Prices") != std::string::npos ? answered : failed);
      } catch (const std::exception&) {
        ++failed;
      }
    }
  });
  for (int n = 0; n < 4; ++n) {
    const auto before = answered.load();
    EXPECT_EQ(manager.module("restart", "Web", config).word("result"), "module_restarted");
    EXPECT_TRUE(eventually([&] { return answered > before + 2; }, 60s));
  }
  enough = true;
  asking.join();
  EXPECT_EQ(failed, 0);
}

TEST(ManagerWeb, ARenderingServiceMayBeAddedMovedAndTakenAway) {
  const test::HeldPort first, second;
  const ManagerUnderTest manager;
  const auto answers = [](const test::HeldPort& port) {
    try {
      auto client = test::WireClient::tcp(port.number());
      client.send("GET /healthcheck HTTP/1.1\r\nHost: x\r\n\r\n");
      return client.read_all().starts_with("HTTP/1.1 200");
    } catch (const std::exception&) {
      return false;
    }
  };
  const auto restart = [&](const std::string& more) {
    const auto reply = manager.module("restart", "Web", manager.web_config(more));
    EXPECT_EQ(reply.word("result"), "module_restarted") << reply.body;
  };
  restart(kWithoutBrowser);
  EXPECT_FALSE(answers(first));
  restart(further_at(first));
  EXPECT_TRUE(answers(first));
  restart(further_at(second));
  EXPECT_TRUE(answers(second));
  EXPECT_FALSE(answers(first));
  restart(kWithoutBrowser);
  EXPECT_FALSE(answers(second));
}

TEST(ManagerWeb, BothProcessesOfATakeoverHaveBrowsers) {
  HttpServer server(site);
  const ManagerUnderTest manager;
  const auto started = manager.module("start", "Web", manager.web_config());
  ASSERT_EQ(started.word("result"), "module_started") << started.body;
  GenVm old(manager.module_port("web"), hello_b());
  EXPECT_EQ(page_text(old.ask(render(server.url()))), "Prices");
  const auto restarted = manager.module("restart", "Web", manager.web_config());
  ASSERT_EQ(restarted.word("result"), "module_restarted") << restarted.body;
  EXPECT_EQ(page_text(GenVm(manager.module_port("web"), hello_b()).ask(render(server.url()))),
            "Prices");
  EXPECT_EQ(page_text(old.ask(render(server.url()))), "Prices") << "its browsers are still there";
}

TEST(ManagerWeb, ABrowserThatCannotStartIsRefusedAndTheOldModuleStays) {
  HttpServer server(site);
  const ManagerUnderTest manager;
  const auto started = manager.module("start", "Web", manager.web_config(kWithoutBrowser));
  ASSERT_EQ(started.word("result"), "module_started") << started.body;
  const auto refused = manager.module(
      "restart", "Web", manager.web_config(", \"browser\": {\"chromium\": \"/nowhere/chromium\"}"));
  EXPECT_TRUE(refused.status == 400 || refused.status == 500) << refused.body;
  EXPECT_THAT(refused.body, HasSubstr("CREATING_SESSION"));
  GenVm genvm(manager.module_port("web"), hello_b());
  EXPECT_EQ(page_text(genvm.ask(render(server.url()))), "Prices");
  EXPECT_EQ(manager.count("web", "takeovers"), 0);
}

TEST(ManagerWeb, BrowsersThatCrashAgainAndAgainEndNoModule) {
  HttpServer server(site);
  ManagerUnderTest manager;
  const auto started = manager.module("start", "Web", manager.web_config());
  ASSERT_EQ(started.word("result"), "module_started") << started.body;
  const auto pid = manager.module_pid("web");
  GenVm genvm(manager.module_port("web"), hello_b());
  for (int n = 0; n < 4; ++n) {
    for (const pid_t browser : test::with_command(test::process_tree(pid), "chrom"))
      ::kill(browser, SIGKILL);
    const auto reply = genvm.ask(render(server.url()));
    const auto outcome = reply.outcome();
    EXPECT_TRUE(outcome == "Ok" || outcome == "UserError WEBPAGE_LOAD_FAILED" ||
                outcome == "FatalError CREATING_SESSION" || outcome == "FatalError BROWSER_COMMAND")
        << reply.shown;
  }
  EXPECT_TRUE(eventually([&] { return genvm.ask(render(server.url())).ok(); }, 60s));
  EXPECT_EQ(manager.module_pid("web"), pid);
  EXPECT_EQ(manager.count("web", "restarts"), 0);
}

}  // namespace
}  // namespace gvm::e2e
