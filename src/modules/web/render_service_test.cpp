// The form of the rendering service: what is read from a query, and how a page is answered.
#include "web/render_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_codes.h"

namespace gvm::web {
namespace {

using browser::RenderMode;
using testing::HasSubstr;

TEST(RenderQuery, ReadsWhatBothKindsOfClientsWrite) {
  const auto percent = read_render_query(
      "/render?url=http%3A%2F%2Fa.com%2F%3Fb%3Dc%26d&mode=html&waitAfterLoaded=1.5");
  ASSERT_TRUE(percent) << percent.error().to_string();
  EXPECT_EQ(percent->url, "http://a.com/?b=c&d");
  EXPECT_EQ(percent->mode, RenderMode::html);
  EXPECT_EQ(percent->wait.count(), 1500);
  const auto form =
      read_render_query("/render?waitAfterLoaded=0&mode=screenshot&url=http%3A//a.com/x+y%2B");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->url, "http://a.com/x y+");
  EXPECT_EQ(form->mode, RenderMode::screenshot);
  const auto bare = read_render_query("/render?url=http://a.com/%zz%4");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->url, "http://a.com/%zz%4");
  EXPECT_EQ(bare->mode, RenderMode::text);
  EXPECT_EQ(read_render_query("/render?url=http://a.com/&waitAfterLoaded=1e300")->wait.count(),
            3'600'000);
}

TEST(RenderQuery, NamesTheParameterThatIsWrong) {
  const std::pair<const char*, const char*> rows[] = {
      {"/render", "url"},
      {"/render?", "url"},
      {"/render?url=", "url"},
      {"/render?URL=http://a.com/", "url"},
      {"/render?url=x&mode=pdf", "mode"},
      {"/render?url=x&mode=", "mode"},
      {"/render?url=x&waitAfterLoaded=", "waitAfterLoaded"},
      {"/render?url=x&waitAfterLoaded=-1", "waitAfterLoaded"},
      {"/render?url=x&waitAfterLoaded=nan", "waitAfterLoaded"},
      {"/render?url=x&waitAfterLoaded=2s", "waitAfterLoaded"},
  };
  for (const auto& [target, name] : rows) {
    const auto query = read_render_query(target);
    ASSERT_FALSE(query) << target;
    EXPECT_THAT(query.error().to_string(), HasSubstr(name)) << target;
  }
}

Error load_failed(int status, const char* reason) {
  return Error(codes::kWebpageLoadFailed, Fatality::user, "it failed")
      .with("status", Value::integer(status))
      .with("body", Value::string("what the page said"))
      .with("reason", Value::string(reason));
}

TEST(RenderAnswer, APageThatFailsIsAnAnswerAndABrokenServiceIsNot) {
  const auto fatal = Fatality::fatal;
  const auto user = Fatality::user;
  const std::tuple<Error, unsigned, const char*> rows[] = {
      {load_failed(404, "status"), 200, "Resulting-Status: 404\r\n"},
      {load_failed(0, "network"), 200, "Resulting-Status: 502\r\n"},
      {load_failed(0, "timeout"), 200, "Resulting-Status: 504\r\n"},
      {Error(codes::kTooLarge, user, "large"), 200, "Resulting-Status: 413\r\n"},
      {Error(codes::kAddressForbidden, user, "no"), 200, "Resulting-Status: 403\r\n"},
      {Error(codes::kDeadlineExceeded, fatal, "late"), 200, "Resulting-Status: 504\r\n"},
      {Error(codes::kCreatingSession, fatal, "no browser"), 503, "Retry-After"},
      {Error(codes::kMissingCapability, fatal, "no pictures"), 503, "Retry-After"},
  };
  for (const auto& [error, status, header] : rows) {
    const auto answer = answer_of_page(fail(error));
    EXPECT_EQ(answer.status, status) << error.to_string();
    EXPECT_THAT(answer.extra_headers, HasSubstr(header)) << error.to_string();
  }
  EXPECT_EQ(answer_of_page(fail(load_failed(500, "status"))).body, "what the page said");
}

browser::RenderResult rendered(RenderMode mode, std::string content, int status) {
  browser::RenderResult result;
  result.mode = mode;
  result.content = std::move(content);
  result.status = status;
  return result;
}

TEST(RenderAnswer, SaysWhatItCarries) {
  const auto answer = answer_of_page(rendered(RenderMode::html, "<p>", 203));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(answer.body, "<p>");
  EXPECT_THAT(answer.extra_headers, HasSubstr("Resulting-Status: 203\r\n"));
  EXPECT_THAT(answer.security_headers, HasSubstr("sandbox"));
  const auto unknown = answer_of_page(rendered(RenderMode::text, "t", 0));
  EXPECT_THAT(unknown.extra_headers, HasSubstr("Resulting-Status: 200\r\n"));
  auto picture = rendered(RenderMode::screenshot, "...", 200);
  EXPECT_EQ(answer_of_page(picture).content_type, "image/png");
  picture.format = browser::PictureFormat::jpeg;
  EXPECT_EQ(answer_of_page(picture).content_type, "image/jpeg");
}

}  // namespace
}  // namespace gvm::web
