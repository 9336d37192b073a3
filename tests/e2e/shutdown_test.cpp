// How the module ends: on a signal, on a second signal, and with its parent.
#include <gtest/gtest.h>

#include <csignal>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"
#include "support/wire_client.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;

constexpr std::chrono::milliseconds kPrompt = 3000ms * kSlowness;

HttpServer answering_after(std::chrono::milliseconds delay) {
  return HttpServer([delay](const HttpServer::Request&) {
    return HttpServer::Reply{.body = openai_answer("in the end"), .delay = delay};
  });
}

TEST(Shutdown, ARunningRequestIsAnsweredBeforeTheEnd) {
  HttpServer upstream = answering_after(1000ms);
  for (const int signal : {SIGTERM, SIGINT}) {
    const std::size_t before = upstream.request_count();
    Module module({.backends = backend_at(upstream.url(""))});
    GenVm idle(module.port());
    GenVm genvm(module.port());
    EXPECT_TRUE(module.wait_for_sessions(2));
    genvm.send(prompt("x"));
    ASSERT_TRUE(upstream.wait_for_requests(before + 1, 20s));
    module.process().signal(signal);
    EXPECT_EQ(idle.ws().receive_close(), 1001) << "who waits is sent away at once";
    EXPECT_EQ(genvm.receive().text(), "in the end");
    EXPECT_EQ(genvm.ws().receive_close(), 1001);
    EXPECT_EQ(module.process().wait_exit(kPrompt), 0);
  }
}

TEST(Shutdown, AnIdleModuleEndsAtOnce) {
  HttpServer upstream = answering_after(0ms);
  Module module({.backends = backend_at(upstream.url(""))});
  module.process().signal(SIGTERM);
  EXPECT_EQ(module.process().wait_exit(kPrompt), 0);
  EXPECT_NE(module.process().out().find("\"shut down\""), std::string::npos);
}

TEST(Shutdown, ATerminalThatGoesAwayDoesNotEndTheModule) {
  HttpServer upstream = answering_after(0ms);
  Module module({.backends = backend_at(upstream.url(""))});
  for (int i = 0; i < 2; ++i) {
    module.process().signal(SIGHUP);
    GenVm genvm(module.port());
    EXPECT_EQ(genvm.ask(prompt("x")).text(), "in the end");
  }
  EXPECT_TRUE(module.process().wait_for_line("\"reloaded\"", 30s));
  module.process().signal(SIGTERM);
  EXPECT_EQ(module.process().wait_exit(kPrompt), 0);
}

TEST(Shutdown, NobodyNewIsLetInMeanwhile) {
  HttpServer upstream = answering_after(1500ms);
  Module module({.backends = backend_at(upstream.url(""))});
  GenVm genvm(module.port());
  genvm.send(prompt("x"));
  ASSERT_TRUE(upstream.wait_for_requests(1, 20s));
  module.process().signal(SIGTERM);
  ASSERT_TRUE(module.process().wait_for_line("shutting down", 10s));
  EXPECT_TRUE(eventually(
      [&] {
        try {
          GenVm late(module.port());
          return false;
        } catch (const std::exception&) {
          return true;
        }
      },
      5s));
  EXPECT_EQ(genvm.receive().text(), "in the end");
}

TEST(Shutdown, TheGracePeriodIsNotExceeded) {
  HttpServer upstream([](const HttpServer::Request&) {
    return HttpServer::Reply{.behaviour = HttpServer::Behaviour::hang};
  });
  Module module(
      {.backends = backend_at(upstream.url("")), .more = "serve: {shutdown_grace: 300ms}\n"});
  GenVm genvm(module.port());
  genvm.send(prompt("x"));
  ASSERT_TRUE(upstream.wait_for_requests(1, 20s));
  module.process().signal(SIGTERM);
  EXPECT_EQ(genvm.ws().receive_close(), 1001);
  EXPECT_EQ(module.process().wait_exit(300ms + kPrompt), 0);
}

TEST(Shutdown, ASecondSignalEndsAtOnce) {
  HttpServer upstream([](const HttpServer::Request&) {
    return HttpServer::Reply{.behaviour = HttpServer::Behaviour::hang};
  });
  Module module({.backends = backend_at(upstream.url(""))});
  GenVm genvm(module.port());
  genvm.send(prompt("x"));
  ASSERT_TRUE(upstream.wait_for_requests(1, 20s));
  module.process().signal(SIGTERM);
  ASSERT_TRUE(module.process().wait_for_line("shutting down", 10s));
  EXPECT_EQ(module.process().wait_exit(200ms), std::nullopt) << "the grace period is 30 s";
  module.process().signal(SIGTERM);
  EXPECT_EQ(module.process().wait_exit(kPrompt), 128 + SIGTERM);
}

TEST(Shutdown, TeardownRunsForOpenSessions) {
  HttpServer upstream([](const HttpServer::Request& request) {
    return HttpServer::Reply{.body = request.target == "/end" ? "ok" : openai_answer("x")};
  });
  const std::string script = R"lua(
local lib = require("lib-genvm")
local llm = require("lib-llm")
function ExecPrompt() return { data = "x" } end
function ExecPromptTemplate() return { data = true } end
function Teardown(ctx)
  lib.rs.request(ctx, { method = "GET", url = llm.rs.meta, headers = {} })
end
)lua";
  Module module({.backends = backend_at(upstream.url("")),
                 .script = script,
                 .more = "meta: \"" + upstream.url("/end") + "\"\n"});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "x");
  module.process().signal(SIGTERM);
  EXPECT_EQ(module.process().wait_exit(kPrompt), 0);
  EXPECT_EQ(upstream.last_request().target, "/end");
}

// A shell starts the module in the background and tells its id.
struct Parent {
  explicit Parent(const std::string& flags)
      : config(write_config(folder, {.backends = backend_at("http://127.0.0.1:1")})),
        shell({"/bin/sh", "-c",
               program("genvm-modules") + " llm --config " + config + " " + flags +
                   " & echo pid=$!; wait"}) {
    const auto line = shell.wait_for_line("pid=", 20s);
    if (!line) throw std::runtime_error("no shell");
    module = std::stoi(line->substr(4));
    if (!shell.wait_for_line("\"ready\"", 60s)) throw std::runtime_error("not ready");
  }
  TempFolder folder;
  std::string config;
  test::Process shell;
  pid_t module = 0;
};

TEST(Shutdown, TheModuleDiesWithItsParentWhenAsked) {
  Parent parent("--die-with-parent");
  parent.shell.signal(SIGKILL);
  EXPECT_TRUE(test::wait_gone(parent.module, kPrompt));
}

TEST(Shutdown, TheModuleOutlivesItsParentOtherwise) {
  Parent parent("");
  parent.shell.signal(SIGKILL);
  EXPECT_FALSE(test::wait_gone(parent.module, 500ms));
  ::kill(parent.module, SIGTERM);
  EXPECT_TRUE(test::wait_gone(parent.module, kPrompt));
}

}  // namespace
}  // namespace gvm::e2e
