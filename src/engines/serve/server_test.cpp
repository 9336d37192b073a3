// Start, shutdown, and the life of the process around a server.
#include "serve/server.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>

#include "serve/codes.h"
#include "serve/run.h"
#include "support/scripted_service.h"
#include "support/wire_client.h"
#include "support/ws_client.h"

namespace gvm::serve {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::ScriptedServer;
using test::ScriptedService;
using test::WireClient;
using test::WsClient;

TEST(Server, AnAddressInUseIsATypedError) {
  const ScriptedServer first;
  ServerOptions options;
  options.bind_address = first.server.address();
  ScriptedService service;
  net::Lanes lanes(1, net::HttpClientOptions());
  Server second(options, lanes, service, log::Logger());
  const auto bound = second.bind();
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code(), codes::kListenFailed);
  EXPECT_NE(bound.error().to_string().find(first.server.address()), std::string::npos);
}

TEST(Server, AHostThatDoesNotResolveIsATypedError) {
  ServerOptions options;
  options.bind_address = "no-such-host.invalid:0";
  EXPECT_THROW(ScriptedServer under_test(options), std::runtime_error);
}

TEST(Server, ListensOnIpv6) {
  ServerOptions options;
  options.bind_address = "[::1]:0";
  const ScriptedServer under_test(options);
  EXPECT_NE(under_test.port(), 0);
  EXPECT_EQ(under_test.server.address(), "[::1]:" + std::to_string(under_test.port()));
}

TEST(Server, OptionsThatCannotWorkAreRefused) {
  ServerOptions options;
  options.max_message_bytes = 1 * kGiB;
  EXPECT_THROW(ScriptedServer under_test(options), std::runtime_error);
}

TEST(Server, ShutdownLetsWhatWasAskedBeAnsweredAndThenClosesWith1001) {
  ScriptedServer under_test;
  WsClient idle(under_test.port());
  WsClient silent(under_test.port());
  WsClient busy(under_test.port());
  auto framed = WireClient::tcp(under_test.port());
  idle.send("hello");
  busy.send("hello");
  framed.send_frame("hello");
  busy.send("sleep:300");
  busy.send("and what waits");
  framed.send_frame("sleep:300");
  ASSERT_TRUE(eventually([&] { return under_test.counts().running == 2; }));
  ASSERT_TRUE(eventually([&] { return under_test.server.sessions() == 4; }));
  under_test.server.shutdown(20s);
  EXPECT_EQ(idle.receive_close(), 1001);
  EXPECT_EQ(silent.receive_close(), 1001);
  EXPECT_EQ(under_test.counts().running, 2)
      << "idle sessions are closed before the running ones are done";
  EXPECT_EQ(busy.receive(), "sleep:300");
  EXPECT_EQ(busy.receive(), "and what waits");
  EXPECT_EQ(busy.receive_close(), 1001);
  EXPECT_EQ(framed.receive_frame(), "sleep:300");
  EXPECT_EQ(framed.receive_frame(), std::nullopt);
  EXPECT_THROW((void)WireClient::tcp(under_test.port()), std::runtime_error);
  framed.close();
  EXPECT_TRUE(under_test.server.wait(10s));
  EXPECT_EQ(under_test.counts().cancelled, 0);
}

TEST(Server, WhatOutlivesTheGraceIsCancelled) {
  ScriptedServer under_test;
  WsClient client(under_test.port());
  client.send("hello");
  client.send("sleep:600000");
  ASSERT_TRUE(eventually([&] { return under_test.counts().running == 1; }));
  under_test.server.shutdown(100ms);
  EXPECT_EQ(client.receive_close(), 1001);
  EXPECT_EQ(under_test.counts().cancelled, 1);
  EXPECT_TRUE(under_test.server.wait(10s));
  EXPECT_EQ(under_test.counts().finished, 1);
}

TEST(Server, ASecondShutdownEndsAtOnceEvenWithPeersThatDoNotAnswer) {
  ScriptedServer under_test;
  auto client = WireClient::tcp(under_test.port());
  client.upgrade();
  client.send_ws_frame(0x82, "hello");
  client.send_ws_frame(0x82, "sleep:600000");
  auto handshaking = WireClient::tcp(under_test.port());
  ASSERT_TRUE(eventually([&] { return under_test.counts().running == 1; }));
  const auto began = std::chrono::steady_clock::now();
  under_test.server.shutdown(600s);
  under_test.server.shutdown(600s);
  EXPECT_TRUE(under_test.server.wait(10s));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
  EXPECT_EQ(under_test.counts().cancelled, 1);
}

TEST(Server, CanBeDroppedWithSessionsOpen) {
  auto under_test = std::make_unique<ScriptedServer>();
  WsClient client(under_test->port());
  client.send("hello");
  client.send("sleep:600000");
  ASSERT_TRUE(eventually([&] { return under_test->counts().running == 1; }));
  under_test.reset();
  EXPECT_EQ(client.receive_close(), 1001);
}

// ---------------------------------------------------------------- a process of its own

// Runs `child` in a child process whose exit code is what it returns.
pid_t in_child(const std::function<int()>& child) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(child());
  return pid;
}

int exit_code(pid_t pid) {
  int status = 0;
  if (!eventually([&] { return ::waitpid(pid, &status, WNOHANG) == pid; }, 30s))
    ::kill(pid, SIGKILL);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// A server process: writes its port to `report`, then lives until it is told to end.
int serve_until_told(int report, WithParent parent) {
  Lifetime lifetime(parent);
  ScriptedServer running;
  const std::uint16_t port = running.port();
  if (::write(report, &port, sizeof port) != sizeof port) return 99;
  return lifetime.run(running.server, 20s, log::Logger());
}

struct Pipe {
  Pipe() { (void)!::pipe(ends); }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  std::uint16_t read_port() const {
    std::uint16_t port = 0;
    EXPECT_EQ(::read(ends[0], &port, sizeof port), static_cast<ssize_t>(sizeof port));
    return port;
  }
  int ends[2]{};
};

TEST(Lifetime, SigtermLetsTheRunningRequestFinishAndExitsWithZero) {
  const Pipe report;
  const pid_t pid = in_child([&] { return serve_until_told(report.ends[1], WithParent::stay); });
  WsClient client(report.read_port());
  client.send("hello");
  client.send("sleep:300");
  client.ping("after the request");
  ASSERT_TRUE(client.receive_pong(10s));
  ::kill(pid, SIGTERM);
  EXPECT_EQ(client.receive(), "sleep:300");
  EXPECT_EQ(client.receive_close(), 1001);
  EXPECT_EQ(exit_code(pid), 0);
}

TEST(Lifetime, ASecondSignalEndsAtOnce) {
  const Pipe report;
  const pid_t pid = in_child([&] { return serve_until_told(report.ends[1], WithParent::stay); });
  const auto port = report.read_port();
  WsClient idle(port);
  WsClient client(port);
  client.send("hello");
  client.send("sleep:600000");
  client.ping("after the request");
  ASSERT_TRUE(client.receive_pong(10s));
  ::kill(pid, SIGTERM);
  EXPECT_EQ(idle.receive_close(), 1001) << "the first signal is being handled";
  ::kill(pid, SIGINT);
  EXPECT_EQ(exit_code(pid), 128 + SIGINT);
}

TEST(Lifetime, DiesWithItsParent) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const Pipe report;
  const Pipe pid_report;
  const pid_t parent = in_child([&] {
    const pid_t pid = in_child([&] { return serve_until_told(report.ends[1], WithParent::die); });
    (void)!::write(pid_report.ends[1], &pid, sizeof pid);
    for (;;) ::pause();
    return 0;
  });
  pid_t server = 0;
  ASSERT_EQ(::read(pid_report.ends[0], &server, sizeof server),
            static_cast<ssize_t>(sizeof server));
  WsClient client(report.read_port());
  ::kill(parent, SIGKILL);
  EXPECT_EQ(exit_code(parent), -SIGKILL);
  EXPECT_EQ(client.receive_close(), 1001);
  EXPECT_EQ(exit_code(server), 0);
}

}  // namespace
}  // namespace gvm::serve
