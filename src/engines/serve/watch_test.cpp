// Who may see metrics and the status page: this machine, and whoever shows the admin token.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "serve/watch_rules.h"
#include "support/scripted_service.h"
#include "support/wire_client.h"

namespace gvm::serve {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::ScriptedServer;
using test::WireClient;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kToken = "correct-horse-battery-staple";

// ---------------------------------------------------------------- the rules

unsigned judged(const Watcher& watcher, std::string_view token = {}) {
  const auto refusal = judge_watcher(Secret(std::string(token)), watcher);
  return refusal ? status_of(*refusal) : 200;
}

TEST(WatchRules, WithoutATokenOnlyThisMachineIsShownAnything) {
  EXPECT_EQ(judged({.host = "localhost:3031", .is_local = true}), 200U);
  EXPECT_EQ(judged({.host = "127.0.0.1", .is_local = true}), 200U);
  EXPECT_EQ(judged({.host = "127.1.2.3:80", .is_local = true}), 200U);
  EXPECT_EQ(judged({.host = "[::1]:3031", .is_local = true}), 200U);
  EXPECT_EQ(judged({.is_local = true}), 200U) << "HTTP/1.0";
  EXPECT_EQ(judged({.host = "localhost", .is_local = false}), 403U);
  EXPECT_EQ(judged({.authorization = "Bearer x", .host = "n", .is_local = false}), 403U);
  EXPECT_EQ(judged({.authorization = "Bearer x", .host = "localhost", .is_local = true}), 200U)
      << "there is no token that it could be compared with";
}

// The name of an attacker's page may lead to 127.0.0.1 (DNS rebinding).
TEST(WatchRules, OtherNamesOfThisMachineAreRefused) {
  for (const auto* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                           "127.evil.example:80", "10.0.0.1", "[fe80::1]", "[", "0x7f000001"})
    EXPECT_EQ(judged({.host = host, .is_local = true}), 403U) << host;
}

TEST(WatchRules, WhomAProxyAsksForIsNotOfThisMachine) {
  EXPECT_EQ(judged({.host = "127.0.0.1:3031", .is_local = true, .is_forwarded = true}), 403U);
  EXPECT_EQ(judged({.host = "127.0.0.1", .is_local = true, .is_forwarded = true}, kToken), 401U);
}

TEST(WatchRules, TheTokenOpensFromEverywhereUnderEveryName) {
  const std::string right = "Bearer " + std::string(kToken);
  const Watcher elsewhere{.authorization = right, .host = "node.example", .is_local = false};
  EXPECT_EQ(judged(elsewhere, kToken), 200U);
  const std::vector<std::string> wrongs{
      right + "x",
      right.substr(0, right.size() - 1),
      "Bearer",
      "Bearer ",
      "Basic " + right,
      "Bearer " + std::string(4'096, 'x'),
      "Bearer x " + right,
      std::string(kToken),
  };
  for (const auto& wrong : wrongs)
    for (const bool is_local : {true, false})
      EXPECT_EQ(judged({.authorization = wrong, .host = "localhost", .is_local = is_local}, kToken),
                401U)
          << wrong;
  EXPECT_EQ(judged({.host = "node.example", .is_local = false}, kToken), 401U);
  EXPECT_EQ(judged({.host = "node.example", .is_local = true}, kToken), 401U);
  EXPECT_EQ(judged({.host = "localhost", .is_local = true}, kToken), 200U);
}

// ---------------------------------------------------------------- at the port of the sessions

std::string ask(std::uint16_t port, const std::string& path, const std::string& headers = {}) {
  auto client = WireClient::tcp(port);
  client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  return client.read_all();
}

const std::string kFromElsewhere = "X-Forwarded-For: 192.0.2.1\r\n";

std::string bearer(std::string_view token) {
  return "Authorization: Bearer " + std::string(token) + "\r\n";
}

ServerOptions with_token(std::string address = {}) {
  ServerOptions options;
  options.admin.token = Secret(std::string(kToken));
  options.admin.address = std::move(address);
  return options;
}

double refused(std::uint16_t port, const std::string& limit) {
  const auto page = ask(port, "/metrics");
  const auto name = "genvm_serve_refused_total{limit=\"" + limit + "\"} ";
  const auto at = page.find(name);
  return at == page.npos ? -1 : std::stod(page.substr(at + name.size()));
}

TEST(Watching, FromElsewhereShowsNothingWithoutAToken) {
  ScriptedServer under_test;
  for (const auto* path : {"/metrics", "/", "/status.js", "/status/history", "/status/problems",
                           "/status/echo", "/metrics?x", "/status/nothing"}) {
    const auto answer = ask(under_test.port(), path, kFromElsewhere);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 ")) << path;
    EXPECT_THAT(answer, Not(HasSubstr("scripted_total"))) << path;
  }
  EXPECT_EQ(refused(under_test.port(), "watcher"), 8);
}

TEST(Watching, FromElsewhereNeedsTheToken) {
  ScriptedServer under_test(with_token());
  const auto port = under_test.port();
  for (const auto* path : {"/metrics", "/status/history", "/status/problems", "/status/echo"}) {
    EXPECT_THAT(ask(port, path, kFromElsewhere),
                AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("WWW-Authenticate: Bearer\r\n")));
    EXPECT_THAT(ask(port, path, kFromElsewhere + bearer("wrong-horse-battery-staple")),
                StartsWith("HTTP/1.1 401 "));
    EXPECT_THAT(ask(port, path, kFromElsewhere + bearer(kToken) + bearer(kToken)),
                StartsWith("HTTP/1.1 401 "))
        << "two are none";
    EXPECT_THAT(ask(port, path, kFromElsewhere + bearer(kToken)), StartsWith("HTTP/1.1 200 "))
        << path;
  }
  EXPECT_EQ(refused(port, "watcher"), 4);
  EXPECT_EQ(refused(port, "admin_token"), 8);
}

// They hold nothing of the module, and the page asks for the token.
TEST(Watching, TheFilesOfThePageComeToWhoMayHaveTheToken) {
  ScriptedServer under_test(with_token());
  for (const auto* path : {"/", "/status.css", "/page.js", "/status.js"})
    EXPECT_THAT(ask(under_test.port(), path, kFromElsewhere), StartsWith("HTTP/1.1 200 ")) << path;
}

TEST(Watching, HealthIsBriefForOthers) {
  ScriptedServer under_test(with_token());
  EXPECT_THAT(ask(under_test.port(), "/health", kFromElsewhere),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr(R"("status":"ok")"),
                    Not(HasSubstr("details")), Not(HasSubstr("sessions"))));
  EXPECT_THAT(ask(under_test.port(), "/health", kFromElsewhere + bearer(kToken)),
              HasSubstr(R"("details":{"kind":"scripted"})"));
  under_test.service.healthy = false;
  EXPECT_THAT(ask(under_test.port(), "/health", kFromElsewhere), StartsWith("HTTP/1.1 503 "));
}

// Whatever is answered, also to a browser that was tricked.
TEST(Watching, EveryAnswerHasTheSecurityHeadersAndNoCookie) {
  ScriptedServer under_test;
  for (const auto* path : {"/", "/metrics", "/health", "/status/problems", "/nothing"}) {
    const auto answer = ask(under_test.port(), path);
    EXPECT_THAT(
        answer,
        AllOf(HasSubstr("Content-Security-Policy: default-src 'none'"),
              HasSubstr("frame-ancestors 'none'"), HasSubstr("X-Content-Type-Options: nosniff\r\n"),
              HasSubstr("X-Frame-Options: DENY\r\n"), HasSubstr("Referrer-Policy: no-referrer\r\n"),
              HasSubstr("Cache-Control: no-store\r\n"), Not(HasSubstr("Set-Cookie")),
              Not(HasSubstr("Access-Control"))))
        << path;
  }
}

// ---------------------------------------------------------------- at an address of its own

std::uint16_t port_in(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

struct Watched : ScriptedServer {
  explicit Watched(ServerOptions options = with_token("127.0.0.1:0"))
      : ScriptedServer(std::move(options)), admin_port(port_in(server.admin_address())) {}
  std::uint16_t admin_port;
};

TEST(AdminAddress, ShowsWhatThePortOfTheSessionsThenDoesNot) {
  Watched under_test;
  for (const auto* path : {"/", "/metrics", "/status/history", "/status/echo", "/health"})
    EXPECT_THAT(ask(under_test.admin_port, path), StartsWith("HTTP/1.1 200 ")) << path;
  EXPECT_THAT(ask(under_test.admin_port, "/health"), HasSubstr("details"));
  for (const auto* path : {"/", "/metrics", "/status.js", "/status/history", "/status/echo"})
    for (const auto& headers : {std::string(), bearer(kToken)})
      EXPECT_THAT(ask(under_test.port(), path, headers), StartsWith("HTTP/1.1 404 ")) << path;
  EXPECT_THAT(ask(under_test.port(), "/health", bearer(kToken)),
              AllOf(StartsWith("HTTP/1.1 200 "), Not(HasSubstr("details"))));
}

TEST(AdminAddress, OpensNoSession) {
  Watched under_test;
  auto upgrade = WireClient::tcp(under_test.admin_port);
  upgrade.send(
      "GET /nothing HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  EXPECT_THAT(upgrade.read_all(), StartsWith("HTTP/1.1 404 "));
  auto framed = WireClient::tcp(under_test.admin_port);
  framed.send_frame("hello");
  EXPECT_TRUE(framed.closed_within(5s));
  EXPECT_EQ(under_test.counts().handlers, 0);
  auto session = WireClient::tcp(under_test.port());
  session.send_frame("hello");
  session.send_frame("in");
  EXPECT_EQ(session.receive_frame(), "in");
}

TEST(AdminAddress, MayBeAUnixSocketForItsOwner) {
  const auto path = (std::filesystem::temp_directory_path() /
                     ("gvm_admin_" + std::to_string(::getpid()) + ".sock"))
                        .string();
  {
    ServerOptions options;
    options.admin.address = "unix://" + path;
    ScriptedServer under_test(std::move(options));
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    auto client = WireClient::unix_socket(path);
    client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(client.read_all(), HasSubstr("scripted_total 1"));
  }
  EXPECT_FALSE(std::filesystem::exists(path)) << "the file goes with the server";
}

TEST(AdminAddress, ThatIsTakenIsSaid) {
  Watched first;
  ServerOptions options;
  options.admin.address = "127.0.0.1:" + std::to_string(first.admin_port);
  EXPECT_THROW(ScriptedServer second(std::move(options)), std::runtime_error);
}

TEST(AdminAddress, IsClosedWithTheServer) {
  Watched under_test;
  under_test.server.shutdown(0ms);
  EXPECT_TRUE(under_test.server.wait(10s));
  EXPECT_ANY_THROW((void)WireClient::tcp(under_test.admin_port));
}

// ---------------------------------------------------------------- who means ill

// A session that sends all the time, and counts.
class Busy {
 public:
  explicit Busy(std::uint16_t port) : client_(WireClient::tcp(port)), thread_([this] { run(); }) {}
  ~Busy() { end(); }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

  int answers() const { return answers_; }
  // False when an answer was missing or wrong.
  bool end() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return !failed_;
  }

 private:
  void run() {
    client_.send_frame("hello");
    while (!stop_ && !failed_) {
      client_.send_frame("in");
      failed_ = client_.receive_frame() != "in";
      ++answers_;
    }
  }

  WireClient client_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> failed_{false};
  std::atomic<int> answers_{0};
  std::thread thread_;
};

std::deque<WireClient> half_open(std::uint16_t port, int count) {
  std::deque<WireClient> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(WireClient::tcp(port));
    if (i % 2 == 0) (void)clients.back().send_what_fits("GET /metrics HTTP/1.1\r\nHos", 10ms);
  }
  return clients;
}

TEST(BadWatchers, AThousandHalfOpenConnectionsToEitherPortHoldUpNeither) {
  auto options = with_token("127.0.0.1:0");
  options.handshake_timeout = 120s;
  Watched under_test(std::move(options));
  Busy session(under_test.port());
  ASSERT_TRUE(eventually([&] { return session.answers() > 0; }));
  const auto at_admin = half_open(under_test.admin_port, 1'000);
  EXPECT_THAT(ask(under_test.admin_port, "/metrics"), StartsWith("HTTP/1.1 200 "))
      << "those that have waited longest make way";
  auto other = WireClient::tcp(under_test.port());
  other.send_frame("hello");
  other.send_frame("in");
  EXPECT_EQ(other.receive_frame(), "in") << "they are not counted at the port of the sessions";
  const auto at_sessions = half_open(under_test.port(), 1'000);
  EXPECT_THAT(ask(under_test.admin_port, "/metrics"), StartsWith("HTTP/1.1 200 "));
  const int before = session.answers();
  EXPECT_TRUE(eventually([&] { return session.answers() > before + 10; }));
  EXPECT_TRUE(session.end());
  EXPECT_GE(refused(under_test.admin_port, "admin_connections"), 800);
}

TEST(BadWatchers, WrongTokensAndScrapesInALoopAreAnsweredAndCounted) {
  Watched under_test;
  Busy session(under_test.port());
  constexpr int kRounds = 200;
  for (int i = 0; i < kRounds; ++i) {
    EXPECT_THAT(ask(under_test.admin_port, "/metrics", bearer("guess-" + std::to_string(i))),
                StartsWith("HTTP/1.1 401 "));
    EXPECT_THAT(ask(under_test.admin_port, "/metrics"), StartsWith("HTTP/1.1 200 "));
  }
  EXPECT_EQ(refused(under_test.admin_port, "admin_token"), kRounds);
  EXPECT_TRUE(session.end());
  EXPECT_GT(session.answers(), 0);
}

TEST(BadWatchers, OversizedHeadersAndTokensAreRefused) {
  Watched under_test;
  const auto port = under_test.admin_port;
  EXPECT_THAT(ask(port, "/metrics", "X: " + std::string(40'000, 'x') + "\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(ask(port, "/metrics", bearer(std::string(40'000, 'x'))), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(ask(port, "/metrics", bearer(std::string(12'000, 'x'))), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(ask(port, "/" + std::string(40'000, 'x')), StartsWith("HTTP/1.1 431 "));
  std::string many;
  for (int i = 0; i < 5'000; ++i) many += "A" + std::to_string(i) + ": b\r\n";
  EXPECT_THAT(ask(port, "/metrics", many), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(ask(port, "/metrics"), StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace gvm::serve
