// Every way an upstream misbehaves gives its typed error, in time.
#include <dirent.h>

#include <algorithm>

#include "net/test_http_client.h"
#include "support/gzip.h"

namespace gvm::net {
namespace {

std::size_t open_descriptors() {
  DIR* directory = ::opendir("/proc/self/fd");
  std::size_t count = 0;
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count;
}

HttpTimeouts only(milliseconds HttpTimeouts::* which, milliseconds limit) {
  HttpTimeouts timeouts;
  timeouts.connect = timeouts.first_byte = timeouts.idle = timeouts.total = milliseconds(0);
  timeouts.*which = limit;
  return timeouts;
}

struct HttpFailure : ClientFixture {
  // Sends with one limit only; the result must come at that limit, and only a little later.
  std::string timed(const std::string& url, milliseconds HttpTimeouts::* which,
                    milliseconds limit) {
    HttpRequest request = get(url);
    request.timeouts = only(which, limit);
    const auto before = Clock::now();
    const auto result = send(std::move(request), Deadline::never());
    const auto took = Clock::now() - before;
    EXPECT_GE(took, limit);
    EXPECT_LE(took, limit + kLateness);
    return timeout_verdict(result);
  }
  std::string from(HttpServer::Reply reply) {
    const HttpServer server(always(std::move(reply)));
    return verdict(send(get(server.url())));
  }
};

constexpr milliseconds kShort{150};

TEST_F(HttpFailure, RefusedConnection) {
  const test::RefusingPort port;
  EXPECT_EQ(verdict(send(get(port.url()))), "SENDING_REQUEST/connect");
}

TEST_F(HttpFailure, UnknownHost) {
  // A label over 63 bytes is refused before any packet is sent.
  const std::string host = std::string(70, 'a') + ".invalid";
  EXPECT_EQ(verdict(send(get("http://" + host + "/"))), "SENDING_REQUEST/dns");
}

TEST_F(HttpFailure, ConnectingTakesTooLong) {
  const test::UnacceptingPort port;
  EXPECT_EQ(timed(port.url(), &HttpTimeouts::connect, kShort), "DEADLINE_EXCEEDED/connect");
}

TEST_F(HttpFailure, NoFirstByte) {
  const HttpServer server(always({.behaviour = Behaviour::hang}));
  EXPECT_EQ(timed(server.url(), &HttpTimeouts::first_byte, kShort), "DEADLINE_EXCEEDED/first_byte");
}

TEST_F(HttpFailure, SilenceWithinTheHeaders) {
  const HttpServer server(always({.behaviour = Behaviour::hang_in_headers}));
  EXPECT_EQ(timed(server.url(), &HttpTimeouts::idle, kShort), "DEADLINE_EXCEEDED/idle");
}

TEST_F(HttpFailure, SilenceWithinTheBody) {
  const HttpServer server(always({.body = "half and half", .behaviour = Behaviour::hang_in_body}));
  EXPECT_EQ(timed(server.url(), &HttpTimeouts::idle, kShort), "DEADLINE_EXCEEDED/idle");
}

TEST_F(HttpFailure, DrippingBytesAreEndedByTheTotalOnly) {
  const HttpServer server(always({.body = std::string(1000, 'd'),
                                  .behaviour = Behaviour::drip,
                                  .drip_interval = milliseconds(10)}));
  HttpRequest request = get(server.url());
  request.timeouts = only(&HttpTimeouts::idle, kShort);
  request.timeouts.total = 3 * kShort;
  EXPECT_EQ(timeout_verdict(send(std::move(request))), "DEADLINE_EXCEEDED/total");
}

TEST_F(HttpFailure, TheTotalCoversWaitingForTheAnswer) {
  const HttpServer server(always({.behaviour = Behaviour::hang}));
  EXPECT_EQ(timed(server.url(), &HttpTimeouts::total, kShort), "DEADLINE_EXCEEDED/total");
}

TEST_F(HttpFailure, TheDeadlineIsNamedWhenItIsSooner) {
  const HttpServer server(always({.behaviour = Behaviour::hang}));
  const auto before = Clock::now();
  EXPECT_EQ(timeout_verdict(send(get(server.url()), Deadline::in(kShort))),
            "DEADLINE_EXCEEDED/deadline");
  EXPECT_LE(Clock::now() - before, kShort + kLateness);
}

TEST_F(HttpFailure, APassedDeadlineSendsNothing) {
  const HttpServer server(always({}));
  EXPECT_EQ(timeout_verdict(send(get(server.url()), Deadline::in(milliseconds(0)))),
            "DEADLINE_EXCEEDED/deadline");
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(HttpFailure, ALargeRequestNobodyReadsIsSilence) {
  const test::SilentPort port;
  HttpRequest request = post(port.url(), std::string(20 * kMiB, 'u'));
  request.timeouts = only(&HttpTimeouts::idle, kShort);
  EXPECT_EQ(timeout_verdict(send(std::move(request))), "DEADLINE_EXCEEDED/idle");
}

TEST_F(HttpFailure, WaitingForTheAnswerBeginsWhenALargeRequestIsSent) {
  const HttpServer server(always({.behaviour = Behaviour::hang}));
  HttpRequest request = post(server.url(), std::string(2 * kMiB, 'u'));
  request.timeouts = only(&HttpTimeouts::first_byte, kShort);
  EXPECT_EQ(timeout_verdict(send(std::move(request))), "DEADLINE_EXCEEDED/first_byte");
  EXPECT_EQ(server.request_count(), 1U);
}

TEST_F(HttpFailure, ClosedWithoutAnAnswer) {
  EXPECT_EQ(from({.behaviour = Behaviour::cut}), "SENDING_REQUEST/reset");
  EXPECT_EQ(from({.behaviour = Behaviour::reset}), "SENDING_REQUEST/reset");
}

TEST_F(HttpFailure, ClosedWithinTheHeaders) {
  EXPECT_EQ(from({.behaviour = Behaviour::cut_in_headers}), "SENDING_REQUEST/reset");
}

TEST_F(HttpFailure, ClosedWithinTheBody) {
  EXPECT_EQ(from({.body = "half and half", .behaviour = Behaviour::cut_in_body}),
            "READING_BODY/cut");
}

TEST_F(HttpFailure, LessThanTheAnnouncedLength) {
  EXPECT_EQ(from({.body = "as announced?", .behaviour = Behaviour::length_too_long}),
            "READING_BODY/cut");
}

TEST_F(HttpFailure, MoreThanTheAnnouncedLengthIsLeftBehind) {
  const HttpServer server(
      always({.body = "wantedUNWANT", .behaviour = Behaviour::length_too_short}));
  for (int i = 0; i < 3; ++i) {
    const auto answer = send(get(server.url()));
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->body, "wanted");
  }
}

TEST_F(HttpFailure, BytesThatAreNotHttp) {
  EXPECT_EQ(from({.body = "SSH-2.0-OpenSSH_9.2\r\n", .behaviour = Behaviour::garbage}),
            "SENDING_REQUEST/protocol");
  EXPECT_EQ(from({.body = std::string(300, '\x16'), .behaviour = Behaviour::garbage}),
            "SENDING_REQUEST/protocol");
}

TEST_F(HttpFailure, HeadersWithoutEnd) {
  EXPECT_EQ(from({.behaviour = Behaviour::endless_headers}), "SENDING_REQUEST/protocol");
}

TEST_F(HttpFailure, HeadersOverTheirLimit) {
  const HttpServer server(always({.headers = {{"x-big", std::string(3000, 'b')}}}));
  HttpRequest request = get(server.url());
  request.max_headers = 2000;
  const auto refused = send(request);
  EXPECT_EQ(verdict(refused), "SENDING_REQUEST/protocol");
  EXPECT_EQ(*refused.error().ctx().find("limit"), Value::integer(2000));
  request.max_headers = 4000;
  EXPECT_EQ(verdict(send(request)), "status 200");
}

TEST_F(HttpFailure, BodyOverItsLimitWhetherAnnouncedOrNot) {
  for (const auto behaviour : {Behaviour::normal, Behaviour::chunked, Behaviour::until_close}) {
    const HttpServer server(always({.body = std::string(10'001, 'b'), .behaviour = behaviour}));
    HttpRequest request = get(server.url());
    request.max_body = 10'000;
    const auto refused = send(request);
    EXPECT_EQ(verdict(refused), "READING_BODY/limit");
    EXPECT_EQ(*refused.error().ctx().find("limit"), Value::integer(10'000));
    request.max_body = 10'001;
    EXPECT_EQ(verdict(send(request)), "status 200");
  }
}

TEST_F(HttpFailure, AnAnnouncedLengthOverTheLimitIsRefusedBeforeItIsSent) {
  const HttpServer server(
      always({.body = std::string(10'000, 'b'), .behaviour = Behaviour::hang_in_body}));
  HttpRequest request = get(server.url());
  request.max_body = 4'000;
  EXPECT_EQ(verdict(send(request)), "READING_BODY/limit");
}

TEST_F(HttpFailure, CompressedAnswersAreUnpacked) {
  const HttpServer server(
      always({.headers = {{"content-encoding", "gzip"}}, .body = test::gzip("plain text")}));
  EXPECT_EQ(send(get(server.url()))->body, "plain text");
}

TEST_F(HttpFailure, AnUnpackedAnswerDoesNotSayThatItIsPacked) {
  const HttpServer packed(always({.headers = {{"content-encoding", "gzip"}, {"etag", "x"}},
                                  .body = test::gzip("plain text")}));
  const auto unpacked = send(get(packed.url()));
  ASSERT_TRUE(unpacked);
  EXPECT_FALSE(unpacked->header("content-encoding"));
  EXPECT_FALSE(unpacked->header("content-length"));
  EXPECT_EQ(unpacked->header("etag"), "x");
  const HttpServer plain(always({.headers = {{"content-encoding", "none"}}, .body = "plain text"}));
  const auto as_it_is = send(get(plain.url()));
  ASSERT_TRUE(as_it_is);
  EXPECT_EQ(as_it_is->header("content-encoding"), "none");
  EXPECT_EQ(as_it_is->header("content-length"), "10");
}

TEST_F(HttpFailure, AGzipBombStopsAtTheBodyLimit) {
  const HttpServer server(always({.headers = {{"content-encoding", "gzip"}},
                                  .body = test::gzip(std::string(64 * kMiB, '\0'))}));
  HttpRequest request = get(server.url());
  request.max_body = kMiB;
  EXPECT_EQ(verdict(send(std::move(request))), "READING_BODY/limit");
}

TEST_F(HttpFailure, BrokenCompression) {
  std::string broken = test::gzip(std::string(5000, 'z'));
  broken[12] = '\x7f';
  EXPECT_EQ(from({.headers = {{"content-encoding", "gzip"}}, .body = broken}),
            "READING_BODY/encoding");
}

TEST_F(HttpFailure, CompressionThatWasNotOffered) {
  for (const std::string coding : {"zstd", "gzip, gzip", "compress"}) {
    EXPECT_EQ(from({.headers = {{"content-encoding", coding}}, .body = "x"}),
              "READING_BODY/encoding")
        << coding;
  }
}

TEST_F(HttpFailure, NamesOfNoCodingMeanThatTheBodyIsAsItIs) {
  for (const std::string name :
       {"UTF-8", "none", "", "identity", "binary, identity", "gzip-less"}) {
    const HttpServer server(always({.headers = {{"content-encoding", name}}, .body = "as it is"}));
    const auto answer = send(get(server.url()));
    ASSERT_EQ(verdict(answer), "status 200") << name;
    EXPECT_EQ(answer->body, "as it is") << name;
  }
}

TEST_F(HttpFailure, ACodingBesideANameOfNoneIsUndone) {
  for (const std::string name : {"gzip, UTF-8", "none,GZIP", " x-gzip "}) {
    const HttpServer server(
        always({.headers = {{"content-encoding", name}}, .body = test::gzip("plain")}));
    const auto answer = send(get(server.url()));
    ASSERT_EQ(verdict(answer), "status 200") << name;
    EXPECT_EQ(answer->body, "plain") << name;
  }
}

TEST_F(HttpFailure, CompressedDataThatEndsTooEarlyIsCut) {
  const std::string whole = test::gzip(std::string(5000, 'z') + "end");
  for (const std::size_t missing : {1U, 8U, 9U, 15U}) {
    EXPECT_EQ(from({.headers = {{"content-encoding", "gzip"}},
                    .body = whole.substr(0, whole.size() - missing)}),
              "READING_BODY/cut")
        << missing;
  }
  EXPECT_EQ(from({.headers = {{"content-encoding", "gzip"}}, .body = ""}), "status 200")
      << "nothing at all is an empty body";
  EXPECT_EQ(from({.headers = {{"content-encoding", "br"}}, .body = "\x0b"}), "READING_BODY/cut");
}

TEST_F(HttpFailure, APartOfACompressedAnswerIsNotAskedFor) {
  HttpServer server(always({.body = "x"}));
  HttpRequest request = get(server.url());
  request.headers = {{"range", "bytes=0-1"}};
  EXPECT_EQ(verdict(send(std::move(request))), "status 200");
  EXPECT_EQ(server.last_request().header("accept-encoding"), "identity");
}

TEST_F(HttpFailure, RequestsThatMustNotBeSent) {
  const HttpServer server(always({}));
  const auto refused = [&](auto&& spoil) {
    HttpRequest request = post(server.url(), "body");
    spoil(request);
    return verdict(send(std::move(request)));
  };
  using R = HttpRequest;
  const std::string expected = "SENDING_REQUEST/protocol";
  EXPECT_EQ(refused([](R& r) { r.headers = {{"X-A", "1\r\nX-Evil: 1"}}; }), expected);
  EXPECT_EQ(refused([](R& r) { r.headers = {{"X-A: 1\r\nX-Evil", "1"}}; }), expected);
  EXPECT_EQ(refused([](R& r) { r.headers = {{"", "1"}}; }), expected);
  EXPECT_EQ(refused([](R& r) { r.headers = {{"X-A", std::string("1\0", 2)}}; }), expected);
  EXPECT_EQ(refused([](R& r) { r.headers = {{"Content-Length", "3"}}; }), expected);
  EXPECT_EQ(refused([](R& r) { r.headers = {{"Transfer-Encoding", "chunked"}}; }), expected);
  EXPECT_EQ(refused([](R& r) { r.headers = {{"Connection", "close"}}; }), expected);
  EXPECT_EQ(refused([](R& r) { r.secret_headers.push_back({"K", "", Secret("a\nb")}); }), expected);
  EXPECT_EQ(refused([](R& r) { r.method = "GET / HTTP/1.1\r\n\r\nGET"; }), expected);
  EXPECT_EQ(refused([](R& r) { r.method = ""; }), expected);
  EXPECT_EQ(refused([](R& r) { r.url = "file:///etc/passwd"; }), expected);
  EXPECT_EQ(refused([](R& r) { r.url = "gopher://127.0.0.1/"; }), expected);
  EXPECT_EQ(refused([](R& r) { r.url = "/relative"; }), expected);
  EXPECT_EQ(refused([](R& r) { r.url = ""; }), expected);
  EXPECT_EQ(refused([](R& r) { r.url += std::string("a\0b", 3); }), expected);
  EXPECT_EQ(refused([](R& r) { r.url += " HTTP/1.1\r\nX: y"; }), expected);
  EXPECT_EQ(refused([](R& r) { r.url += std::string(9'000'000, 'a'); }), expected);
  EXPECT_EQ(server.request_count(), 0U);
}

TEST_F(HttpFailure, NoErrorTellsASecret) {
  const test::RefusingPort refusing;
  const HttpServer cutting(always({.body = "half and half", .behaviour = Behaviour::cut_in_body}));
  const HttpServer hanging(always({.behaviour = Behaviour::hang}));
  for (std::string url :
       {refusing.url(), cutting.url(), hanging.url(), std::string("http://bad host/")}) {
    url.insert(std::string("http://").size(), "canary-user:canary-pass@");
    url += "p?key=canary-query#canary-fragment";
    HttpRequest request = get(url);
    request.secret_headers.push_back({"Authorization", "Bearer ", Secret("canary-header")});
    const auto result = send(std::move(request), Deadline::in(kShort));
    ASSERT_FALSE(result);
    std::string everything = result.error().to_string() + text_of(result.error(), "url");
    EXPECT_THAT(everything, testing::Not(testing::HasSubstr("canary"))) << url;
    EXPECT_TRUE(result.error().error.fatal());
  }
}

TEST_F(HttpFailure, ErrorsNameTheUrlWithoutItsQuery) {
  const test::RefusingPort refusing;
  const auto result = send(get(refusing.url("/v1/models?key=k")));
  EXPECT_EQ(text_of(result.error(), "url"), refusing.url("/v1/models"));
}

TEST_F(HttpFailure, CuttingTheAnswerAfterAnyByteIsAnErrorOrTheWholeAnswer) {
  const std::string whole =
      "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello";
  std::size_t cut_at = 0;
  const HttpServer server([&](const HttpServer::Request&) -> HttpServer::Reply {
    return {.body = whole.substr(0, cut_at), .behaviour = Behaviour::garbage};
  });
  for (cut_at = 0; cut_at < whole.size(); ++cut_at) {
    EXPECT_FALSE(send(get(server.url()))) << cut_at;
  }
  const auto answer = send(get(server.url()));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "hello");
}

TEST_F(HttpFailure, ContradictingOrGarbledLengthsAreRefused) {
  std::string lengths;
  const HttpServer server([&](const HttpServer::Request&) -> HttpServer::Reply {
    return {.body = "HTTP/1.1 200 OK\r\n" + lengths + "\r\nhello", .behaviour = Behaviour::garbage};
  });
  for (const auto* wrong :
       {"content-length: 5\r\ncontent-length: 4\r\n", "content-length: 4\r\ncontent-length: 5\r\n",
        "content-length: 5, 4\r\n", "content-length: 5,\r\n", "content-length: ,5\r\n",
        "content-length: -5\r\n", "content-length: 5x\r\n"}) {
    lengths = wrong;
    const auto result = send(get(server.url()));
    ASSERT_FALSE(result) << wrong;
    EXPECT_EQ(text_of(result.error(), "kind"), "protocol") << wrong << result.error().to_string();
  }
  for (const auto* same : {"content-length: 5\r\ncontent-length: 5\r\n", "content-length: 5, 5\r\n",
                           "content-length: 5 ,05,\t5\r\ncontent-length: 5\r\n"}) {
    lengths = same;
    const auto result = send(get(server.url()));
    ASSERT_TRUE(result) << same << result.error().to_string();
    EXPECT_EQ(result->body, "hello") << same;
  }
}

TEST_F(HttpFailure, AChangeOfProtocolThatNobodyAskedForIsAnErrorAtOnce) {
  const HttpServer server([&](const HttpServer::Request&) -> HttpServer::Reply {
    return {.body = "HTTP/1.1 101 Sw\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi",
            .behaviour = Behaviour::garbage};
  });
  const auto result = send(get(server.url()));
  ASSERT_FALSE(result);
  EXPECT_EQ(text_of(result.error(), "kind"), "protocol") << result.error().to_string();
}

TEST_F(HttpFailure, AnErrorStatusWhoseBodyIsCutKeepsItsStatus) {
  const HttpServer server([&](const HttpServer::Request&) -> HttpServer::Reply {
    return {.body = "HTTP/1.1 401 No\r\ncontent-length: 50\r\n\r\nhello",
            .behaviour = Behaviour::garbage};
  });
  const auto result = send(get(server.url()));
  ASSERT_FALSE(result);
  const Value* status = result.error().ctx().find("status");
  ASSERT_NE(status, nullptr);
  EXPECT_EQ(status->as_integer()->to_i64(), 401);
}

TEST_F(HttpFailure, AStatusLineWithoutEndIsAHeadOverItsLimit) {
  const HttpServer server([&](const HttpServer::Request&) -> HttpServer::Reply {
    return {.body = "HTTP/1.1 200 " + std::string(std::size_t{1} << 20U, 'a'),
            .behaviour = Behaviour::garbage};
  });
  const auto result = send(get(server.url()));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().to_string(), testing::HasSubstr("head")) << result.error().to_string();
}

TEST(HttpFailures, TwoThousandMixedOnesLeakNoDescriptor) {
  constexpr std::size_t kFailures = 2000;
  constexpr std::size_t kAtOnce = 50;
  const std::vector<Behaviour> kinds{
      Behaviour::cut,         Behaviour::reset,          Behaviour::cut_in_headers,
      Behaviour::cut_in_body, Behaviour::hang_in_body,   Behaviour::hang,
      Behaviour::garbage,     Behaviour::length_too_long};
  std::size_t next = 0;
  const HttpServer server([&](const HttpServer::Request&) -> HttpServer::Reply {
    return {.body = "twelve bytes", .behaviour = kinds[next++ % kinds.size()]};
  });
  const test::RefusingPort refusing;
  const auto before = open_descriptors();
  {
    FreeClient fixture;
    for (std::size_t sent = 0; sent < kFailures; sent += kAtOnce) {
      std::vector<HttpRequest> requests;
      for (std::size_t i = 0; i < kAtOnce; ++i) {
        requests.push_back(get(i % 9 == 0 ? refusing.url() : server.url()));
        requests.back().timeouts.first_byte = requests.back().timeouts.idle = milliseconds(40);
      }
      for (const auto& result : fixture.send_all(std::move(requests))) EXPECT_FALSE(result);
      // Dead connections may stay in the pool until it is used again, but their number stays
      // bounded.
      EXPECT_LE(open_descriptors(), before + 2 * kAtOnce);
    }
    EXPECT_EQ(fixture.client.stats().active, 0U);
  }
  EXPECT_TRUE(server.wait_for_open_connections(0, kPatience));
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace gvm::net
