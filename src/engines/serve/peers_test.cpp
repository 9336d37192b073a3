// Whom the session port serves: tokens, addresses, users.
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "serve/peer_rules.h"
#include "support/scripted_service.h"
#include "support/wire_client.h"

namespace gvm::serve {
namespace {

using namespace std::chrono_literals;
using test::ScriptedServer;
using test::WireClient;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kToken = "correct-horse-battery-staple";
constexpr std::string_view kSecond = "a-second-token-for-rotation";

ServerOptions with_tokens() {
  ServerOptions options;
  options.peers.tokens = {Secret(std::string(kToken)), Secret(std::string(kSecond))};
  return options;
}

std::string upgrade_with(const std::string& headers) {
  return "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
         headers + "\r\n";
}

// The answer's head, read until the peer closes unless it is 101.
std::string answer_to(WireClient& client, const std::string& request) {
  client.send(request);
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos) {
    const auto more = client.read_some();
    if (more.empty()) break;
    head += more;
  }
  return head;
}

std::string page(WireClient client, const std::string& path) {
  client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return client.read_all();
}

TEST(PeerToken, OfTheUpgradeOpensASessionWhateverItsPlaceInTheList) {
  ScriptedServer under_test(with_tokens());
  for (const auto token : {kToken, kSecond}) {
    auto client = WireClient::tcp(under_test.port());
    const auto answer =
        answer_to(client, upgrade_with("Authorization: bEARER  " + std::string(token) + "\r\n"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 101"));
    client.send_ws_frame(0x82, "hello");
    client.send_ws_frame(0x82, "in");
    EXPECT_EQ(client.read_exactly(4), std::string("\x82\x02in"));
  }
}

TEST(PeerToken, ThatIsWrongInAnyWayIsRefusedWith401) {
  ScriptedServer under_test(with_tokens());
  const std::string good(kToken);
  for (const std::string& header :
       {"Authorization: Bearer " + good + "x", "Authorization: Bearer " + good.substr(1),
        "Authorization: Bearer " + good.substr(0, good.size() - 1), "Authorization: Basic " + good,
        "Authorization: " + good, std::string("Authorization: "),
        std::string("Authorization: Bearer"), std::string("Authorization: Bearer "),
        "Authorization: Bearer " + good + " " + good,
        "Authorization: Bearer " + good + "\r\nAuthorization: Bearer " + good}) {
    auto client = WireClient::tcp(under_test.port());
    const auto answer = answer_to(client, upgrade_with(header + "\r\n"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 401 Unauthorized\r\n")) << header;
    EXPECT_THAT(answer, HasSubstr("WWW-Authenticate: Bearer\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("battery")));
  }
  EXPECT_EQ(under_test.counts().handlers, 0);
  EXPECT_THAT(page(WireClient::tcp(under_test.port()), "/metrics"),
              HasSubstr("genvm_serve_refused_total{limit=\"peer_token\"} 10"));
}

TEST(PeerToken, OfTheHelloOpensASessionOfEitherFraming) {
  ScriptedServer under_test(with_tokens());
  auto framed = WireClient::tcp(under_test.port());
  framed.send_frame("hello token=" + std::string(kToken));
  framed.send_frame("in");
  EXPECT_EQ(framed.receive_frame(), "in");
  auto websocket = WireClient::tcp(under_test.port());
  websocket.upgrade();
  websocket.send_ws_frame(0x82, "hello token=" + std::string(kSecond));
  websocket.send_ws_frame(0x82, "in");
  EXPECT_EQ(websocket.read_exactly(4), std::string("\x82\x02in"));
}

TEST(PeerToken, ThatIsMissingOrWrongInTheHelloClosesTheSessionBeforeItsFirstRequest) {
  ScriptedServer under_test(with_tokens());
  for (const std::string hello : {"hello", "hello token=", "hello token=wrong-horse-battery"}) {
    auto framed = WireClient::tcp(under_test.port());
    framed.send_frame(hello);
    framed.send_frame("in");
    EXPECT_THAT(*framed.receive_frame(),
                StartsWith("fatal UNAUTHORIZED: a token of serve.peers is needed"));
    EXPECT_TRUE(framed.closed_within(5s));
    auto websocket = WireClient::tcp(under_test.port());
    websocket.upgrade();
    websocket.send_ws_frame(0x82, hello);
    const auto close = websocket.read_exactly(4);
    EXPECT_EQ(close[0], '\x88');
    EXPECT_EQ(close.substr(2), "\x03\xf0") << "1008, policy violation";
  }
  EXPECT_EQ(under_test.counts().started, 0);
}

TEST(PeerToken, IsNotAskedForByPages) {
  ScriptedServer under_test(with_tokens());
  EXPECT_THAT(page(WireClient::tcp(under_test.port()), "/health"), StartsWith("HTTP/1.1 200"));
}

TEST(PeerAddress, ThatIsNotListedGets403AndAFramedReply) {
  ServerOptions options;
  options.peers.addresses = {*policy::Cidr::parse("10.0.0.0/8"), *policy::Cidr::parse("::1")};
  ScriptedServer under_test(options);
  auto client = WireClient::tcp(under_test.port());
  EXPECT_THAT(answer_to(client, upgrade_with("")), StartsWith("HTTP/1.1 403 Forbidden"));
  EXPECT_THAT(page(WireClient::tcp(under_test.port()), "/metrics"),
              StartsWith("HTTP/1.1 403 Forbidden"));
  auto framed = WireClient::tcp(under_test.port());
  framed.send_frame("hello");
  EXPECT_THAT(*framed.receive_frame(), StartsWith("fatal PEER_FORBIDDEN: this port is not for"));
  EXPECT_TRUE(framed.closed_within(5s));
}

TEST(PeerAddress, ThatIsListedIsServed) {
  ServerOptions options;
  options.peers.addresses = {*policy::Cidr::parse("127.0.0.0/8")};
  ScriptedServer under_test(options);
  EXPECT_THAT(page(WireClient::tcp(under_test.port()), "/health"), StartsWith("HTTP/1.1 200"));
}

// A socket of both families names IPv4 peers ::ffff:a.b.c.d.
TEST(PeerAddress, OfIpv4IsKnownInAnIpv6SocketToo) {
  ServerOptions options;
  options.bind_address = "[::ffff:127.0.0.1]:0";
  options.peers.addresses = {*policy::Cidr::parse("127.0.0.1")};
  ScriptedServer under_test(options);
  EXPECT_THAT(page(WireClient::tcp(under_test.port()), "/health"), StartsWith("HTTP/1.1 200"));
}

TEST(PeerAddress, OfTcpIsRefusedWhereOnlyUsersAreListed) {
  ServerOptions options;
  options.peers.uids = {::getuid()};
  ScriptedServer under_test(options);
  EXPECT_THAT(page(WireClient::tcp(under_test.port()), "/health"), StartsWith("HTTP/1.1 403"));
}

class PeerUser : public testing::Test {
 protected:
  PeerUser()
      : folder_(std::filesystem::temp_directory_path() /
                ("gvm_peers_" + std::to_string(::getpid()) + "_" +
                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(folder_);
    options_.bind_address = "unix://" + path();
  }
  ~PeerUser() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return (folder_ / "s").string(); }
  std::string health() const { return page(WireClient::unix_socket(path()), "/health"); }

  std::filesystem::path folder_;
  ServerOptions options_;
};

TEST_F(PeerUser, WhoIsListedIsServed) {
  options_.peers.uids = {::getuid() + 1, ::getuid()};
  ScriptedServer under_test(options_);
  EXPECT_THAT(health(), StartsWith("HTTP/1.1 200"));
}

TEST_F(PeerUser, WhoIsNotListedIsRefused) {
  options_.peers.uids = {::getuid() + 1};
  options_.peers.gids = {::getgid() + 40'000};
  ScriptedServer under_test(options_);
  EXPECT_THAT(health(), StartsWith("HTTP/1.1 403"));
  auto framed = WireClient::unix_socket(path());
  framed.send_frame("hello");
  EXPECT_THAT(*framed.receive_frame(), StartsWith("fatal PEER_FORBIDDEN: this socket is not for"));
  EXPECT_THAT(health(), HasSubstr("neither its uid nor a gid"));
}

TEST_F(PeerUser, AMemberOfAListedGroupIsServed) {
  options_.peers.gids = {::getgid()};
  ScriptedServer under_test(options_);
  EXPECT_THAT(health(), StartsWith("HTTP/1.1 200"));
}

TEST_F(PeerUser, OfAUnixSocketIsRefusedWhereOnlyAddressesAreListed) {
  options_.peers.addresses = {*policy::Cidr::parse("127.0.0.0/8")};
  ScriptedServer under_test(options_);
  EXPECT_THAT(health(), StartsWith("HTTP/1.1 403"));
}

TEST_F(PeerUser, TheSocketFileHasTheModeAndTheGroupThatWereAskedFor) {
  options_.unix_mode = 0660;
  options_.peers.unix_group = std::to_string(::getgid());
  ScriptedServer under_test(options_);
  struct stat info{};
  ASSERT_EQ(::stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660U);
  EXPECT_EQ(info.st_gid, ::getgid());
}

TEST_F(PeerUser, AGroupThatDoesNotExistStopsTheStartAndLeavesNoFile) {
  options_.peers.unix_group = "no-such-group-here";
  try {
    ScriptedServer under_test(options_);
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("there is no group no-such-group-here"));
  }
  EXPECT_FALSE(std::filesystem::exists(path()));
}

// An inherited connection is judged as well: its user is the one who made the pair.
TEST(PeerInherited, AConnectedPairIsJudgedByItsMaker) {
  for (const bool listed : {true, false}) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    ServerOptions options;
    options.bind_address = "fd://" + std::to_string(ends[0]);
    options.peers.uids = {listed ? ::getuid() : ::getuid() + 1};
    ScriptedServer under_test(options);
    auto client = WireClient::of_descriptor(ends[1]);
    client.send_frame("hello");
    client.send_frame("x");
    EXPECT_THAT(*client.receive_frame(), StartsWith(listed ? "x" : "fatal PEER_FORBIDDEN"));
  }
}

}  // namespace
}  // namespace gvm::serve
