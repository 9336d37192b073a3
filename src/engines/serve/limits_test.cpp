// Limits of connections, time and memory.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/scripted_service.h"
#include "support/wire_client.h"
#include "support/ws_client.h"

namespace gvm::serve {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::ScriptedServer;
using test::WireClient;
using test::WsClient;

std::string upgrade_refusal(std::uint16_t port) {
  try {
    const WsClient client(port);
    return "not refused";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

TEST(Limits, TheSessionOverTheGlobalLimitIsRefusedClearly) {
  ServerOptions options;
  options.max_sessions = 2;
  ScriptedServer under_test(options);
  auto first = std::make_unique<WsClient>(under_test.port());
  WsClient second(under_test.port());
  EXPECT_TRUE(upgrade_refusal(under_test.port()).starts_with("upgrade refused with 503"));

  auto framed = WireClient::tcp(under_test.port());
  framed.send_frame("hello");
  EXPECT_TRUE(framed.receive_frame()->starts_with(
      "fatal TOO_MANY_SESSIONS: too many connections: the limit max_sessions"));
  EXPECT_TRUE(framed.closed_within(5s));

  auto health = WireClient::tcp(under_test.port());
  health.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(health.read_all().starts_with("HTTP/1.1 200 OK\r\n"))
      << "health answers when sessions are full";

  first.reset();
  EXPECT_TRUE(eventually([&] { return under_test.server.sessions() == 1; }));
  WsClient third(under_test.port());
  third.send("hello");
  third.send("welcome");
  EXPECT_EQ(third.receive(), "welcome");
}

TEST(Limits, OneAddressCannotTakeAllSessions) {
  ServerOptions options;
  options.max_sessions_per_address = 1;
  ScriptedServer under_test(options);
  auto first = std::make_unique<WsClient>(under_test.port());
  EXPECT_TRUE(upgrade_refusal(under_test.port()).starts_with("upgrade refused with 503"));
  first.reset();
  EXPECT_TRUE(eventually([&] { return under_test.server.sessions() == 0; }));
  EXPECT_EQ(upgrade_refusal(under_test.port()), "not refused");
}

TEST(Limits, ConnectionsThatAreNoSessionsAreBoundedToo) {
  ServerOptions options;
  options.max_other_connections = 3;
  ScriptedServer under_test(options);
  std::deque<WireClient> silent;
  for (int i = 0; i < 3; ++i) silent.push_back(WireClient::tcp(under_test.port()));
  ASSERT_TRUE(eventually([&] { return under_test.server.connections() == 3; }));
  auto refused = WireClient::tcp(under_test.port());
  EXPECT_TRUE(refused.closed_within(5s));
}

TEST(Limits, ASlowHandshakeIsCutOff) {
  ServerOptions options;
  options.handshake_timeout = 100ms;
  ScriptedServer under_test(options);
  auto silent = WireClient::tcp(under_test.port());
  auto half = WireClient::tcp(under_test.port());
  half.send("GET / HTTP/1.1\r\nHost: loc");
  auto dripping = WireClient::tcp(under_test.port());
  const auto end = std::chrono::steady_clock::now() + 5s;
  dripping.send("GET / HTTP/1.1\r\n");
  while (dripping.send_what_fits("X: y\r\n", 10ms) == 6 && !dripping.closed_within(20ms)) {
    ASSERT_LT(std::chrono::steady_clock::now(), end)
        << "a header that drips must not keep a connection";
  }
  EXPECT_TRUE(silent.closed_within(5s));
  EXPECT_TRUE(half.closed_within(5s));
  EXPECT_TRUE(eventually([&] { return under_test.server.connections() == 0; }));
}

TEST(Limits, ASessionWithoutAHelloIsCutOff) {
  ServerOptions options;
  options.handshake_timeout = 200ms;
  ScriptedServer under_test(options);
  WsClient silent(under_test.port());
  WsClient greeting(under_test.port());
  greeting.send("hello");
  EXPECT_EQ(silent.receive_close(), 1002);
  greeting.send("still here");
  EXPECT_EQ(greeting.receive(), "still here");
}

TEST(Limits, AnIdleSessionIsClosedAndAPingKeepsItOpen) {
  ServerOptions options;
  options.idle_timeout = 400ms;
  ScriptedServer under_test(options);
  WsClient idle(under_test.port());
  WsClient pinging(under_test.port());
  pinging.send("hello");
  const auto end = std::chrono::steady_clock::now() + 1s;
  while (std::chrono::steady_clock::now() < end) {
    pinging.ping("x");
    ASSERT_TRUE(pinging.receive_pong(5s));
    (void)eventually([] { return false; }, 20ms);
  }
  pinging.send("here");
  EXPECT_EQ(pinging.receive(), "here");
  EXPECT_EQ(idle.receive_close(), 1001);
}

TEST(Limits, AMessageThatDoesNotEndIsCutOff) {
  ServerOptions options;
  options.message_timeout = 100ms;
  ScriptedServer under_test(options);
  auto framed = WireClient::tcp(under_test.port());
  framed.send_frame("hello");
  framed.send(std::string("\0\0\0\x0a half", 9));
  EXPECT_TRUE(framed.closed_within(10s));
  auto websocket = WireClient::tcp(under_test.port());
  websocket.upgrade();
  websocket.send_ws_frame(0x02, "first of two fragments");
  EXPECT_EQ(websocket.read_exactly(1), "\x88");
}

TEST(Limits, APeerThatDoesNotReadIsCutOffAndHoldsLittleMemory) {
  ServerOptions options;
  options.write_timeout = 300ms;
  options.max_pending_requests = 4;
  options.max_pending_bytes = 1 * kMiB;
  ScriptedServer under_test(options);
  auto client = WireClient::tcp(under_test.port());
  client.send_frame("hello");
  client.send_frame("big:30000000");
  const std::string flood(256 * kKiB, 'x');
  std::size_t taken = 0;
  const auto end = std::chrono::steady_clock::now() + 20s;
  for (;;) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
    const std::string frame = std::string("\0\4\0\0", 4) + flood;
    const auto sent = client.send_what_fits(frame, 2000ms);
    taken += sent;
    if (sent < frame.size()) break;
  }
  EXPECT_LT(taken, 64 * kMiB)
      << "reading pauses: what is taken is what the kernel's buffers and the queue hold";
  EXPECT_TRUE(eventually([&] { return under_test.server.connections() == 0; }));
  EXPECT_LE(under_test.counts().started, 2);
}

TEST(Limits, HundredsOfConnectionsLeaveNothingBehind) {
  ScriptedServer under_test;
  for (int round = 0; round < 4; ++round) {
    std::deque<WsClient> clients;
    for (int i = 0; i < 50; ++i) {
      auto& client = clients.emplace_back(under_test.port());
      client.send("hello");
      client.send(i % 2 == 0 ? "x" : "sleep:600000");
    }
    for (int i = 0; i < 50; i += 2) EXPECT_EQ(clients[static_cast<std::size_t>(i)].receive(), "x");
    EXPECT_EQ(under_test.server.sessions(), 50U);
    if (round % 2 == 0) {
      for (auto& client : clients) client.reset();
    }
  }
  EXPECT_TRUE(eventually([&] { return under_test.server.connections() == 0; }));
  EXPECT_EQ(under_test.server.sessions(), 0U);
  EXPECT_EQ(under_test.counts().handlers, 0);
  EXPECT_EQ(under_test.counts().running, 0);
  EXPECT_EQ(under_test.counts().finished, 200);
}

// ---------------------------------------------------------------- Unix sockets

class UnixSocket : public testing::Test {
 protected:
  UnixSocket()
      : folder_(std::filesystem::temp_directory_path() /
                ("gvm_serve_" + std::to_string(::getpid()) + "_" +
                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(folder_);
    options_.bind_address = "unix://" + path();
  }
  ~UnixSocket() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return (folder_ / "s").string(); }

  std::filesystem::path folder_;
  ServerOptions options_;
};

TEST_F(UnixSocket, CarriesBothFramingsAndHealth) {
  ScriptedServer under_test(options_);
  auto framed = WireClient::unix_socket(path());
  framed.send_frame("hello");
  framed.send_frame("over unix");
  EXPECT_EQ(framed.receive_frame(), "over unix");
  auto websocket = WireClient::unix_socket(path());
  EXPECT_TRUE(websocket.upgrade().starts_with("HTTP/1.1 101"));
  websocket.send_ws_frame(0x82, "hello");
  websocket.send_ws_frame(0x82, "ws");
  EXPECT_EQ(websocket.read_exactly(4), std::string("\x82\x02ws"));
  auto health = WireClient::unix_socket(path());
  health.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(health.read_all().starts_with("HTTP/1.1 200"));
}

TEST_F(UnixSocket, IsForItsOwnerOnlyAndGoneAfterwards) {
  {
    ScriptedServer under_test(options_);
    struct stat info{};
    ASSERT_EQ(::stat(path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U);
  }
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(UnixSocket, APeerThatVanishesIsNoticedWhileReadingIsPaused) {
  options_.max_pending_requests = 2;
  ScriptedServer under_test(options_);
  auto client = WireClient::unix_socket(path());
  client.send_frame("hello");
  for (int i = 0; i < 20; ++i) client.send_frame("sleep:600000");
  ASSERT_TRUE(eventually([&] { return under_test.counts().running == 1; }));
  client.close();
  EXPECT_TRUE(eventually([&] { return under_test.counts().cancelled == 1; }));
}

TEST_F(UnixSocket, AStaleFileIsReplacedButNotAListeningOneOrAnotherKindOfFile) {
  {
    std::ofstream(path()) << "text";
  }
  EXPECT_THROW(ScriptedServer under_test(options_), std::runtime_error);
  EXPECT_TRUE(std::filesystem::exists(path()));
  std::filesystem::remove(path());
  ScriptedServer listening(options_);
  EXPECT_THROW(ScriptedServer under_test(options_), std::runtime_error);
  const auto stale = path() + ".stale";
  std::filesystem::create_hard_link(path(), stale);
  listening.server.shutdown(0ms);
  ASSERT_TRUE(listening.server.wait(5s));
  options_.bind_address = "unix://" + stale;
  ScriptedServer replaced(options_);
  auto client = WireClient::unix_socket(stale);
  client.send_frame("hello");
  client.send_frame("fresh");
  EXPECT_EQ(client.receive_frame(), "fresh");
}

}  // namespace
}  // namespace gvm::serve
