// The web module's requests, end to end: the real program, real sockets, the shipped script.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/size.h"
#include "e2e/web.h"
#include "signing/verifier.h"
#include "support/certificate.h"
#include "support/gzip.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using Behaviour = HttpServer::Behaviour;
using testing::HasSubstr;
using testing::Not;
using ServerReply = HttpServer::Reply;

HttpServer::Handler echo() {
  return [](const HttpServer::Request& request) -> ServerReply {
    return {.headers = {{"Content-Type", "text/plain"}, {"X-Twice", "a"}, {"X-Twice", "b"}},
            .body = request.method + " " + request.target + " " + request.body};
  };
}

TEST(WebRequest, EveryMethodReachesTheServer) {
  HttpServer server(echo());
  const Module module(web_options());
  GenVm genvm(module.port());
  for (const std::string method : {"GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    const auto body = method == "GET" ? std::nullopt : std::optional<std::string>("b\n");
    const auto reply =
        genvm.ask(web_request({.method = method, .url = server.url("/p?q=1"), .body = body}));
    ASSERT_TRUE(reply.ok()) << reply.shown;
    EXPECT_EQ(status_of(reply), 200);
    EXPECT_EQ(body_of(reply), method + " /p?q=1 " + body.value_or(""));
    EXPECT_EQ(header_of(reply, "x-twice"), "a, b");
  }
  const auto head = genvm.ask(web_request({.method = "HEAD", .url = server.url("/p")}));
  EXPECT_EQ(status_of(head), 200) << head.shown;
  EXPECT_EQ(body_of(head), "");
}

TEST(WebRequest, EveryStatusIsHandedOnAsItIs) {
  HttpServer server([](const HttpServer::Request& request) -> ServerReply {
    return {.status = std::stoi(request.target.substr(1)), .body = "b"};
  });
  const Module module(web_options("http: {retry: {attempts: 1}}\n"));
  GenVm genvm(module.port());
  for (const int status : {201, 302, 400, 401, 403, 404, 429, 500, 503, 599}) {
    const auto reply = genvm.ask(get(server.url("/" + std::to_string(status))));
    ASSERT_TRUE(reply.ok()) << reply.shown;
    EXPECT_EQ(status_of(reply), status);
  }
}

TEST(WebRequest, HeadersAreBytesAndThoseOfTheModuleAreDropped) {
  HttpServer server(echo());
  const Module module(web_options());
  GenVm genvm(module.port());
  const auto reply = genvm.ask(web_request({.url = server.url(),
                                            .headers = {{"X-Latin", "caf\xe9"},
                                                        {"Host", "evil.example"},
                                                        {"Content-Length", "99"},
                                                        {"genlayer-tx-id", "forged"},
                                                        {"@path", "/x"}}}));
  ASSERT_TRUE(reply.ok()) << reply.shown;
  const auto seen = server.last_request();
  EXPECT_EQ(seen.header("x-latin"), "caf\xe9");
  EXPECT_THAT(seen.header("host"), HasSubstr("127.0.0.1"));
  EXPECT_EQ(seen.header("genlayer-tx-id"), "");
  EXPECT_EQ(seen.header("@path"), "");
}

TEST(WebRequest, HeaderInjectionIsRefusedBeforeAnythingIsSent) {
  HttpServer server(echo());
  const Module module(web_options());
  GenVm genvm(module.port());
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"x-a", "b\r\nx-injected: 1"},
      {"x-a", "b\nc"},
      {"x-a", std::string("b\0c", 3)},
      {"x-a\r\nx-b", "c"},
      {"x a", "b"},
      {"", "b"},
      {"x-a", std::string(70'000, 'x')},
      {"Connection", "close"},
      {"Transfer-Encoding", "chunked"},
      {"Proxy-Authorization", "Basic eA=="}};
  for (const auto& header : rows) {
    const auto reply = genvm.ask(web_request({.url = server.url(), .headers = {header}}));
    EXPECT_EQ(reply.outcome(), "UserError HEADER_FORBIDDEN") << header.first << reply.shown;
  }
  EXPECT_EQ(server.request_count(), 0U);
}

// A server may take the body of a GET for a request: nobody else may get that answer.
TEST(WebRequest, ABodyOfGetIsSentAndItsConnectionIsNotUsedAgain) {
  HttpServer server(echo());
  const Module module(web_options());
  GenVm genvm(module.port());
  EXPECT_TRUE(genvm.ask(get(server.url("/"))).ok());
  EXPECT_TRUE(genvm.ask(get(server.url("/"))).ok());
  EXPECT_EQ(server.connections(), 1U) << "usually they are";
  for (const std::string method : {"GET", "DELETE"}) {
    const auto before = server.connections();
    const auto reply = genvm.ask(
        web_request({.method = method, .url = server.url("/q"), .body = "GET /forged HTTP/1.1"}));
    EXPECT_EQ(body_of(reply), method + " /q GET /forged HTTP/1.1") << reply.shown;
    EXPECT_EQ(body_of(genvm.ask(get(server.url("/next")))), "GET /next ");
    EXPECT_EQ(server.connections(), before + 1) << method;
  }
}

TEST(WebRequest, ABodyOfHeadIsRefused) {
  const Module module(web_options());
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(web_request({.method = "HEAD", .url = "http://127.0.0.1:1/", .body = "x"}))
                .outcome(),
            "UserError BODY_FORBIDDEN");
}

TEST(WebRequest, MalformedAndForbiddenUrlsAreUserErrors) {
  const Module module(web_options());
  GenVm genvm(module.port());
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "MALFORMED_URL"},
      {"http://", "MALFORMED_URL"},
      {"/relative", "MALFORMED_URL"},
      {"http://exa mple.com/", "MALFORMED_URL"},
      {"http://[::1/", "MALFORMED_URL"},
      {"file:///etc/passwd", "SCHEMA_FORBIDDEN"},
      {"javascript:alert(1)", "SCHEMA_FORBIDDEN"},
      {"gopher://example.com/", "SCHEMA_FORBIDDEN"},
      {"http://example.com:22/", "PORT_FORBIDDEN"},
      {"http://example.invalidtld/", "TLD_FORBIDDEN"},
      {"http://intranet/", "TLD_FORBIDDEN"},
      {"http://10.0.0.1/", "ADDRESS_FORBIDDEN"},
      {"http://0x0a000001/", "ADDRESS_FORBIDDEN"},
      {"http://167772161/", "ADDRESS_FORBIDDEN"},
      {"http://[::ffff:10.0.0.1]/", "ADDRESS_FORBIDDEN"},
      {"http://[fe80::1]/", "ADDRESS_FORBIDDEN"},
      {"http://169.254.169.254/latest/meta-data/", "ADDRESS_FORBIDDEN"}};
  for (const auto& [url, code] : rows)
    EXPECT_EQ(genvm.ask(get(url)).outcome(), "UserError " + code) << url;
}

TEST(WebRequest, ARedirectIsJudgedLikeTheFirstUrl) {
  HttpServer server([](const HttpServer::Request& request) -> ServerReply {
    return {.status = 302, .headers = {{"Location", request.target.substr(1)}}};
  });
  const Module module(web_options());
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(get(server.url("/http://10.0.0.1/"))).outcome(),
            "UserError ADDRESS_FORBIDDEN");
  EXPECT_EQ(genvm.ask(get(server.url("/http://0xa9fea9fe/"))).outcome(),
            "UserError ADDRESS_FORBIDDEN");
  EXPECT_EQ(genvm.ask(get(server.url("/http://example.com:23/"))).outcome(),
            "UserError PORT_FORBIDDEN");
  const auto file = genvm.ask(get(server.url("/file:///etc/passwd")));
  EXPECT_EQ(file.outcome(), "UserError SENDING_REQUEST");
}

TEST(WebRequest, EndlessRedirectsEnd) {
  HttpServer server([](const HttpServer::Request&) -> ServerReply {
    return {.status = 302, .headers = {{"Location", "/again"}}};
  });
  const Module module(web_options());
  GenVm genvm(module.port());
  const auto reply = genvm.ask(get(server.url()));
  EXPECT_EQ(reply.outcome(), "UserError SENDING_REQUEST");
  EXPECT_THAT(reply.shown, HasSubstr("10 redirects"));
  EXPECT_EQ(server.request_count(), 11U);
}

TEST(WebRequest, NoHeaderOfTheCallerFollowsToAnotherOrigin) {
  HttpServer target(echo());
  HttpServer server([&](const HttpServer::Request&) -> ServerReply {
    return {.status = 307, .headers = {{"Location", target.url("/t")}, {"Set-Cookie", "s=1"}}};
  });
  const Module module(web_options());
  GenVm genvm(module.port());
  const auto reply = genvm.ask(
      web_request({.method = "POST",
                   .url = server.url(),
                   .headers = {{"Authorization", "Bearer x"}, {"Cookie", "c=1"}, {"X-Custom", "y"}},
                   .body = "b"}));
  ASSERT_TRUE(reply.ok()) << reply.shown;
  const auto seen = target.last_request();
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.header("authorization"), "");
  EXPECT_EQ(seen.header("x-custom"), "");
  // A host-only cookie of 127.0.0.1 also counts for other ports (RFC 6265, 8.5); the caller's
  // cookie does not.
  EXPECT_EQ(seen.header("cookie"), "s=1");
}

TEST(WebRequest, CookiesLiveWithinOneRequestOnly) {
  HttpServer server([](const HttpServer::Request& request) -> ServerReply {
    if (request.target == "/login")
      return {.status = 302, .headers = {{"Location", "/in"}, {"Set-Cookie", "sid=7; Path=/"}}};
    return {.body = "cookie: " + request.header("cookie")};
  });
  const Module module(web_options());
  GenVm genvm(module.port());
  EXPECT_EQ(body_of(genvm.ask(get(server.url("/login")))), "cookie: sid=7");
  EXPECT_EQ(body_of(genvm.ask(get(server.url("/in")))), "cookie: ");
}

TEST(WebRequest, SizeLimitsAreTyped) {
  HttpServer server(
      [](const HttpServer::Request&) -> ServerReply { return {.body = std::string(10'000, 'x')}; });
  const Module module(web_options());
  GenVm genvm(module.port(), hello_c());
  EXPECT_EQ(genvm.ask(with_size_limit(get(server.url()), 9'999)).outcome(),
            "UserError READING_BODY");
  EXPECT_TRUE(genvm.ask(with_size_limit(get(server.url()), 10'000)).ok());
}

TEST(WebRequest, AGzipBombEndsEarly) {
  const std::string bomb = test::gzip(std::string(256 * kMiB, '\0'));
  HttpServer server([&](const HttpServer::Request&) -> ServerReply {
    return {.headers = {{"Content-Encoding", "gzip"}}, .body = bomb};
  });
  const Module module(web_options());
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(get(server.url())).outcome(), "UserError READING_BODY");
  EXPECT_LT(module.resident_bytes(), 200 * kMiB * kSlowness);
}

TEST(WebRequest, WhatFailsBeforeAnAnswerIsRepeatedOnlyWhenThatIsSafe) {
  std::atomic<int> count{0};
  HttpServer server([&](const HttpServer::Request&) -> ServerReply {
    return {.body = "late", .behaviour = ++count == 1 ? Behaviour::cut : Behaviour::normal};
  });
  const Module module(web_options());
  GenVm genvm(module.port());
  EXPECT_EQ(body_of(genvm.ask(get(server.url()))), "late");
  count = 0;
  EXPECT_EQ(genvm.ask(web_request({.method = "POST", .url = server.url(), .body = "b"})).outcome(),
            "UserError SENDING_REQUEST");
  EXPECT_EQ(count, 1);
}

TEST(WebRequest, AnOverloadedServerIsAskedAgainAfterTheTimeItAsksFor) {
  std::atomic<int> count{0};
  HttpServer server([&](const HttpServer::Request&) -> ServerReply {
    if (++count == 1) return {.status = 503, .headers = {{"Retry-After", "1"}}};
    return {.body = "ready"};
  });
  const Module module(web_options());
  GenVm genvm(module.port());
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(body_of(genvm.ask(get(server.url()))), "ready");
  EXPECT_GE(std::chrono::steady_clock::now() - start, 1s);
}

TEST(WebRequest, UnusableAnswersAreTyped) {
  HttpServer server([](const HttpServer::Request& request) -> ServerReply {
    static const std::map<std::string, Behaviour> kinds = {{"/cut", Behaviour::cut_in_body},
                                                           {"/garbage", Behaviour::garbage},
                                                           {"/headers", Behaviour::endless_headers},
                                                           {"/long", Behaviour::length_too_long}};
    return {.body = std::string(5'000, 'x'), .behaviour = kinds.at(request.target)};
  });
  const Module module(web_options("http: {retry: {attempts: 1}}\n"));
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(get(server.url("/cut"))).outcome(), "UserError READING_BODY");
  EXPECT_EQ(genvm.ask(get(server.url("/long"))).outcome(), "UserError READING_BODY");
  EXPECT_EQ(genvm.ask(get(server.url("/garbage"))).outcome(), "UserError SENDING_REQUEST");
  EXPECT_EQ(genvm.ask(get(server.url("/headers"))).outcome(), "UserError SENDING_REQUEST");
}

struct TlsServer {
  explicit TlsServer(const test::Certificate& certificate)
      : server(echo(), {.certificate_pem = certificate.pem, .key_pem = certificate.key_pem}) {}
  HttpServer server;
};

TEST(WebRequest, EachFaultOfACertificateIsNamed) {
  const auto authority = test::make_authority("test authority");
  const auto stranger = test::make_authority("nobody knows this one");
  const TempFolder folder;
  const auto ca = folder.write("ca.pem", authority.pem);
  const Module module(web_options("http: {ca_file: " + ca + "}\n"));
  GenVm genvm(module.port());
  TlsServer good(test::make_certificate(authority, "localhost"));
  TlsServer expired(test::make_certificate(authority, "localhost", test::Validity::expired));
  TlsServer other(test::make_certificate(authority, "other.example"));
  TlsServer unknown(test::make_certificate(stranger, "localhost"));
  TlsServer self_signed(stranger);
  EXPECT_TRUE(genvm.ask(get(good.server.url())).ok());
  const auto fault = [&](const TlsServer& tls) {
    const auto reply = genvm.ask(get(tls.server.url()));
    EXPECT_EQ(reply.outcome(), "UserError SENDING_REQUEST");
    const Value* kind = reply.ctx.find("tls");
    return kind == nullptr ? reply.shown : std::string(*kind->as_string());
  };
  EXPECT_EQ(fault(expired), "expired");
  EXPECT_EQ(fault(other), "wrong_host");
  EXPECT_EQ(fault(unknown), "unknown_issuer");
  EXPECT_EQ(fault(self_signed), "self_signed");
}

// What a receiver of the GenLayer profile checks.
signing::Verification verify(const HttpServer& server, const HttpServer::Request& request,
                             const signing::Key& key) {
  signing::Fields fields;
  for (const auto& [name, value] : request.headers) fields.push_back({name, value});
  auto message = signing::Message::of_request(
      request.method, *url::parse(server.url(request.target)), std::move(fields));
  message.body = request.body;
  signing::VerifyPolicy policy;
  policy.find_key = signing::only_key(key);
  policy.now = std::chrono::duration_cast<std::chrono::seconds>(
                   std::chrono::system_clock::now().time_since_epoch())
                   .count();
  policy.max_age = std::chrono::seconds(60);
  return signing::verify(message, "", policy);
}

TEST(WebRequest, IsSignedByTheNodesSignerInTheGenlayerProfile) {
  const Secret secret(std::string(64, '1'));
  const auto key =
      signing::Key::load(signing::Algorithm::secp256k1, secret, signing::KeyUse::sign).value();
  HttpServer signer([&](const HttpServer::Request& request) -> ServerReply {
    if (request.target != "/sign/0x1234" || request.header("x-auth") != "anything")
      return {.status = 403};
    return {.body = key.sign(request.body).value()};
  });
  HttpServer server(echo());
  const Module module(web_options("signer_url: \"" + signer.url("/sign/#{tx_id}") +
                                  "\"\nsigner_headers: {x-auth: \"#{extra}\"}\n"));
  GenVm genvm(module.port());
  const auto reply = genvm.ask(
      web_request({.method = "POST", .url = server.url("/api?x=1"), .body = "{}", .sign = true}));
  ASSERT_TRUE(reply.ok()) << reply.shown;
  const auto seen = server.last_request();
  EXPECT_EQ(seen.header("genlayer-node-address"), "0xabcd");
  EXPECT_EQ(seen.header("genlayer-tx-id"), "0x1234");
  EXPECT_THAT(seen.header("signature-input"),
              testing::StartsWith("genvm=(\"@method\" \"@authority\" \"@path\" "
                                  "\"genlayer-node-address\" \"genlayer-tx-id\" \"genlayer-salt\" "
                                  "\"content-digest\" \"@query\");created="));
  const auto verification = verify(server, seen, key);
  EXPECT_TRUE(verification.valid())
      << (verification.first_failure() ? verification.first_failure()->detail : "nothing checked");
}

TEST(WebRequest, FailuresOfTheSignerAreToldApart) {
  HttpServer server(echo());
  HttpServer refusing([](const HttpServer::Request&) -> ServerReply { return {.status = 401}; });
  HttpServer mute([](const HttpServer::Request&) -> ServerReply { return {.body = ""}; });
  test::RefusingPort nobody;
  const auto outcome = [&](const std::string& settings) {
    const Module module(web_options(settings));
    GenVm genvm(module.port());
    return genvm.ask(web_request({.url = server.url(), .sign = true})).outcome();
  };
  EXPECT_EQ(outcome(""), "FatalError SIGN_URL_PATCH_FAILED");
  EXPECT_EQ(outcome("signer_url: \"" + mute.url("/#{absent}") + "\"\n"),
            "FatalError SIGN_URL_PATCH_FAILED");
  EXPECT_EQ(outcome("signer_url: \"" + nobody.url() + "\"\n"), "FatalError SIGN_URL_SEND_FAILED");
  EXPECT_EQ(outcome("signer_url: \"" + refusing.url() + "\"\n"), "FatalError SIGN_URL_BAD_STATUS");
  EXPECT_EQ(outcome("signer_url: \"" + mute.url() + "\"\n"), "FatalError SIGN_URL_READ_FAILED");
  EXPECT_EQ(server.request_count(), 0U);
}

TEST(WebRequest, IsSignedWithAKeyOfTheConfigurationAndAnewOnEachHop) {
  HttpServer server([](const HttpServer::Request& request) -> ServerReply {
    if (request.target == "/first") return {.status = 307, .headers = {{"Location", "/second"}}};
    return {};
  });
  const Module module(web_options(
      "signing: {use: k, keys: {k: {algorithm: hmac-sha256, "
      "key: \"hex:00112233445566778899aabbccddeeff\", label: mine, tag: app, "
      "components: [\"@method\", \"@target-uri\", x-a], parameters: [created, nonce, tag]}}}\n"));
  GenVm genvm(module.port());
  const auto reply = genvm.ask(web_request({.method = "PUT",
                                            .url = server.url("/first"),
                                            .headers = {{"X-A", "v"}, {"Signature", "forged"}},
                                            .body = "b",
                                            .sign = true}));
  ASSERT_TRUE(reply.ok()) << reply.shown;
  const auto key =
      signing::Key::load(signing::Algorithm::hmac_sha256,
                         Secret("hex:00112233445566778899aabbccddeeff"), signing::KeyUse::verify)
          .value();
  const auto seen = server.requests();
  ASSERT_EQ(seen.size(), 2U);
  for (const auto& request : seen) {
    const auto verification = verify(server, request, key);
    EXPECT_TRUE(verification.valid()) << request.target;
    EXPECT_EQ(verification.label, "mine");
  }
  EXPECT_NE(seen[0].header("signature"), seen[1].header("signature"));
}

TEST(WebRequest, AHeaderThatIsToBeSignedAndAbsentIsAUserError) {
  HttpServer server(echo());
  const Module module(
      web_options("signing: {use: k, keys: {k: {algorithm: hmac-sha256, "
                  "key: \"hex:00112233445566778899aabbccddeeff\", components: [x-needed]}}}\n"));
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(web_request({.url = server.url(), .sign = true})).outcome(),
            "UserError ABSENT_HEADER");
}

TEST(WebRequest, AVanishedPeerTakesItsRequestAlong) {
  HttpServer server(
      [](const HttpServer::Request&) -> ServerReply { return {.behaviour = Behaviour::hang}; });
  const Module module(web_options());
  {
    GenVm genvm(module.port());
    genvm.send(get(server.url()));
    ASSERT_TRUE(server.wait_for_requests(1, 10s));
  }
  EXPECT_TRUE(server.wait_for_open_connections(0, 2s));
}

TEST(WebRequest, AnOldScriptsHeadersAndSizesStillHold) {
  // check_url's answer, tables of the library and unfiltered requests, as operators' scripts use
  // them.
  HttpServer server(echo());
  ModuleOptions options = web_options();
  options.script = R"lua(
local lib = require("lib-genvm")
local web = require("lib-web")
function Request(ctx, payload)
  local always = web.check_url(payload.url)
  local count = 0
  for tld, allowed in pairs(web.rs.allowed_tld) do count = count + (allowed and 1 or 0) end
  local r = lib.rs.request(ctx, { method = payload.method, url = payload.url, headers = payload.headers,
    body = payload.body, unfiltered = true, error_on_status = true })
  return { status = r.status, headers = { ["X-Info"] = tostring(always) .. " " .. tostring(web.rs.allowed_tld["com"])
    .. " " .. tostring(count > 1000) .. " " .. tostring(web.allowed_schemas.https) .. " "
    .. tostring(web.rs.config.always_allow_hosts[1]) }, body = r.body }
end
function Render(ctx, payload) return { text = payload.mode .. " " .. payload.wait_after_loaded } end
)lua";
  const Module module(options);
  GenVm genvm(module.port());
  const auto reply = genvm.ask(get(server.url()));
  ASSERT_TRUE(reply.ok()) << reply.shown;
  EXPECT_EQ(header_of(reply, "x-info"), "true true true true 127.0.0.1");
  EXPECT_EQ(page_text(genvm.ask(render("http://x.com", "html", "1500ms"))), "html 1.5");
}

}  // namespace
}  // namespace gvm::e2e
