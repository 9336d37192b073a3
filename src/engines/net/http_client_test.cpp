#include "net/http_client.h"

#include "net/test_http_client.h"

namespace gvm::net {
namespace {

HttpServer::Reply echo(const HttpServer::Request& request) {
  return {.headers = {{"X-Method", request.method}, {"X-Mixed-CASE", "  kept As Is "}},
          .body = request.body};
}

struct HttpClientTest : ClientFixture {
  HttpServer server{echo};
};

TEST_F(HttpClientTest, GivesStatusHeadersAndBody) {
  HttpServer teapot(
      always({.status = 418, .headers = {{"X-A", "1"}, {"x-a", "2"}}, .body = "short"}));
  const auto answer = send(get(teapot.url("/pot")));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->status, 418);
  EXPECT_EQ(answer->body, "short");
  EXPECT_EQ(answer->header("x-a"), "1");
  EXPECT_EQ(answer->headers[1].value, "2");
  EXPECT_EQ(answer->header("x-b"), std::nullopt);
  EXPECT_EQ(answer->http_version, 11);
}

TEST_F(HttpClientTest, HeaderNamesAreLowerCaseAndValuesTrimmed) {
  EXPECT_EQ(send(get(server.url()))->header("x-mixed-case"), "kept As Is");
}

TEST_F(HttpClientTest, FoldedHeaderLinesBecomeOneValue) {
  HttpServer folding(always({.headers = {{"x-folded", "one\r\n   two\r\n\tthree"}}}));
  EXPECT_EQ(send(get(folding.url()))->header("x-folded"), "one two three");
}

TEST_F(HttpClientTest, TrailersAreNotMistakenForHeaders) {
  HttpServer chunking(always({.body = std::string(5000, 'x'), .behaviour = Behaviour::chunked}));
  const auto answer = send(get(chunking.url()));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body.size(), 5000U);
  EXPECT_EQ(answer->header("x-trailer"), std::nullopt);
}

TEST_F(HttpClientTest, SequentialRequestsShareOneConnection) {
  EXPECT_FALSE(send(get(server.url("/1")))->reused_connection);
  EXPECT_TRUE(send(get(server.url("/2")))->reused_connection);
  EXPECT_TRUE(send(post(server.url("/3"), "body"))->reused_connection);
  EXPECT_EQ(server.connections(), 1U);
  const auto stats = client.stats();
  EXPECT_EQ(stats.opened_connections, 1U);
  EXPECT_EQ(stats.reused_connections, 2U);
  EXPECT_EQ(stats.active, 0U);
}

TEST_F(HttpClientTest, ManyRequestsAtOnceEachGetTheirOwnAnswer) {
  constexpr int kRounds = 5;
  constexpr std::size_t kAtOnce = 100;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<HttpRequest> requests;
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      requests.push_back(post(server.url(), "body " + std::to_string(i)));
    }
    const auto answers = send_all(std::move(requests));
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      ASSERT_TRUE(answers[i]) << answers[i].error().to_string();
      EXPECT_EQ(answers[i]->body, "body " + std::to_string(i));
    }
  }
  EXPECT_LE(server.connections(), kAtOnce);
}

TEST_F(HttpClientTest, WaitsForAConnectionWhenThePoolIsFull) {
  HttpClientOptions options;
  options.max_connections = 2;
  HttpClient narrow(context, options);
  std::size_t answered = 0;
  for (int i = 0; i < 20; ++i) {
    asio::co_spawn(context, narrow.send(get(server.url()), Deadline::in(kPatience)),
                   [&](std::exception_ptr, HttpResult r) { answered += r.has_value(); });
  }
  context.run_for(kPatience);
  EXPECT_EQ(answered, 20U);
  EXPECT_LE(server.connections(), 2U);
}

TEST_F(HttpClientTest, EveryMethodIsSentAsGiven) {
  for (const std::string method :
       {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "GET"}) {
    HttpRequest request = get(server.url());
    request.method = method;
    const auto answer = send(std::move(request));
    ASSERT_TRUE(answer) << method << answer.error().to_string();
    EXPECT_EQ(server.last_request().method, method);
    EXPECT_EQ(server.last_request().body, "");
    const bool announces_body = method == "POST" || method == "PUT" || method == "PATCH";
    EXPECT_EQ(server.last_request().header("content-length"), announces_body ? "0" : "") << method;
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(HttpClientTest, ABodyIsSentWithAnyMethodThatIsGivenOne) {
  for (const std::string method : {"POST", "PUT", "DELETE", "GET"}) {
    HttpRequest request = post(server.url(), "payload of " + method);
    request.method = method;
    ASSERT_TRUE(send(std::move(request)));
    EXPECT_EQ(server.last_request().method, method);
    EXPECT_EQ(server.last_request().body, "payload of " + method);
  }
}

TEST_F(HttpClientTest, AddsNoHeaderTheCallerDidNotAskFor) {
  ASSERT_TRUE(send(post(server.url(), std::string(2 * kMiB, 'x'))));
  const auto request = server.last_request();
  EXPECT_EQ(request.header("content-type"), "");
  EXPECT_EQ(request.header("expect"), "");
  EXPECT_EQ(request.header("user-agent"), "genvm-modules");
  EXPECT_EQ(request.header("accept-encoding"), "gzip, deflate, br");
}

TEST_F(HttpClientTest, SendsHeadersSecretOnesAndEmptyOnes) {
  HttpRequest request = post(server.url(), "{}");
  request.headers = {
      {"Content-Type", "application/json"}, {"X-Empty", ""}, {"content-length", "2"}};
  request.secret_headers.push_back({"Authorization", "Bearer ", Secret("s3cret-key")});
  ASSERT_TRUE(send(std::move(request)));
  const auto seen = server.last_request();
  EXPECT_EQ(seen.header("content-type"), "application/json");
  EXPECT_EQ(seen.header("authorization"), "Bearer s3cret-key");
  EXPECT_EQ(seen.header("content-length"), "2");
  EXPECT_THAT(seen.headers, testing::Contains(testing::Pair("x-empty", "")));
}

TEST_F(HttpClientTest, NothingOfOneRequestIsSentWithTheNext) {
  HttpRequest first = post(server.url(), "first");
  first.url.insert(std::string("http://").size(), "user:pa55word@");
  first.headers = {{"X-One", "1"}, {"Cookie", "a=b"}};
  ASSERT_TRUE(send(std::move(first)));
  EXPECT_NE(server.last_request().header("authorization"), "");
  ASSERT_TRUE(send(get(server.url())));
  const auto seen = server.last_request();
  EXPECT_EQ(seen.body, "");
  for (const auto* name : {"authorization", "x-one", "cookie", "content-length", "content-type"}) {
    EXPECT_EQ(seen.header(name), "") << name;
  }
}

TEST_F(HttpClientTest, RedirectsAreHandedToTheCaller) {
  HttpServer mover(always({.status = 302, .headers = {{"Location", server.url("/elsewhere")}}}));
  const auto answer = send(get(mover.url()));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(answer->header("location"), server.url("/elsewhere"));
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(HttpClientTest, FiveMebibytesGoUpAndComeBackIntact) {
  std::string body(5 * kMiB, '\0');
  unsigned state = 1;
  for (char& c : body) c = static_cast<char>((state = state * 1664525U + 1013904223U) >> 24);
  const auto answer = send(post(server.url(), body));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_TRUE(answer->body == body);
  EXPECT_TRUE(server.last_request().body == body);
}

TEST_F(HttpClientTest, AConnectionTheServerClosedIsReplacedSilently) {
  ASSERT_TRUE(send(get(server.url())));
  ASSERT_EQ(server.close_idle_connections(), 1U);
  const auto answer = send(post(server.url(), "again"));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->body, "again");
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(HttpClientTest, AConnectionClosedWhileTheRequestIsOnItsWayIsReplacedOnce) {
  // The first connection serves one request and is closed at its second one: the server closes an
  // idle connection at that moment.
  HttpServer closing([](const HttpServer::Request& r) -> HttpServer::Reply {
    const bool second = r.connection == 0 && r.target == "/2";
    return {.body = r.body, .behaviour = second ? Behaviour::cut : Behaviour::normal};
  });
  ASSERT_TRUE(send(get(closing.url("/1"))));
  const auto answer = send(post(closing.url("/2"), "once more"));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->body, "once more");
  EXPECT_EQ(closing.connections(), 2U);
}

TEST_F(HttpClientTest, ARequestOnAFreshConnectionIsNeverSentTwice) {
  HttpServer cutting(always({.behaviour = Behaviour::cut}));
  EXPECT_EQ(verdict(send(post(cutting.url(), "pay"))), "SENDING_REQUEST/reset");
  EXPECT_EQ(cutting.request_count(), 1U);
}

TEST_F(HttpClientTest, AnAnswerNobodyAskedForIsNotTakenForTheNextOne) {
  ASSERT_TRUE(send(get(server.url("/honest"))));
  const std::string forged = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged";
  ASSERT_EQ(server.send_on_idle_connections(forged), 1U);
  const auto answer = send(post(server.url("/next"), "genuine"));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->body, "genuine");
  EXPECT_FALSE(answer->reused_connection);
}

TEST_F(HttpClientTest, AHangingFirstRequestHoldsNoOtherUp) {
  HttpServer server_([](const HttpServer::Request& r) -> HttpServer::Reply {
    return {.behaviour = r.target == "/hang" ? Behaviour::hang : Behaviour::normal};
  });
  std::vector<HttpRequest> requests;
  requests.push_back(get(server_.url("/hang")));
  requests.push_back(get(server_.url("/quick")));
  requests.front().timeouts.total = milliseconds(300);
  requests.back().timeouts.total = milliseconds(200);
  const auto answers = send_all(std::move(requests));
  EXPECT_EQ(timeout_verdict(answers[0]), "DEADLINE_EXCEEDED/total");
  EXPECT_EQ(verdict(answers[1]), "status 200");
}

TEST_F(HttpClientTest, ProxyVariablesOfTheEnvironmentAreIgnored) {
  const test::RefusingPort refusing;
  ::setenv("http_proxy", refusing.url().c_str(), 1);
  ::setenv("ALL_PROXY", refusing.url().c_str(), 1);
  const auto answer = send(get(server.url()));
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  EXPECT_EQ(verdict(answer), "status 200");
}

TEST_F(HttpClientTest, TheClientMayGoWhileRequestsRun) {
  HttpServer hanging(always({.behaviour = Behaviour::hang}));
  auto gone = std::make_unique<HttpClient>(context, HttpClientOptions());
  bool resumed = false;
  asio::co_spawn(context, gone->send(get(hanging.url()), Deadline::never()),
                 [&](std::exception_ptr, HttpResult) { resumed = true; });
  while (hanging.request_count() == 0) context.run_one_for(kPatience);
  gone.reset();
  context.run_for(kPatience);
  EXPECT_FALSE(resumed);
  EXPECT_TRUE(hanging.wait_for_open_connections(0, kPatience));
}

}  // namespace
}  // namespace gvm::net
