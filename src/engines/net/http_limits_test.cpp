// Attacks by servers on the client: compression ratio, speed, headers; and what an error says about
// repeating the request.
#include <fstream>
#include <optional>
#include <thread>

#include "net/header_rules.h"
#include "net/test_http_client.h"
#include "support/certificate.h"
#include "support/gzip.h"

namespace gvm::net {
namespace {

struct HttpLimits : ClientFixture {};

HttpServer::Reply zipped(std::size_t size) {
  return {.headers = {{"Content-Encoding", "gzip"}}, .body = test::gzip(std::string(size, 'z'))};
}

TEST_F(HttpLimits, ARatioOverItsLimitIsTyped) {
  const HttpServer server(always(zipped(20 * kMiB)));
  auto request = get(server.url());
  const auto answer = send(request);
  EXPECT_EQ(verdict(answer), "READING_BODY/ratio");
  request.decompression.ratio = 0;
  EXPECT_EQ(verdict(send(request)), "status 200");
}

TEST_F(HttpLimits, ARatioBelowTheFloorDoesNotMatter) {
  const HttpServer server(always(zipped(900 * kKiB)));
  EXPECT_EQ(verdict(send(get(server.url()))), "status 200");
  auto strict = get(server.url());
  strict.decompression.floor = 100 * kKiB;
  EXPECT_EQ(verdict(send(std::move(strict))), "READING_BODY/ratio");
}

TEST_F(HttpLimits, ARatioCountsInChunksToo) {
  auto reply = zipped(20 * kMiB);
  reply.behaviour = Behaviour::chunked;
  const HttpServer server(always(reply));
  EXPECT_EQ(verdict(send(get(server.url()))), "READING_BODY/ratio");
}

TEST_F(HttpLimits, AnswersTooSlowOverAWindowAreGivenUp) {
  const HttpServer server(always({.body = std::string(1000, 'd'),
                                  .behaviour = Behaviour::drip,
                                  .drip_interval = milliseconds(10)}));
  auto request = get(server.url());
  request.min_speed = {.bytes_per_second = 10'000, .window = milliseconds(200)};
  const auto before = Clock::now();
  EXPECT_EQ(timeout_verdict(send(std::move(request))), "DEADLINE_EXCEEDED/speed");
  EXPECT_LE(Clock::now() - before, milliseconds(400) + kLateness);
}

TEST_F(HttpLimits, AnswersFastEnoughAreNot) {
  const HttpServer server(always({.body = std::string(60, 'd'),
                                  .behaviour = Behaviour::drip,
                                  .drip_interval = milliseconds(10)}));
  auto request = get(server.url());
  request.min_speed = {.bytes_per_second = 10, .window = milliseconds(100)};
  EXPECT_EQ(verdict(send(std::move(request))), "status 200");
}

TEST_F(HttpLimits, TooManyHeadersAreRefused) {
  HttpServer::Reply reply;
  for (int i = 0; i < 50; ++i) reply.headers.emplace_back("x-" + std::to_string(i), "v");
  const HttpServer server(always(reply));
  auto request = get(server.url());
  request.max_header_count = 40;
  EXPECT_EQ(verdict(send(request)), "SENDING_REQUEST/protocol");
  request.max_header_count = 100;
  EXPECT_EQ(verdict(send(request)), "status 200");
}

TEST_F(HttpLimits, ErrorsSayWhetherTheRequestMayHaveArrived) {
  const auto progress = [this](Behaviour behaviour) {
    const HttpServer server(always({.body = "four", .behaviour = behaviour}));
    auto request = post(server.url(), "b");
    request.timeouts.first_byte = milliseconds(100);
    request.timeouts.idle = milliseconds(100);
    const auto answer = send(std::move(request));
    EXPECT_FALSE(answer);
    const HttpFailure said = answer ? HttpFailure(Error("", Fatality::user)) : answer.error();
    return std::tuple(said.stage, said.request_sent, said.answer_began);
  };
  EXPECT_EQ(progress(Behaviour::hang), std::tuple(HttpStage::waiting, true, false));
  EXPECT_EQ(progress(Behaviour::cut), std::tuple(HttpStage::waiting, true, false));
  EXPECT_EQ(progress(Behaviour::hang_in_body), std::tuple(HttpStage::reading, true, true));
  const test::RefusingPort port;
  const auto refused = send(get(port.url()));
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().request_sent);
  EXPECT_EQ(refused.error().stage, HttpStage::connecting);
}

// A pooled connection is closed while the next request is sent on it: the answer is cut, so libcurl
// would send the request again.
HttpResult second_on_dying_connection(ClientFixture& client, HttpRequest request,
                                      std::size_t& served) {
  HttpServer server([](const HttpServer::Request& r) -> HttpServer::Reply {
    if (r.target == "/first") return {};
    return {.behaviour = r.connection == 0 ? Behaviour::cut : Behaviour::normal};
  });
  EXPECT_EQ(verdict(client.send(get(server.url("/first")))), "status 200");
  request.url = server.url("/second");
  auto answer = client.send(std::move(request));
  served = server.request_count() - 1;
  return answer;
}

TEST_F(HttpLimits, RequestsAreSentAgainOnlyWhereTheCallerAllowsIt) {
  std::size_t served = 0;
  auto request = post("", "b");
  EXPECT_EQ(verdict(second_on_dying_connection(*this, request, served)), "status 200");
  EXPECT_EQ(served, 2U);
  request.resend = Resend::safe_method;
  const auto refused = second_on_dying_connection(*this, request, served);
  EXPECT_EQ(verdict(refused), "SENDING_REQUEST/reset");
  EXPECT_EQ(served, 1U);
  EXPECT_TRUE(refused.error().request_sent);
  EXPECT_TRUE(refused.error().reused_connection_closed);
  auto safe = get("");
  safe.resend = Resend::safe_method;
  EXPECT_EQ(verdict(second_on_dying_connection(*this, safe, served)), "status 200");
  safe.resend = Resend::never;
  EXPECT_EQ(verdict(second_on_dying_connection(*this, safe, served)), "SENDING_REQUEST/reset");
  EXPECT_EQ(served, 1U);
}

// A server that has worked on the request for a while may have produced what it is paid for.
TEST_F(HttpLimits, AKeptConnectionThatEndsLongAfterTheRequestIsNotCalledClosedBefore) {
  for (const bool gone : {false, true}) {
    std::optional<HttpServer> server([](const HttpServer::Request& r) -> HttpServer::Reply {
      if (r.target == "/first") return {};
      return {.behaviour = Behaviour::cut, .delay = milliseconds(1300)};
    });
    EXPECT_EQ(verdict(send(get(server->url("/first")))), "status 200");
    auto request = post(server->url("/second"), "a prompt");
    request.resend = Resend::safe_method;
    std::jthread end;
    if (gone) {
      end = std::jthread([&] {
        server->wait_for_requests(2, kPatience);
        std::this_thread::sleep_for(milliseconds(1200));
        server.reset();  // and refuses further connections
      });
    }
    const auto result = send(std::move(request));
    EXPECT_EQ(verdict(result), "SENDING_REQUEST/reset");
    EXPECT_TRUE(result.error().request_sent);
    EXPECT_FALSE(result.error().reused_connection_closed);
  }
}

TEST_F(HttpLimits, A304MayAnnounceABodyOfAnySize) {
  for (const char* length : {"2", "500000000", "99999999999"}) {
    const HttpServer server(always({.status = 304, .headers = {{"content-length", length}}}));
    EXPECT_EQ(verdict(send(get(server.url()))), "status 304") << length;
  }
}

TEST(HttpTlsFaults, AreToldApart) {
  const auto authority = test::make_authority("Known");
  const std::string file = testing::TempDir() + "faults-" + std::to_string(::getpid()) + ".pem";
  std::ofstream(file) << authority.pem;
  HttpClientOptions options;
  options.ca_file = file;
  FreeClient client(options);
  const auto fault = [&](const test::Certificate& certificate) {
    const HttpServer server(always({}),
                            {.certificate_pem = certificate.pem, .key_pem = certificate.key_pem});
    const auto answer = client.send(get(server.url()));
    EXPECT_EQ(verdict(answer), "SENDING_REQUEST/tls");
    return answer ? "" : text_of(answer.error(), "tls");
  };
  EXPECT_EQ(fault(test::make_certificate(authority, "localhost", test::Validity::expired)),
            "expired");
  EXPECT_EQ(fault(test::make_certificate(authority, "other.example.com")), "wrong_host");
  EXPECT_EQ(fault(test::make_certificate(test::make_authority("Stranger"), "localhost")),
            "unknown_issuer");
  EXPECT_EQ(fault(test::make_authority("localhost")), "self_signed");
  const HttpServer plain(always({}));
  const auto answer = client.send(get("https://127.0.0.1:" + std::to_string(plain.port())));
  EXPECT_EQ(verdict(answer), "SENDING_REQUEST/tls");
  EXPECT_EQ(text_of(answer.error(), "tls"), "protocol");
  std::remove(file.c_str());
}

TEST(HeaderRules, RefuseWhatCallersMayNotSet) {
  const auto problem = [](std::string name, std::string value = "v") {
    const std::vector<HttpHeader> headers = {{std::move(name), std::move(value)}};
    return problem_with_headers(headers).value_or("");
  };
  for (const auto* name : {"Connection", "transfer-encoding", "TE", "Trailer", "Upgrade", "Expect",
                           "Keep-Alive", "Host", "Content-Length", "Proxy", "Proxy-Authorization",
                           "proxy-anything", "HTTP2-Settings"}) {
    EXPECT_TRUE(problem(name).contains("may not be set")) << name;
  }
  for (const auto* name : {"", "a b", "a:b", "a\r\nb", "\xC3\xA4", "a\t", "(x)"})
    EXPECT_FALSE(problem(name).empty()) << name;
  for (const auto* value : {"a\rb", "a\nb", "a\r\nx: y", "\x01", "\x7f"})
    EXPECT_TRUE(problem("x", value).contains("control character"));
  EXPECT_TRUE(problem("x", std::string("a\0b", 3)).contains("control character"));
  EXPECT_FALSE(problem("x", std::string(16 * kKiB + 1, 'v')).empty());
  EXPECT_FALSE(problem(std::string(257, 'n')).empty());
  for (const auto* value : {"", "plain", "tab\there", "caf\xC3\xA9", "\xFF\xFE"})
    EXPECT_EQ(problem("X-Any", value), "") << value;
  EXPECT_FALSE(problem("x", "secret\nvalue").contains("secret"));
}

TEST(HeaderRules, LimitHowManyAndHowMuch) {
  const std::vector<HttpHeader> many(101, {"x", "v"});
  EXPECT_TRUE(problem_with_headers(many));
  const std::vector<HttpHeader> large(5, {"x", std::string(15 * kKiB, 'v')});
  EXPECT_TRUE(problem_with_headers(large));
  EXPECT_FALSE(problem_with_headers(large, {.total_bytes = 100 * kKiB}));
}

}  // namespace
}  // namespace gvm::net
