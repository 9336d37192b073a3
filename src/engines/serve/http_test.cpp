// The plain HTTP side, and bytes that are neither HTTP nor a framing.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/redactor.h"
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

std::string ask(std::uint16_t port, const std::string& request) {
  auto client = WireClient::tcp(port);
  client.send(request);
  return client.read_all();
}

std::string get(std::uint16_t port, const std::string& path) {
  return ask(port, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

std::string body_of(const std::string& response) {
  return response.substr(response.find("\r\n\r\n") + 4);
}

TEST(Http, HealthSaysWhatRuns) {
  ServerOptions options;
  options.program = "genvm-test";
  options.version = "1.2.3";
  ScriptedServer under_test(options);
  WsClient session(under_test.port());
  const auto response = get(under_test.port(), "/health");
  EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\n")) << response;
  EXPECT_NE(response.find("Content-Type: application/json\r\n"), response.npos);
  EXPECT_EQ(body_of(response),
            "{\"details\":{\"kind\":\"scripted\"},\"max_sessions\":4096,\"program\":\"genvm-test\","
            "\"sessions\":1,"
            "\"status\":\"ok\",\"uptime_seconds\":0,\"version\":\"1.2.3\"}\n");
  under_test.service.healthy = false;
  const auto ill = get(under_test.port(), "/health?verbose");
  EXPECT_TRUE(ill.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << ill;
  EXPECT_NE(ill.find("\"status\":\"unhealthy\""), ill.npos);
}

// The value of a sample line; -1 when there is none.
double sample(const std::string& text, const std::string& name) {
  const auto at = text.find("\n" + name + " ");
  return at == text.npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

TEST(Http, MetricsCountWhatHappened) {
  ScriptedServer under_test;
  WsClient client(under_test.port());
  client.send("hello");
  client.send("four");
  EXPECT_EQ(client.receive(), "four");
  client.ping("x");
  ASSERT_TRUE(client.receive_pong(5s));
  const auto text = body_of(get(under_test.port(), "/metrics"));
  EXPECT_EQ(sample(text, "genvm_serve_sessions_open"), 1);
  EXPECT_EQ(sample(text, "genvm_serve_sessions_total{framing=\"websocket\"}"), 1);
  EXPECT_EQ(sample(text, "genvm_serve_requests_total{outcome=\"answered\"}"), 1);
  EXPECT_EQ(sample(text, "genvm_serve_request_duration_seconds_count"), 1);
  EXPECT_EQ(sample(text, "genvm_serve_request_duration_seconds_bucket{le=\"+Inf\"}"), 1);
  EXPECT_EQ(sample(text, "genvm_serve_messages_in_total"), 2);
  EXPECT_EQ(sample(text, "genvm_serve_bytes_in_total"), 9);
  EXPECT_EQ(sample(text, "genvm_serve_bytes_out_total"), 4);
  EXPECT_EQ(sample(text, "genvm_serve_pings_total"), 1);
  EXPECT_EQ(sample(text, "scripted_total"), 1);
}

// The test's process has some of each.
TEST(Metrics, TellOfTheProcess) {
  ScriptedServer under_test;
  const auto page = get(under_test.port(), "/metrics");
  for (const std::string name : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                                 "process_threads", "process_open_fds"}) {
    const auto at = page.find("\n" + name + " ");
    ASSERT_NE(at, page.npos) << name << "\n" << page;
    EXPECT_GT(std::stod(page.substr(at + name.size() + 2)), 0) << name;
  }
}

TEST(Metrics, TellOfStuckLanes) {
  const auto found = std::make_shared<StuckLanes>();
  ServerOptions options;
  options.stuck_lanes = found;
  ScriptedServer under_test(options);
  const auto page = [&] { return get(under_test.port(), "/metrics"); };
  EXPECT_EQ(sample(page(), "genvm_serve_lanes_stuck"), 0);
  found->now = 1;
  found->times = 3;
  EXPECT_EQ(sample(page(), "genvm_serve_lanes_stuck"), 1);
  EXPECT_EQ(sample(page(), "genvm_serve_lane_stuck_total"), 3);
}

TEST(Http, EveryMetricsLineHasThePrometheusForm) {
  ScriptedServer under_test;
  std::istringstream lines(body_of(get(under_test.port(), "/metrics")));
  int samples = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) continue;
    const auto space = line.rfind(' ');
    ASSERT_NE(space, line.npos) << line;
    std::size_t used = 0;
    EXPECT_NO_THROW((void)std::stod(line.substr(space + 1), &used)) << line;
    EXPECT_EQ(used, line.size() - space - 1) << line;
    EXPECT_EQ(line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), line.find_first_of(" {"))
        << line;
    ++samples;
  }
  EXPECT_GT(samples, 30);
}

std::string upgrade_from(std::uint16_t port, const std::string& headers) {
  auto client = WireClient::tcp(port);
  client.send(
      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n" +
      headers + "\r\n");
  return client.read_exactly(12);
}

TEST(Http, AWebPageOpensNoSessionUnlessItsOriginIsAllowed) {
  ScriptedServer closed;
  EXPECT_EQ(upgrade_from(closed.port(), ""), "HTTP/1.1 101");
  const std::vector<std::string> origins{"http://127.0.0.1:" + std::to_string(closed.port()),
                                         "null", "https://example.com", ""};
  for (const auto& origin : origins) {
    EXPECT_EQ(upgrade_from(closed.port(), "Origin: " + origin + "\r\n"), "HTTP/1.1 403") << origin;
  }
  const auto text = body_of(get(closed.port(), "/metrics"));
  EXPECT_EQ(sample(text, "genvm_serve_refused_total{limit=\"allowed_origins\"}"), 4);

  ServerOptions options;
  options.allowed_origins = {"https://example.com", "http://localhost:8080"};
  ScriptedServer open(options);
  const std::vector<std::pair<std::string, std::string>> cases{
      {"Origin: https://example.com\r\n", "101"},
      {"origin: http://localhost:8080\r\n", "101"},
      {"Origin: http://example.com\r\n", "403"},
      {"Origin: https://example.com:8443\r\n", "403"},
      {"Origin: https://example.com.evil.example\r\n", "403"},
      {"Origin: https://sub.example.com\r\n", "403"},
      {"Origin: https://example.com\r\nOrigin: https://evil.example\r\n", "403"},
      {"Origin: https://example.com, https://evil.example\r\n", "403"},
  };
  for (const auto& [headers, status] : cases)
    EXPECT_EQ(upgrade_from(open.port(), headers), "HTTP/1.1 " + status) << headers;
}

TEST(Http, OtherPathsAndMethodsAreRefused) {
  ScriptedServer under_test;
  EXPECT_TRUE(get(under_test.port(), "/nowhere").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(get(under_test.port(), "/healthy").starts_with("HTTP/1.1 404 "));
  const auto post =
      ask(under_test.port(), "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_TRUE(post.starts_with("HTTP/1.1 405 ")) << post;
  EXPECT_NE(post.find("Allow: GET\r\n"), post.npos);
}

std::string get_as(std::uint16_t port, const std::string& path, const std::string& host) {
  return ask(port, "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
}

TEST(StatusPage, IsServedToTheMachineItRunsOn) {
  ScriptedServer under_test;
  const auto port = under_test.port();
  for (const std::string host : {"127.0.0.1", "127.0.0.1:1234", "localhost:80", "[::1]:80"}) {
    const auto page = get_as(port, "/", host);
    EXPECT_TRUE(page.starts_with("HTTP/1.1 200 OK\r\n")) << page;
    EXPECT_NE(page.find("Content-Type: text/html"), page.npos) << page;
    EXPECT_NE(page.find("Content-Security-Policy: default-src 'none'"), page.npos) << page;
    EXPECT_EQ(page.find("Set-Cookie"), page.npos) << page;
  }
  for (const std::string path :
       {"/status.js", "/status.css", "/status/history", "/status/problems"})
    EXPECT_TRUE(get_as(port, path, "localhost").starts_with("HTTP/1.1 200 OK\r\n")) << path;
}

// What the product makes is as little for others as the rest of the page (watch_test.cpp).
TEST(StatusPage, HasPartsOfTheProduct) {
  ScriptedServer under_test;
  const auto port = under_test.port();
  const auto part = get_as(port, "/status/echo?id=1", "localhost");
  EXPECT_TRUE(part.starts_with("HTTP/1.1 200 OK\r\n")) << part;
  EXPECT_NE(part.find("Content-Security-Policy: default-src 'none'"), part.npos) << part;
  EXPECT_EQ(body_of(part), "\"/status/echo?id=1\"");
  EXPECT_TRUE(get_as(port, "/status/echo", "evil.example").starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(get_as(port, "/status/nothing", "localhost").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask(port, "POST /status/echo HTTP/1.1\r\nHost: localhost\r\n\r\n")
                  .starts_with("HTTP/1.1 405 "));
}

TEST(StatusPage, TellsTheLastWarningsAndErrors) {
  ScriptedServer under_test;
  log::Logger::open({.fd = ::open("/dev/null", O_WRONLY)}, std::make_shared<Redactor>())
      .warn("a warning of the test", {{"n", Value::integer(17)}});
  const auto problems = body_of(get_as(under_test.port(), "/status/problems", "localhost"));
  EXPECT_NE(problems.find(R"("message":"a warning of the test","n":17})"), problems.npos)
      << problems;
}

TEST(StatusPage, BeginsItsHistoryAtTheStart) {
  ScriptedServer under_test;
  EXPECT_TRUE(eventually([&] {
    const auto history = body_of(get_as(under_test.port(), "/status/history", "localhost"));
    return history.find(R"("genvm_serve_sessions_open":[0])") != history.npos;
  }));
}

TEST(Http, NonsenseIsAnsweredOnceAndClosed) {
  ScriptedServer under_test;
  const std::string upgrade = "Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  const std::string key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"},
      {"GET / HTTP/9.9\r\nHost: x\r\n\r\n", "400"},
      {"GET /\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nbad header line\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n", "431"},
      {"GET / HTTP/1.1\r\n" + upgrade + version + "\r\n", "400"},
      {"GET / HTTP/1.1\r\n" + upgrade + key + "Sec-WebSocket-Version: 8\r\n\r\n", "426"},
      {"GET / HTTP/1.1\r\n" + upgrade + key + version + "Content-Length: 3\r\n\r\nabc", "400"},
      {"GET / HTTP/1.1\r\n" + upgrade + key + version +
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "400"},
      // Two requests in one go: the second is never looked at.
      {"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n", "404"},
  };
  for (const auto& [request, status] : cases) {
    const auto response = ask(under_test.port(), request);
    EXPECT_TRUE(response.starts_with("HTTP/1.1 " + status) ||
                response.starts_with("HTTP/1.0 " + status))
        << request.substr(0, 60) << " -> " << response.substr(0, 100);
    EXPECT_EQ(response.find("HTTP/1.", 1), response.npos) << "one answer only";
  }
  EXPECT_TRUE(eventually([&] { return under_test.server.connections() == 0; }));
  EXPECT_EQ(under_test.counts().handlers, 0);
}

TEST(Http, BytesOfNoProtocolAreClosed) {
  ScriptedServer under_test;
  const std::string tls_hello("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 11);
  for (const std::string& garbage :
       {tls_hello, std::string("\xff\xff\xff\xff"), std::string("    "), std::string("get ")}) {
    auto client = WireClient::tcp(under_test.port());
    client.send(garbage);
    EXPECT_TRUE(client.receive_frame()->starts_with("fatal TOO_LARGE")) << garbage;
    EXPECT_TRUE(client.closed_within(5s));
  }
  auto nothing = WireClient::tcp(under_test.port());
  nothing.half_close();
  EXPECT_TRUE(nothing.closed_within(5s));
}

TEST(Http, AnUpgradeKeepsWhatThePeerSentTooEarly) {
  ScriptedServer under_test;
  auto client = WireClient::tcp(under_test.port());
  client.send(
      "GET /any/path HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, "
      "Upgrade\r\n"
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n" +
      std::string("\x82\x85\0\0\0\0hello\x82\x83\0\0\0\0abc", 20));
  std::string head;
  while (!head.ends_with("\r\n\r\n")) head += client.read_exactly(1);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101"));
  EXPECT_EQ(client.read_exactly(5), std::string("\x82\x03") + "abc");
}

}  // namespace
}  // namespace gvm::serve
