// What a peer sees of a session, over real sockets.
#include "serve/session.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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

constexpr auto kAtOnce = 50ms;  // "within milliseconds", on a busy machine
#ifdef GVM_SANITIZED
constexpr auto kSlack = 20 * kAtOnce;
#else
constexpr auto kSlack = kAtOnce;
#endif
constexpr unsigned char kFinBinary = 0x82;

std::string forever() {
  return "sleep:600000";
}

TEST(Session, AnswersPipelinedRequestsInOrder) {
  ScriptedServer under_test;
  WsClient client(under_test.port());
  client.send("hello");
  std::vector<std::string> requests{"sleep:60", "a", "sleep:20", "b", "", "c"};
  for (const auto& request : requests) client.send(request);
  for (const auto& request : requests) EXPECT_EQ(client.receive(), request);
}

TEST(Session, AnswersAPingWhileARequestRuns) {
  ScriptedServer under_test;
  WsClient client(under_test.port());
  client.send("hello");
  client.send(forever());
  ASSERT_TRUE(eventually([&] { return under_test.counts().running == 1; }));
  client.ping("are you there");
  EXPECT_TRUE(client.receive_pong(5s));
  EXPECT_EQ(under_test.counts().running, 1);
}

TEST(Session, PutsFragmentsTogetherWithAPingBetweenThem) {
  ScriptedServer under_test;
  auto client = WireClient::tcp(under_test.port());
  client.upgrade();
  client.send_ws_frame(kFinBinary, "hello");
  client.send_ws_frame(0x02, "one ");
  client.send_ws_frame(0x89, "p");
  client.send_ws_frame(0x00, "two ");
  client.send_ws_frame(0x80, "three");
  EXPECT_EQ(client.read_exactly(3), std::string("\x8A\x01p"));
  EXPECT_EQ(client.read_exactly(15), std::string("\x82\x0D") + "one two three");
}

TEST(Session, CarriesMessagesOfManyMegabytes) {
  ScriptedServer under_test;
  WsClient client(under_test.port());
  client.send("hello");
  std::string large(6'000'000, 'x');
  for (std::size_t i = 0; i < large.size(); i += 997) large[i] = static_cast<char>(i);
  client.send(large);
  EXPECT_EQ(client.receive(), large);
  client.send_fragments({large, large, "end"});
  EXPECT_EQ(client.receive(), large + large + "end");
}

TEST(Session, TakesATextMessageLikeABinaryOne) {
  ScriptedServer under_test;
  WsClient client(under_test.port());
  client.send_text("hello");
  client.send_text("text");
  EXPECT_EQ(client.receive(), "text");
}

TEST(Session, ServesBothFramingsOnOnePort) {
  ScriptedServer under_test;
  auto framed = WireClient::tcp(under_test.port());
  WsClient websocket(under_test.port());
  framed.send_frame("hello");
  websocket.send("hello");
  framed.send_frame("from framed");
  framed.send_frame("");
  framed.send_frame(std::string(3'000'000, 'f'));
  websocket.send("from websocket");
  EXPECT_EQ(framed.receive_frame(), "from framed");
  EXPECT_EQ(framed.receive_frame(), "");
  EXPECT_EQ(framed.receive_frame(), std::string(3'000'000, 'f'));
  EXPECT_EQ(websocket.receive(), "from websocket");
}

TEST(Session, TakesBytesThatComeOneByOne) {
  ScriptedServer under_test;
  auto client = WireClient::tcp(under_test.port());
  const std::string stream("\0\0\0\5hello\0\0\0\3abc", 16);
  for (const char byte : stream) client.send(std::string(1, byte));
  EXPECT_EQ(client.receive_frame(), "abc");
}

TEST(Session, ClosesABrokenHelloWithTheFittingCode) {
  ScriptedServer under_test;
  const std::vector<std::pair<std::string, std::uint16_t>> cases{{"bad-calldata", 1007},
                                                                 {"bad-shape", 1002}};
  for (const auto& [hello, code] : cases) {
    WsClient client(under_test.port());
    client.send(hello);
    client.send("request that is never answered");
    EXPECT_EQ(client.receive_close(), code);
    EXPECT_FALSE(client.receive());
    EXPECT_FALSE(client.close_text().empty());
  }
  EXPECT_EQ(under_test.counts().started, 0);
  EXPECT_TRUE(eventually([&] { return under_test.counts().handlers == 0; }));
  EXPECT_EQ(under_test.counts().finished, 0);
}

TEST(Session, TellsAFramedPeerWhyItsHelloIsRefused) {
  ScriptedServer under_test;
  auto client = WireClient::tcp(under_test.port());
  client.send_frame("bad-shape");
  EXPECT_EQ(client.receive_frame(), "fatal MALFORMED_HELLO: no hello");
  EXPECT_TRUE(client.closed_within(5s));
}

TEST(Session, ClosesAnOversizeMessageWith1009) {
  ServerOptions options;
  options.max_message_bytes = 100'000;
  ScriptedServer under_test(options);
  WsClient client(under_test.port());
  client.send("hello");
  client.send(std::string(100'000, 'x'));
  EXPECT_EQ(client.receive()->size(), 100'000U);
  client.send(std::string(100'001, 'x'));
  EXPECT_EQ(client.receive_close(), 1009);
}

TEST(Session, ClosesFragmentsThatAddUpToTooMuchWith1009) {
  ServerOptions options;
  options.max_message_bytes = 100'000;
  ScriptedServer under_test(options);
  WsClient client(under_test.port());
  client.send("hello");
  client.send_fragments({std::string(60'000, 'x'), std::string(60'000, 'x')});
  EXPECT_EQ(client.receive_close(), 1009);
}

TEST(Session, RefusesAnAnnouncedGigabyteBeforeItComes) {
  ScriptedServer under_test;
  auto framed = WireClient::tcp(under_test.port());
  framed.send_frame("hello");
  framed.send(std::string("\x3f\xff\xff\xff", 4));
  EXPECT_TRUE(
      framed.receive_frame()->starts_with("fatal TOO_LARGE: message over max_message_bytes"));
  EXPECT_TRUE(framed.closed_within(5s));
  auto websocket = WireClient::tcp(under_test.port());
  websocket.upgrade();
  websocket.send(std::string("\x82\xff\0\0\0\0\x40\0\0\0mask", 14));
  EXPECT_EQ(websocket.read_exactly(4), std::string("\x88\x02\x03\xf1"));  // 1009
}

TEST(Session, ClosesProtocolViolationsWith1002) {
  ScriptedServer under_test;
  const std::vector<std::string> violations{
      std::string("\x83\x80mask", 6),        // opcode 3 is reserved
      std::string("\xf2\x80mask", 6),        // reserved bits
      std::string("\x82\x05hello", 7),       // not masked
      std::string("\x80\x80mask", 6),        // continues nothing
      std::string("\x89\xfe\0\x7emask", 8),  // a ping of 126 bytes
      std::string("\x09\x80mask", 6),        // a ping in fragments
  };
  for (const auto& violation : violations) {
    auto client = WireClient::tcp(under_test.port());
    client.upgrade();
    client.send(violation);
    EXPECT_EQ(client.read_exactly(4), std::string("\x88\x02\x03\xea"))
        << "first byte " << int(violation[0]);
    EXPECT_TRUE(client.closed_within(5s));
  }
}

TEST(Session, AnExceptionInAHandlerEndsOnlyItsSession) {
  ScriptedServer under_test;
  WsClient neighbour(under_test.port());
  WsClient client(under_test.port());
  neighbour.send("hello");
  client.send("hello");
  client.send("throw");
  EXPECT_EQ(client.receive_close(), 1011);
  neighbour.send("still here");
  EXPECT_EQ(neighbour.receive(), "still here");
}

TEST(Session, ARequestOverItsDeadlineIsAnsweredAndTheSessionGoesOn) {
  ServerOptions options;
  options.request_timeout = 50ms;
  ScriptedServer under_test(options);
  WsClient client(under_test.port());
  client.send("hello");
  for (int round = 0; round < 3; ++round) {
    client.send(forever());
    EXPECT_EQ(client.receive(), "deadline");
    client.send("sleep:1");
    EXPECT_EQ(client.receive(), "sleep:1");
  }
  EXPECT_EQ(under_test.counts().cancelled, 3);
}

// ---------------------------------------------------------------- peers that vanish

enum class Way { fin, rst, close_frame };
struct Vanishing {
  Way way;
  std::size_t waiting;  // requests behind the running one
};

class PeerVanishes : public testing::TestWithParam<Vanishing> {};

TEST_P(PeerVanishes, CancelsTheRunningRequestAtOnce) {
  ServerOptions options;
  options.max_pending_requests = 4;
  ScriptedServer under_test(options);
  {
    WsClient client(under_test.port());
    client.send("hello");
    for (std::size_t i = 0; i <= GetParam().waiting; ++i) client.send(forever());
    ASSERT_TRUE(eventually([&] { return under_test.counts().running == 1; }));
    const auto left = std::chrono::steady_clock::now();
    if (GetParam().way == Way::fin) client.vanish();
    if (GetParam().way == Way::rst) client.reset();
    if (GetParam().way == Way::close_frame) client.send_close(1000);
    EXPECT_TRUE(eventually([&] { return under_test.counts().cancelled == 1; }));
    EXPECT_LT(std::chrono::steady_clock::now() - left, kSlack);
  }
  EXPECT_TRUE(eventually([&] { return under_test.server.connections() == 0; }));
  EXPECT_EQ(under_test.counts().handlers, 0);
  EXPECT_EQ(under_test.counts().started, 1);
  EXPECT_EQ(under_test.counts().finished, 1);
}

INSTANTIATE_TEST_SUITE_P(Session, PeerVanishes,
                         testing::Values(Vanishing{Way::fin, 0}, Vanishing{Way::rst, 0},
                                         Vanishing{Way::close_frame, 0}, Vanishing{Way::fin, 4},
                                         Vanishing{Way::rst, 4}, Vanishing{Way::close_frame, 4},
                                         Vanishing{Way::fin, 20}, Vanishing{Way::rst, 20}));

TEST(Session, AFramedPeerThatVanishesCancelsItsRequest) {
  ScriptedServer under_test;
  auto client = WireClient::tcp(under_test.port());
  client.send_frame("hello");
  client.send_frame(forever());
  ASSERT_TRUE(eventually([&] { return under_test.counts().running == 1; }));
  client.half_close();
  EXPECT_TRUE(eventually([&] { return under_test.counts().cancelled == 1; }));
  EXPECT_TRUE(client.closed_within(5s));
}

TEST(Session, AnswersTheCloseHandshake) {
  ScriptedServer under_test;
  auto client = WireClient::tcp(under_test.port());
  client.upgrade();
  client.send_ws_frame(kFinBinary, "hello");
  client.send_ws_frame(0x88, std::string("\x03\xe8", 2));
  EXPECT_EQ(client.read_all(), std::string("\x88\x02\x03\xe8"));
}

TEST(Session, ReadsOnWhenRoomComesBack) {
  ServerOptions options;
  options.max_pending_requests = 2;
  options.max_pending_bytes = 64;
  ScriptedServer under_test(options);
  WsClient client(under_test.port());
  client.send("hello");
  client.send("sleep:50");
  for (int i = 0; i < 500; ++i) client.send("request number " + std::to_string(i));
  EXPECT_EQ(client.receive(), "sleep:50");
  for (int i = 0; i < 500; ++i) EXPECT_EQ(client.receive(), "request number " + std::to_string(i));
}

}  // namespace
}  // namespace gvm::serve
