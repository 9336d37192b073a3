#include "web/answer_of_script.h"

#include <gtest/gtest.h>

#include "base/error_codes.h"
#include "base/json.h"
#include "script/codes.h"

namespace gvm::web {
namespace {

using envelope::AnyWebRequest;
using envelope::RenderMode;
using envelope::RenderRequest;
using envelope::WebRequest;

AnyWebRequest page(RenderMode mode, std::optional<std::uint64_t> limit = {}) {
  RenderRequest request;
  request.mode = mode;
  request.size_limit = limit;
  return request;
}

Value text(std::string value) {
  return Value::string(std::move(value));
}

std::string code(Value returned, const AnyWebRequest& request) {
  const auto answer = read_script_answer(std::move(returned), request);
  return answer ? "ok" : std::string(answer.error().code());
}

TEST(WebAnswer, OfARenderIsATextOrAPicture) {
  const auto answer =
      read_script_answer(Value::fields("text", text("hello")), page(RenderMode::html));
  ASSERT_TRUE(answer);
  EXPECT_EQ(json::write(*answer), R"({"text":"hello"})");
  const auto image = read_script_answer(Value::fields("image", Value::bytes("\x89PNG")),
                                        page(RenderMode::screenshot));
  ASSERT_TRUE(image);
  EXPECT_EQ(image->find("image")->as_bytes(), "\x89PNG");
}

TEST(WebAnswer, OfARequestHasLowerCaseHeadersAndBytes) {
  Value headers = Value::fields("X-A", Value::bytes("\xff"));
  Value returned = Value::fields("status", Value::integer(404), "headers", std::move(headers),
                                 "body", Value::bytes("b"));
  const auto answer = read_script_answer(std::move(returned), WebRequest{});
  ASSERT_TRUE(answer) << answer.error().to_string();
  const Value* response = answer->find("response");
  EXPECT_EQ(*response->find("status")->as_integer(), Integer(404));
  EXPECT_EQ(response->find("headers")->find("x-a")->as_bytes(), "\xff");
  EXPECT_EQ(response->find("body")->as_bytes(), "b");
}

TEST(WebAnswer, OfAnotherFormIsTheScriptsFault) {
  const std::string bad(codes::kScriptBadAnswer);
  EXPECT_EQ(code(Value::null(), page(RenderMode::text)), bad);
  EXPECT_EQ(code(Value::map(), page(RenderMode::text)), bad);
  EXPECT_EQ(code(Value::fields("image", text("x")), page(RenderMode::text)), bad);
  EXPECT_EQ(code(Value::fields("text", Value::bytes("\xff\xfe")), page(RenderMode::text)), bad);
  const auto response = [&](Value status, Value headers, Value body) {
    return code(Value::fields("status", std::move(status), "headers", std::move(headers), "body",
                              std::move(body)),
                WebRequest{});
  };
  EXPECT_EQ(response(Value::integer(200), Value::array(), text("")), "ok");
  EXPECT_EQ(response(Value::integer(99), Value::map(), text("")), bad);
  EXPECT_EQ(response(text("200"), Value::map(), text("")), bad);
  EXPECT_EQ(response(Value::integer(200), text("a: b"), text("")), bad);
  EXPECT_EQ(response(Value::integer(200), Value::map(), Value::null()), bad);
}

TEST(WebAnswer, OverThePeersSizeLimitIsAUserError) {
  const auto answer =
      read_script_answer(Value::fields("text", text("hello")), page(RenderMode::text, 4));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kTooLarge);
  EXPECT_FALSE(answer.error().fatal());
  EXPECT_EQ(code(Value::fields("text", text("hello")), page(RenderMode::text, 5)), "ok");
}

}  // namespace
}  // namespace gvm::web
