#include "envelope/web_request.h"

#include <gmock/gmock.h>

#include <limits>

#include "base/error_codes.h"
#include "base/error_detail.h"

namespace gvm::envelope {
namespace {

using std::chrono::milliseconds;

Value render_payload() {
  return Value::object({{"mode", Value::string("text")}, {"url", Value::string("https://e.org/")}});
}

Value request_payload() {
  return Value::object({{"method", Value::string("GET")},
                        {"url", Value::string("https://e.org/")},
                        {"headers", Value::map()}});
}

Value changed(Value map, std::string_view key, Value value) {
  map.as_map()->set(key, std::move(value));
  return map;
}

Value of(std::string_view variant, Value payload) {
  return Value::object({{variant, std::move(payload)}});
}

TEST(WebRequest, ReadsARender) {
  const auto request = parse_web_request(
      of("Render", changed(render_payload(), "wait_after_loaded", Value::string("2s"))),
      Generation::c);
  ASSERT_TRUE(request) << request.error().to_string();
  const auto& render = std::get<RenderRequest>(*request);
  EXPECT_EQ(render.mode, RenderMode::text);
  EXPECT_EQ(render.url.view(), "https://e.org/");
  EXPECT_EQ(render.wait_after_loaded, milliseconds(2000));
  EXPECT_EQ(render.size_limit, std::nullopt);
}

TEST(WebRequest, ReadsARequestWithDefaults) {
  const auto request = parse_web_request(of("Request", request_payload()), Generation::c);
  ASSERT_TRUE(request) << request.error().to_string();
  const auto& web = std::get<WebRequest>(*request);
  EXPECT_EQ(web.method, WebMethod::get);
  EXPECT_FALSE(web.sign);
  EXPECT_FALSE(web.body);
}

TEST(WebRequest, ReadsEveryMethodHeadersAndBody) {
  for (const auto method : {WebMethod::get, WebMethod::post, WebMethod::put, WebMethod::head,
                            WebMethod::delete_, WebMethod::options, WebMethod::patch}) {
    Value payload =
        changed(request_payload(), "method", Value::string(std::string(web_method_name(method))));
    payload.as_map()->set("headers", Value::object({{"x", Value::bytes(std::string("\xff"))}}));
    payload.as_map()->set("body", Value::bytes(std::string("b")));
    payload.as_map()->set("sign", Value::boolean(true));
    const auto request = parse_web_request(of("Request", payload), Generation::c);
    ASSERT_TRUE(request) << request.error().to_string();
    const auto& web = std::get<WebRequest>(*request);
    EXPECT_EQ(web.method, method);
    EXPECT_EQ(web.headers.find("x")->as_bytes(), "\xff");
    EXPECT_EQ(web.body->view(), "b");
    EXPECT_TRUE(web.sign);
  }
}

TEST(WebRequest, ReadsTheSizeLimitOfTheSecondGeneration) {
  const auto sized = [](Integer limit) {
    return Value::array({request_payload(), Value::integer(std::move(limit))});
  };
  const auto limit_of = [](Value message) {
    return std::get<WebRequest>(parse_web_request(std::move(message), Generation::c).value())
        .size_limit;
  };
  EXPECT_EQ(limit_of(of("Request", sized(5000))), 5000);
  EXPECT_EQ(limit_of(of("Request", sized(Integer::pow2(200)))),
            std::numeric_limits<std::uint64_t>::max());
  const auto render = parse_web_request(
      of("Render", Value::array({render_payload(), Value::integer(0)})), Generation::c);
  EXPECT_EQ(std::get<RenderRequest>(*render).size_limit, 0);
}

TEST(WebRequest, NamesThePathOfWhatIsWrong) {
  const std::pair<Value, const char*> wrong[] = {
      {of("Prompt", Value::map()), "expected a map of one of Render, Request, found \"Prompt\""},
      {of("Render", Value::null()), "Render: expected a map, found null"},
      {of("Render", changed(render_payload(), "mode", Value::string("pdf"))),
       "Render.mode: expected one of text, html, screenshot, found \"pdf\""},
      {of("Render", changed(render_payload(), "url", Value::null())),
       "Render.url: expected a string, found null"},
      {of("Render", changed(render_payload(), "wait_after_loaded", Value::integer(1))),
       "Render.wait_after_loaded: expected a string, found an integer"},
      {of("Render", changed(render_payload(), "wait_after_loaded", Value::string("1h"))),
       "Render.wait_after_loaded: expected \"<n>ms\" or \"<n>s\""},
      {of("Request", changed(request_payload(), "method", Value::string("get"))),
       "Request.method: expected one of GET, POST, PUT, HEAD, DELETE, OPTIONS, PATCH, found "
       "\"get\""},
      {of("Request",
          changed(request_payload(), "headers", Value::object({{"a", Value::string("b")}}))),
       "Request.headers.a: expected bytes, found a string"},
      {of("Request", changed(request_payload(), "body", Value::string("b"))),
       "Request.body: expected bytes or null, found a string"},
      {of("Request", changed(request_payload(), "sign", Value::integer(1))),
       "Request.sign: expected a boolean, found an integer"},
      {of("Request", changed(request_payload(), "x", Value::integer(1))),
       "Request.x: is not known; the fields are method, url, headers, body, sign"},
      {of("Request", Value::array({request_payload()})), "Request: expected [payload, size_limit]"},
      {of("Request", Value::array({request_payload(), Value::integer(-1)})),
       "Request: expected an unsigned integer as size_limit"},
      {of("Request", Value::array({request_payload(), Value::null()})),
       "Request: expected an unsigned integer as size_limit"},
  };
  for (const auto& [message, detail] : wrong) {
    const auto request = parse_web_request(message, Generation::c);
    ASSERT_FALSE(request) << detail;
    EXPECT_EQ(request.error().code(), codes::kMalformedRequest);
    EXPECT_TRUE(request.error().fatal());
    EXPECT_EQ(detail_of(request.error()), detail);
  }
}

TEST(WebRequest, HostsOfAAndBMaySendMoreAndTextForBytes) {
  Value payload = changed(request_payload(), "new", Value::integer(1));
  payload.as_map()->set("headers", Value::object({{"accept", Value::string("text/plain")}}));
  payload.as_map()->set("body", Value::string("b"));
  for (const auto generation : {Generation::a, Generation::b}) {
    const auto request = parse_web_request(of("Request", payload), generation);
    ASSERT_TRUE(request) << request.error().to_string();
    const auto& web = std::get<WebRequest>(*request);
    EXPECT_EQ(web.headers.find("accept")->as_bytes(), "text/plain");
    EXPECT_EQ(web.body->view(), "b");
    EXPECT_TRUE(parse_web_request(of("Render", changed(render_payload(), "new", Value::integer(1))),
                                  generation));
  }
  EXPECT_FALSE(parse_web_request(of("Request", payload), Generation::c));
}

TEST(WebRequest, ReadsWaits) {
  EXPECT_EQ(parse_wait("0ms"), milliseconds(0));
  EXPECT_EQ(parse_wait("250ms"), milliseconds(250));
  EXPECT_EQ(parse_wait("1.5s"), milliseconds(1500));
  EXPECT_EQ(parse_wait("0.2ms"), milliseconds(1)) << "a wait that is asked for is no zero";
  for (const auto* text :
       {"", "ms", "5", "5 s", "-1s", "+1s", "1.5.1s", "1e3s", "infs", "1m", "1sx", " 1s"}) {
    EXPECT_EQ(parse_wait(text), std::nullopt) << text;
  }
}

TEST(WebRequest, CutsLongWaitsInsteadOfRefusingThem) {
  for (const std::string text : {"3600s", "3601s", "99999999999s", "3600001ms"})
    EXPECT_EQ(parse_wait(text), kLongestWait) << text;
  EXPECT_EQ(parse_wait(std::string(400, '9') + "ms"), kLongestWait);
}

}  // namespace
}  // namespace gvm::envelope
