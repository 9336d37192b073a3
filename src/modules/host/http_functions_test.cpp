#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "host/test_host_run.h"
#include "support/http_server.h"

namespace gvm::host {

namespace {

using namespace std::chrono_literals;
using test::HttpServer;
using testing::HasSubstr;
using testing::Not;

using Reply = HttpServer::Reply;
using Request = HttpServer::Request;

HttpServer::Handler always(Reply reply) {
  return [reply](const Request&) { return reply; };
}

// `fields` are further fields of the request; `u` is the URL in them.
std::string get(const std::string& fields = "") {
  return "local u = argument\nreturn rs.request(ctx, {method = 'GET', url = u, headers = {}, " +
         fields + "})";
}

Result<Value> request(const HttpServer& server, const std::string& lua) {
  return run_lua(lua, Value::string(server.url("/path?key=in-the-query")));
}

TEST(Request, AnswersStatusHeadersAndBody) {
  HttpServer server(always({.status = 404,
                            .headers = {{"X-Thing", "a"}, {"x-thing", "b"}},
                            .body = std::string("\x00\xff", 2)}));
  const auto answer = request(server, get());
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer->find("status")->as_integer(), Integer(404));
  EXPECT_EQ(*answer->find("headers")->find("x-thing")->as_string(), "a, b");
  EXPECT_EQ(*answer->find("body")->as_bytes(), std::string_view("\x00\xff", 2));
}

TEST(Request, SendsMethodBodyAndHeaders) {
  HttpServer server(always({}));
  const auto answer = request(server,
                              "return rs.request(ctx, {method = 'PUT', url = argument, headers = "
                              "{['X-Mine'] = 'v', Host = 'evil', ['Content-Length'] = '1', "
                              "['genlayer-tx-id'] = 'forged', ['@path'] = 'x'}, body = 'b\\0dy'})");
  ASSERT_TRUE(answer) << answer.error().to_string();
  const Request seen = server.last_request();
  EXPECT_EQ(seen.method, "PUT");
  EXPECT_EQ(seen.target, "/path?key=in-the-query");
  EXPECT_EQ(seen.body, std::string("b\0dy", 4));
  EXPECT_EQ(seen.header("x-mine"), "v");
  EXPECT_THAT(seen.header("host"), HasSubstr("127.0.0.1"));
  EXPECT_EQ(seen.header("content-length"), "4");
  EXPECT_EQ(seen.header("genlayer-tx-id"), "");
}

TEST(Request, JsonParsesTheBody) {
  HttpServer server(always({.status = 500, .body = R"({"a":[1,null],"b":null})"}));
  const auto answer =
      request(server,
              "local r = rs.request(ctx, {method = 'GET', url = argument, headers "
              "= {}, json = true})\nreturn {r.status, r.body.a[1], r.body.b == nil}");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(json::write(*answer), "[500,1,true]");
}

TEST(Request, BodyThatIsNoJsonIsDeserializing) {
  HttpServer server(always({.body = "<html>"}));
  const auto answer = request(server, get("json = true"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), "DESERIALIZING");
  EXPECT_TRUE(answer.error().fatal());
  EXPECT_EQ(*answer.error().ctx().find("body")->as_string(), "<html>");
}

TEST(Request, ErrorOnStatusTellsStatusHeadersBodyAndUrl) {
  HttpServer server(always({.status = 503, .headers = {{"retry-after", "3"}}, .body = "busy"}));
  const auto answer = request(server, get("error_on_status = true"));
  ASSERT_FALSE(answer);
  const Error& error = answer.error();
  EXPECT_EQ(error.code(), "STATUS_NOT_OK");
  EXPECT_TRUE(error.fatal());
  EXPECT_EQ(*error.ctx().find("status")->as_integer(), Integer(503));
  EXPECT_EQ(*error.ctx().find("headers")->find("retry-after")->as_string(), "3");
  EXPECT_EQ(*error.ctx().find("body")->as_string(), "busy");
  EXPECT_EQ(*error.ctx().find("url")->as_string(), server.url("/path"));
}

TEST(Request, ErrorOnStatusParsesAJsonBody) {
  HttpServer server(always({.status = 201, .body = R"({"why":"created is not 200"})"}));
  const auto answer = request(server, get("error_on_status = true, json = true"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), "STATUS_NOT_OK");
  EXPECT_EQ(*answer.error().ctx().find("body")->find("why")->as_string(), "created is not 200");
}

TEST(Request, ErrorBodyIsBounded) {
  HttpServer server(always({.status = 500, .body = std::string(300'000, 'x')}));
  const auto answer = request(server, get("error_on_status = true"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().ctx().find("body")->as_string()->size(), 64 * kKiB);
}

TEST(Request, CredentialsAreNotEchoedInErrors) {
  HttpServer server([](const Request& seen) {
    return Reply{
        .status = 401,
        .headers = {{"x-echo", seen.header("authorization")}},
        .body = "bad key: " + seen.header("authorization") + " " + seen.header("x-api-key")};
  });
  const auto answer = request(
      server,
      "return rs.request(ctx, {method = 'GET', url = argument, error_on_status = true, headers = "
      "{Authorization = 'Bearer topsecrettoken', ['X-Api-Key'] = 'anothersecret'}})");
  ASSERT_FALSE(answer);
  const std::string text = json::write(answer.error().to_value());
  EXPECT_THAT(text, HasSubstr("bad key"));
  EXPECT_THAT(text, Not(HasSubstr("topsecrettoken")));
  EXPECT_THAT(text, Not(HasSubstr("anothersecret")));
  EXPECT_THAT(text, Not(HasSubstr("in-the-query")));
}

TEST(Request, ConfiguredSecretsAreRedactedInErrors) {
  HttpServer server(always({.status = 500, .body = "leak: configured-secret-1"}));
  HostRunOptions options = HostRun::body(get("error_on_status = true"));
  options.secrets.emplace_back("configured-secret-1");
  HostRun run(std::move(options));
  const auto answer = run.main(Value::string(server.url()));
  ASSERT_FALSE(answer);
  EXPECT_THAT(json::write(answer.error().to_value()), Not(HasSubstr("configured-secret-1")));
}

TEST(Request, BodyOverItsLimitIsReadingBody) {
  HttpServer server(always({.body = std::string(2000, 'x')}));
  const auto answer = request(server, get("response_body_max_size = 1999"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), "READING_BODY");
  EXPECT_TRUE(answer.error().fatal());
  EXPECT_TRUE(request(server, get("response_body_max_size = 2000")));
  EXPECT_FALSE(request(server, get("response_body_max_size = 0")));
}

TEST(Request, TimeoutIsInSecondsAndNamed) {
  HttpServer server(always({.behaviour = HttpServer::Behaviour::hang}));
  const auto answer = request(server, get("timeout = 0.05"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), "DEADLINE_EXCEEDED");
  EXPECT_EQ(*answer.error().ctx().find("timeout")->as_string(), "total");
}

TEST(Request, RefusedConnectionIsSendingRequest) {
  const test::RefusingPort port;
  const auto answer = run_lua(get(), Value::string(port.url()));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), "SENDING_REQUEST");
  EXPECT_TRUE(answer.error().fatal());
}

TEST(Request, ErrorsAreRaisedInTheScriptWhereItCanCatchThem) {
  const test::RefusingPort port;
  const auto answer = run_lua(
      "local ok, e = pcall(rs.request, ctx, {method = 'GET', url = argument, headers = {}})\n"
      "return {ok, rs.as_user_error(e).causes[1]}",
      Value::string(port.url()));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(json::write(*answer), R"([false,"SENDING_REQUEST"])");
}

TEST(Request, RefusesWrongArgumentsByName) {
  const auto argument_of = [](const std::string& fields) {
    const auto result = run_lua("rs.request(ctx, {" + fields + "})");
    if (result) return std::string("accepted");
    if (result.error().code() != "SCRIPT_BAD_ARGUMENT") return result.error().to_string();
    return std::string(*result.error().ctx().find("argument")->as_string());
  };
  const std::string base = "method = 'GET', url = 'http://127.0.0.1:1/', ";
  EXPECT_EQ(argument_of("url = 'http://a/'"), "method");
  EXPECT_EQ(argument_of("method = 'GET'"), "url");
  EXPECT_EQ(argument_of("method = 'TRACE', url = 'http://a/'"), "method");
  EXPECT_EQ(argument_of("method = 'get', url = 'http://a/'"), "method");
  EXPECT_EQ(argument_of(base + "headers = 'x'"), "headers");
  EXPECT_EQ(argument_of(base + "headers = {'x'}"), "headers");
  EXPECT_EQ(argument_of(base + "headers = {['a b'] = 'x'}"), "headers");
  EXPECT_EQ(argument_of(base + "headers = {a = {}}"), "headers[\"a\"]");
  EXPECT_EQ(argument_of(base + "headers = {a = 'x\\r\\nb: c'}"), "headers[\"a\"]");
  EXPECT_EQ(argument_of(base + "headers = {a = string.rep('x', 70000)}"), "headers");
  EXPECT_EQ(argument_of(base + "body = {}"), "body");
  EXPECT_EQ(argument_of(base + "timeout = 0"), "timeout");
  EXPECT_EQ(argument_of(base + "timeout = 'x'"), "timeout");
  EXPECT_EQ(argument_of(base + "response_body_max_size = -1"), "response_body_max_size");
  EXPECT_EQ(argument_of(base + "json = 1"), "json");
  EXPECT_EQ(argument_of(base + "error_on_status = 'no'"), "error_on_status");
  EXPECT_EQ(argument_of(base + "unfiltered = 0"), "unfiltered");
  EXPECT_EQ(argument_of(base + "sign = 1"), "sign");
  EXPECT_EQ(argument_of(base + "sign_with = true"), "sign_with");
  EXPECT_EQ(error_of("rs.request(ctx)"), "SCRIPT_BAD_ARGUMENT");
}

TEST(Request, RefusesUrlsThatAreNone) {
  EXPECT_EQ(error_of(get(), Value::string("no url")), "MALFORMED_URL");
  EXPECT_EQ(error_of(get(), Value::string("ftp://example.com/")), "SCHEMA_FORBIDDEN");
  EXPECT_EQ(error_of(get(), Value::string("file:///etc/passwd")), "SCHEMA_FORBIDDEN");
}

TEST(Request, IsRefusedAtTheTopLevelOfAScript) {
  HostRunOptions options;
  options.script = "require('lib-genvm').rs.request({}, {method = 'GET', url = 'http://a/'})";
  HostRun run(std::move(options));
  ASSERT_TRUE(run.load_error);
  EXPECT_THAT(run.load_error->to_string(), HasSubstr("SCRIPT_CANNOT_WAIT"));
}

TEST(Redirects, AreFollowedAndAPostAnswered302BecomesAGet) {
  HttpServer server([](const Request& seen) {
    if (seen.target == "/end") return Reply{.body = seen.method + " " + seen.body};
    return Reply{.status = 302, .headers = {{"location", "/end"}}};
  });
  const auto answer = run_lua(
      "return rs.request(ctx, {method = 'POST', url = argument, headers = {['Content-Type'] = "
      "'text/x', other = 'kept'}, body = 'data'})",
      Value::string(server.url("/start")));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer->find("body")->as_string(), "GET ");
  EXPECT_EQ(server.last_request().header("content-type"), "");
  EXPECT_EQ(server.last_request().header("other"), "kept");
}

TEST(Redirects, Status307KeepsMethodAndBody) {
  HttpServer server([](const Request& seen) {
    if (seen.target == "/end") return Reply{.body = seen.method + " " + seen.body};
    return Reply{.status = 307, .headers = {{"location", "end"}}};
  });
  const auto answer = run_lua(
      "return rs.request(ctx, {method = 'POST', url = argument, headers = {}, body = 'data'})",
      Value::string(server.url("/start")));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer->find("body")->as_string(), "POST data");
}

TEST(Redirects, AnotherOriginGetsNoCredentials) {
  HttpServer other(always({.body = "other"}));
  HttpServer server(always({.status = 307, .headers = {{"location", other.url("/")}}}));
  const auto answer = run_lua(
      "return rs.request(ctx, {method = 'GET', url = argument, headers = {authorization = "
      "'Bearer x', cookie = 'c', ['x-api-key'] = 'k', accept = 'a'}})",
      Value::string(server.url()));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(server.last_request().header("authorization"), "Bearer x");
  const Request seen = other.last_request();
  EXPECT_EQ(seen.header("authorization"), "");
  EXPECT_EQ(seen.header("cookie"), "");
  EXPECT_EQ(seen.header("x-api-key"), "");
  EXPECT_EQ(seen.header("accept"), "a");
}

TEST(Redirects, EndAfterTheirLimit) {
  HttpServer server(always({.status = 302, .headers = {{"location", "/again"}}}));
  const auto answer = request(server, get());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), "SENDING_REQUEST");
  EXPECT_EQ(*answer.error().ctx().find("kind")->as_string(), "redirect");
  EXPECT_EQ(server.request_count(), 11U);
}

TEST(Redirects, ToWhatIsNoHttpUrlIsAnError) {
  for (const char* location : {"ftp://a/", "http://[", "javascript:x"}) {
    HttpServer server(always({.status = 302, .headers = {{"location", location}}}));
    EXPECT_EQ(error_of(get(), Value::string(server.url())), "SENDING_REQUEST") << location;
  }
}

TEST(Redirects, ToAnEmptyPlaceAreAnswers) {
  HttpServer server(always({.status = 301, .headers = {{"location", ""}}, .body = "moved"}));
  const auto answer = request(server, get());
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer->find("status")->as_integer(), Integer(301));
  EXPECT_EQ(server.request_count(), 1U);
}

// As browsers do: the server gets back the bytes that it wrote, in whatever charset.
TEST(Redirects, BytesBeyondAsciiArePercentEncoded) {
  for (const auto& [location, target] : std::vector<std::pair<std::string, std::string>>{
           {"/caf\xe9?q=\xfc", "/caf%E9?q=%FC"}, {"/caf\xc3\xa9", "/caf%C3%A9"}}) {
    HttpServer server([location = location](const Request& request) {
      if (request.target.starts_with("/caf")) return Reply{.body = "there"};
      return Reply{.status = 302, .headers = {{"location", location}}};
    });
    ASSERT_TRUE(request(server, get()));
    EXPECT_EQ(server.last_request().target, target);
  }
}

TEST(Redirects, WithoutALocationAreAnswers) {
  HttpServer server(always({.status = 302, .body = "here"}));
  const auto answer = request(server, get());
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer->find("status")->as_integer(), Integer(302));
}

TEST(Request, WaitsForASlowAnswer) {
  HttpServer server(always({.delay = 50ms}));
  const auto answer = run_lua(
      "local t = rs.monotonic_ms()\nrs.request(ctx, {method = 'GET', url = argument, headers = "
      "{}})\nreturn rs.monotonic_ms() - t",
      Value::string(server.url()));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_GE(*answer->as_integer(), Integer(49));
}

}  // namespace

}  // namespace gvm::host
