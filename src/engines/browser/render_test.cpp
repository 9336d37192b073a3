#include <string>

#include "browser/test_drivers.h"

namespace gvm::browser {
namespace {

using testing::HasSubstr;

Site site() {
  Site pages;
  pages["/"] = page(
      "<!doctype html><html lang=en><title>T</title><h1>Hello</h1><p>some \n  text<br>line two"
      "<div style='display:none'>hidden</div><script>document.body.append('made by script')"
      "</script></html>");
  pages["/plain"] = page("plain  text\n\n\n\nend\n", "text/plain");
  pages["/cut"] = page("<!doctype html><p>" + std::string(3000, 'x'));
  pages["/redirect"] = {.status = 302, .headers = {{"location", "/"}}};
  pages["/loop"] = {.status = 302, .headers = {{"location", "/loop"}}};
  pages["/script-redirect"] = page("old<script>location.replace('/')</script>");
  pages["/refused"] = {.status = 403,
                       .headers = {{"content-type", "text/html"}},
                       .body = "<p>go  away " + std::string(100'000, 'y')};
  pages["/broken"] = {.status = 500};
  pages["/auth"] = {
      .status = 401,
      .headers = {{"www-authenticate", "Basic realm=\"x\""}, {"content-type", "text/html"}},
      .body = "<p>who are you"};
  pages["/forged"] = {.status = 404, .headers = {{"content-type", "text/html"}}, .body = R"(
      <p>fake<script>
      const fine = [{responseStatus: 200}];
      performance.getEntriesByType = () => fine;
      Performance.prototype.getEntriesByType = () => fine;
      Object.defineProperty(PerformanceNavigationTiming.prototype, 'responseStatus', {get: () => 200});
      Object.defineProperty(HTMLElement.prototype, 'innerText', {get: () => 'forged'});
      String.prototype.startsWith = () => false;
      </script>)"};
  pages["/download"] = page("bytes", "application/octet-stream");
  pages["/nothing"] = {.status = 204};
  pages["/hang"] = {.behaviour = HttpServer::Behaviour::hang};
  pages["/half"] = {.headers = {{"content-type", "text/html"}},
                    .body = "<p>begun " + std::string(100, 'z'),
                    .behaviour = HttpServer::Behaviour::hang_in_body};
  pages["/waits"] = page("<p>text<img src=/hang>");
  pages["/alert"] = page("<p>a<script>alert(1); confirm(2); prompt(3)</script>b");
  pages["/alert-later"] = page("<p>a<script>setTimeout(() => alert(1), 5)</script>b");
  pages["/alerts"] = page("<p>a<script>for (;;) alert(1)</script>b");
  pages["/print"] = page("<p>a<script>print()</script>b");
  pages["/popup"] = page("<p>a<script>open('/'); open('/plain', 'x', 'width=9')</script>b");
  pages["/unload"] = page(
      "<p>a<script>onbeforeunload = (e) => { e.preventDefault(); return 'x'; }"
      "</script>stay");
  pages["/endless"] = page("<p>a<script>for (;;);</script>");
  pages["/endless-later"] =
      page("<p>a<script>onload = () => setTimeout(() => { for (;;); }, 1)</script>");
  pages["/late"] = page(
      "<p>early<script>setTimeout(() => { document.body.innerHTML ="
      " '<b id=x>arrived</b>' }, 2500)</script>");
  pages["/ticking"] = page("<p id=p>0</p><script>setInterval(() => p.textContent++, 20)</script>");
  pages["/settling"] = page(
      "<p id=p>0</p><script>const t = setInterval(() => { p.textContent++;"
      " if (p.textContent === '6') clearInterval(t); }, 30)</script>");
  pages["/closing"] = page("<p>a<script>close()</script>b");
  pages["/surrogate"] = page("<p>x<script>document.querySelector('p').append('\\ud800')</script>y");
  pages["/moving"] = page(
      "<!doctype html><style>@keyframes in{from{visibility:hidden;opacity:0}to{opacity:1}}"
      "@keyframes spin{to{transform:rotate(1turn)}}p{animation:in 3s}"
      "div{width:90px;height:9px;background:red;animation:spin 1s infinite linear}"
      "input{transition:all 2s}</style><p>faded in</p><div></div><input autofocus value=typed>");
  return pages;
}

struct Render : testing::Test {
  Render() { open(); }

  void open() {
    WebDriver at(loop.http, driver.endpoint());
    auto made = loop.run(at.new_session(eager_session_request(), Deadline::in(kPatience)));
    if (!made) throw std::runtime_error(made.error().to_string());
    session.emplace(loop.http, std::move(*made));
    before = PageBefore::none;
  }

  Rendered rendered(RenderRequest request, RenderLimits limits = {},
                    Deadline deadline = Deadline::in(2 * kPatience)) {
    request.url = server.url(request.url);
    auto result = loop.run(render(*session, std::move(request), limits, before, deadline));
    before = PageBefore::some;
    return result;
  }
  Result<RenderResult> of(std::string path, RenderMode mode = RenderMode::text) {
    return rendered({.url = std::move(path), .mode = mode}).result;
  }
  std::string text(std::string path) {
    auto result = of(std::move(path));
    return result ? result->content : "error: " + result.error().to_string();
  }
  // "reason status" of a page that failed.
  std::string failure(std::string path) {
    auto result = of(std::move(path));
    if (result) return "rendered";
    if (result.error().code() != codes::kWebpageLoadFailed || result.error().fatal())
      return result.error().to_string();
    return text_of(result.error(), "reason") + " " +
           std::to_string(number_of(result.error(), "status"));
  }

  Loop loop;
  DriverProcess driver;
  HttpServer server{serving(site())};
  std::optional<DriverSession> session;
  PageBefore before = PageBefore::none;
};

TEST_F(Render, TextIsWhatAPersonReads) {
  auto result = of("/");
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ(result->content, "Hello\n\nsome text\nline two\n\nmade by script");
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->url, server.url("/"));
  EXPECT_EQ(text("/plain"), "plain  text\n\n\n\nend\n") << "what is no HTML is as it is";
  EXPECT_EQ(text("/surrogate"), "x\uFFFDy");
}

TEST_F(Render, HtmlHasDoctypeAndWhatScriptsMade) {
  auto result = of("/", RenderMode::html);
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_TRUE(result->content.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
  EXPECT_THAT(result->content, HasSubstr("made by script</body>"));
}

TEST_F(Render, ScreenshotsArePng) {
  auto result = of("/", RenderMode::screenshot);
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_TRUE(result->content.starts_with("\x89PNG"));
}

TEST_F(Render, FollowsRedirectsAndTellsWhereTheyLed) {
  for (const auto* path : {"/redirect", "/script-redirect"}) {
    auto result = of(path);
    ASSERT_TRUE(result) << result.error().to_string();
    EXPECT_EQ(result->url, server.url("/")) << path;
    EXPECT_EQ(result->status, 200);
  }
}

TEST_F(Render, AnErrorStatusIsAFailedLoad) {
  auto result = of("/refused");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), codes::kWebpageLoadFailed);
  EXPECT_FALSE(result.error().fatal());
  EXPECT_EQ(number_of(result.error(), "status"), 403);
  EXPECT_EQ(text_of(result.error(), "url"), server.url("/refused"));
  const auto body = text_of(result.error(), "body");
  EXPECT_TRUE(body.starts_with("go away yyy")) << body.substr(0, 50);
  EXPECT_LE(body.size(), RenderLimits().failed_body_bytes);
  EXPECT_EQ(failure("/missing"), "status 404");
  EXPECT_EQ(failure("/broken"), "status 500");
  EXPECT_EQ(failure("/auth"), "status 401");
}

TEST_F(Render, APageCannotForgeItsStatus) {
  EXPECT_EQ(failure("/forged"), "status 404");
}

TEST_F(Render, WhatIsNoPageIsAFailedLoadAndNeverThePageBefore) {
  EXPECT_EQ(failure("/download"), "no_page 0");
  EXPECT_THAT(text("/"), HasSubstr("Hello"));
  EXPECT_EQ(failure("/download"), "no_page 0");
  EXPECT_EQ(failure("/nothing"), "no_page 0");
  EXPECT_EQ(failure("/loop"), "network 0");
}

TEST_F(Render, ARefusedConnectionIsAFailedLoad) {
  test::RefusingPort port;
  auto result =
      loop.run(render(*session, {.url = port.url("/")}, {}, before, Deadline::in(kPatience)));
  ASSERT_FALSE(result.result);
  EXPECT_EQ(text_of(result.result.error(), "reason"), "network");
  EXPECT_EQ(result.session, SessionFate::usable);
}

TEST_F(Render, DialogsPrintingAndPopUpsDoNotGetInTheWay) {
  EXPECT_EQ(text("/alert"), "ab");
  EXPECT_EQ(text("/alert-later"), "ab");
  EXPECT_EQ(text("/print"), "ab");
  EXPECT_EQ(text("/popup"), "ab");
  EXPECT_EQ(text("/closing"), "ab");
  EXPECT_EQ(text("/unload"), "astay");
  EXPECT_THAT(text("/"), HasSubstr("Hello")) << "beforeunload does not hold the page";
}

struct Hanging : Render, testing::WithParamInterface<const char*> {};

TEST_P(Hanging, EndsWithinItsLimit) {
  const RenderLimits limits{.navigation = milliseconds(1200), .command = milliseconds(1000)};
  const auto begin = Clock::now();
  auto result = rendered({.url = GetParam()}, limits);
  const auto took = Clock::now() - begin;
  ASSERT_FALSE(result.result);
  EXPECT_EQ(result.result.error().code(), codes::kWebpageLoadFailed);
  EXPECT_FALSE(result.result.error().fatal());
  EXPECT_LT(took, limits.navigation + limits.command + kLateness);
}

TEST_P(Hanging, EndsAtTheRequestsDeadline) {
  const auto begin = Clock::now();
  auto result = rendered({.url = GetParam()}, {}, Deadline::in(milliseconds(700)));
  ASSERT_FALSE(result.result);
  if (std::string_view(GetParam()) != "/alerts") {
    EXPECT_EQ(result.result.error().code(), codes::kDeadlineExceeded);
    EXPECT_EQ(result.session, SessionFate::broken);
  }
  EXPECT_LT(Clock::now() - begin, milliseconds(700) + kLateness);
}

INSTANTIATE_TEST_SUITE_P(Pages, Hanging, testing::Values("/hang", "/half", "/endless", "/alerts"),
                         [](const auto& tested) { return std::string(tested.param).substr(1); });

TEST_F(Render, AScriptThatNeverEndsAfterTheLoadIsATypedError) {
  const RenderLimits limits{.navigation = milliseconds(800), .command = milliseconds(800)};
  const auto begin = Clock::now();
  auto result = rendered({.url = "/endless-later", .wait_after_loaded = milliseconds(100)}, limits);
  ASSERT_FALSE(result.result);
  EXPECT_EQ(text_of(result.result.error(), "reason"), "timeout");
  EXPECT_EQ(result.session, SessionFate::broken);
  EXPECT_LT(Clock::now() - begin, milliseconds(3000));
}

TEST_F(Render, WaitsAsLongAsAsked) {
  EXPECT_EQ(text("/late"), "early");
  auto result = rendered({.url = "/late", .wait_after_loaded = milliseconds(3000)});
  ASSERT_TRUE(result.result) << result.result.error().to_string();
  EXPECT_EQ(result.result->content, "arrived");
}

TEST_F(Render, WaitsForASelector) {
  auto result = rendered({.url = "/late", .wait_for_selector = "#x"});
  ASSERT_TRUE(result.result) << result.result.error().to_string();
  EXPECT_EQ(result.result->content, "arrived");
  const RenderLimits limits{.waiting = milliseconds(200)};
  auto never = rendered({.url = "/", .wait_for_selector = "#never"}, limits);
  ASSERT_FALSE(never.result);
  EXPECT_EQ(text_of(never.result.error(), "reason"), "selector");
  EXPECT_EQ(never.session, SessionFate::usable);
  auto wrong = rendered({.url = "/", .wait_for_selector = "###"});
  ASSERT_FALSE(wrong.result);
  EXPECT_EQ(text_of(wrong.result.error(), "reason"), "selector");
}

TEST_F(Render, WaitsForAQuietDom) {
  auto result = rendered({.url = "/settling", .quiet_dom = milliseconds(300)});
  ASSERT_TRUE(result.result) << result.result.error().to_string();
  EXPECT_EQ(result.result->content, "6");
  const RenderLimits limits{.waiting = milliseconds(400)};
  auto restless = rendered({.url = "/ticking", .quiet_dom = milliseconds(300)}, limits);
  EXPECT_TRUE(restless.result) << "a DOM that never rests is read as it is";
}

TEST_F(Render, RefusesContentOverItsLimit) {
  auto text = rendered({.url = "/cut", .max_bytes = 1000});
  ASSERT_FALSE(text.result);
  EXPECT_EQ(text.result.error().code(), codes::kTooLarge);
  EXPECT_FALSE(text.result.error().fatal());
  auto picture = rendered({.url = "/", .mode = RenderMode::screenshot, .max_bytes = 1000});
  ASSERT_FALSE(picture.result);
  EXPECT_EQ(picture.result.error().code(), codes::kTooLarge);
  EXPECT_EQ(picture.session, SessionFate::usable);
}

TEST_F(Render, ACrashedPageIsAFailedLoadAndEndsItsSession) {
  auto result =
      loop.run(render(*session, {.url = "chrome://crash"}, {}, before, Deadline::in(kPatience)));
  ASSERT_FALSE(result.result);
  EXPECT_EQ(text_of(result.result.error(), "reason"), "crashed");
  EXPECT_EQ(result.session, SessionFate::broken);
}

TEST_F(Render, ADriverThatWentIsFatal) {
  driver.kill();
  auto result = rendered({.url = "/"});
  ASSERT_FALSE(result.result);
  EXPECT_TRUE(result.result.error().fatal());
  EXPECT_EQ(command_failure_of(result.result.error()), CommandFailure::transport);
  EXPECT_EQ(result.session, SessionFate::gone);
}

TEST_F(Render, AMovingPageIsTheSameTwice) {
  const auto first = of("/moving");
  const auto picture = of("/moving", RenderMode::screenshot);
  ASSERT_TRUE(first && picture);
  EXPECT_EQ(first->content, "faded in");
  open();
  const auto second = of("/moving");
  const auto again = of("/moving", RenderMode::screenshot);
  ASSERT_TRUE(second && again);
  EXPECT_EQ(first->content, second->content);
  EXPECT_TRUE(picture->content == again->content) << "the pictures differ";
}

TEST_F(Render, WorksWithADriverThatHasNoDevTools) {
  SessionInfo plain = session->info();
  plain.chromium = false;
  session.emplace(loop.http, plain);
  EXPECT_EQ(text("/"), "Hello\n\nsome text\nline two\n\nmade by script");
  EXPECT_EQ(failure("/missing"), "status 404");
  auto late = rendered({.url = "/late", .wait_for_selector = "#x", .quiet_dom = milliseconds(50)});
  ASSERT_TRUE(late.result) << late.result.error().to_string();
  EXPECT_EQ(late.result->content, "arrived");
}

}  // namespace
}  // namespace gvm::browser
