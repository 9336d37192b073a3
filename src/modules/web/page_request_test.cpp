#include "web/page_request.h"

#include <gtest/gtest.h>

#include "base/error_codes.h"
#include "text/json.h"

namespace gvm::web {
namespace {

using std::chrono::milliseconds;

Result<PageRequest> read(std::string_view json, const browser::RenderRequest& preset = {}) {
  return read_page_request("web.rs.render", text::parse_json(json).value(), preset);
}

TEST(PageRequest, ReadsEveryField) {
  const auto request = read(R"({"url": "https://a.com/", "mode": "screenshot", "full_page": true,
      "wait_after_loaded": 1.5, "wait_for_selector": "#x", "quiet_dom": 0.25, "size_limit": 1000,
      "engine": "http", "unsettled": "fail", "include_invisible": true,
      "screenshot_format": "jpeg", "screenshot_too_large": "scale"})");
  ASSERT_TRUE(request) << request.error().to_string();
  EXPECT_EQ(request->what.url, "https://a.com/");
  EXPECT_EQ(request->what.mode, browser::RenderMode::screenshot);
  EXPECT_EQ(request->what.capture, browser::Capture::full_page);
  EXPECT_EQ(request->what.wait_after_loaded, milliseconds(1'500));
  EXPECT_EQ(request->what.wait_for_selector, "#x");
  EXPECT_EQ(request->what.quiet_dom, milliseconds(250));
  EXPECT_EQ(request->what.max_bytes, 1'000U);
  EXPECT_EQ(request->engine, PageEngine::http);
  EXPECT_EQ(request->what.unsettled, browser::Unsettled::fail);
  EXPECT_EQ(request->what.invisible, html::Invisible::included);
  EXPECT_EQ(request->what.format, browser::PictureFormat::jpeg);
  EXPECT_EQ(request->what.large_picture, browser::LargePicture::scale_down);
}

TEST(PageRequest, TakesWhatIsNotGivenFromTheConfiguration) {
  browser::RenderRequest preset;
  preset.quiet_dom = milliseconds(40);
  preset.capture = browser::Capture::full_page;
  const auto request = read(R"({"url": "https://a.com/"})", preset);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->what.mode, browser::RenderMode::text);
  EXPECT_EQ(request->what.quiet_dom, milliseconds(40));
  EXPECT_EQ(request->what.capture, browser::Capture::full_page);
  EXPECT_FALSE(request->engine);
}

TEST(PageRequest, NamesTheFieldThatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {R"({})", "url"},
      {R"({"url": 1})", "url"},
      {R"({"url": "x", "mode": "pdf"})", "mode"},
      {R"({"url": "x", "full_page": 1})", "full_page"},
      {R"({"url": "x", "wait_after_loaded": -1})", "wait_after_loaded"},
      {R"({"url": "x", "quiet_dom": "1s"})", "quiet_dom"},
      {R"({"url": "x", "wait_for_selector": ""})", "wait_for_selector"},
      {R"({"url": "x", "size_limit": -1})", "size_limit"},
      {R"({"url": "x", "engine": "lynx"})", "engine"},
      {R"({"url": "x", "unsettled": "maybe"})", "unsettled"},
      {R"({"url": "x", "unsettled": true})", "unsettled"},
      {R"({"url": "x", "include_invisible": 1})", "include_invisible"},
      {R"({"url": "x", "screenshot_format": "gif"})", "screenshot_format"},
      {R"({"url": "x", "screenshot_too_large": "crop"})", "screenshot_too_large"}};
  for (const auto& [json, field] : rows) {
    const auto request = read(json);
    ASSERT_FALSE(request) << json;
    EXPECT_EQ(request.error().code(), codes::kScriptBadArgument);
    EXPECT_NE(request.error().to_string().find(field), std::string::npos)
        << request.error().to_string();
  }
}

}  // namespace
}  // namespace gvm::web
