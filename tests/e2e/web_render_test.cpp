// Pages through the real program and real browsers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <mutex>

#include "base/encoding.h"
#include "e2e/web.h"
#include "support/http_server.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using ServerReply = HttpServer::Reply;

constexpr std::string_view kStatic =
    "<!doctype html><html lang=en><head><title>T</title><style>p{color:red}</style></head><body>"
    "<h1>Prices</h1><p>Gold   and\n silver</p><p hidden>secret</p><ul><li>one<li>two</ul>"
    "<script>/* no text */</script></body></html>";
constexpr std::string_view kStaticText = "Prices\n\nGold and silver\n\none\ntwo";
constexpr std::string_view kScripted =
    "<!doctype html><body><p id=a>loading</p><script>fetch('/data').then(r => r.text()).then(t => {"
    "document.getElementById('a').textContent = t + ' ' + navigator.language + ' ' + "
    "Intl.DateTimeFormat().resolvedOptions().timeZone; document.body.dataset.done = 1; });"
    "</script></body>";

ServerReply page(std::string_view body, int status = 200) {
  return {.status = status,
          .headers = {{"Content-Type", "text/html; charset=utf-8"}},
          .body = std::string(body)};
}

ServerReply site(const HttpServer::Request& request) {
  if (request.target == "/") return page(kStatic);
  if (request.target.starts_with("/scripted")) return page(kScripted);
  if (request.target == "/data") return {.body = "data came"};
  if (request.target == "/broken") return page("<p>it broke</p>", 500);
  if (request.target == "/away") return {.status = 302, .headers = {{"Location", "/"}}};
  if (request.target == "/inside")
    return {.status = 302, .headers = {{"Location", "http://10.0.0.1/"}}};
  if (request.target == "/hang") return {.behaviour = HttpServer::Behaviour::hang};
  return page("<p>nothing here</p>", 404);
}

TEST(WebRender, TextHtmlAndPictureOfOnePage) {
  HttpServer server(site);
  const Module module(browser_options());
  GenVm genvm(module.port());
  const auto text = genvm.ask(render(server.url()));
  ASSERT_TRUE(text.ok()) << text.shown;
  EXPECT_EQ(page_text(text), kStaticText);
  const auto html = genvm.ask(render(server.url(), "html"));
  EXPECT_THAT(page_text(html), HasSubstr("<h1>Prices</h1>"));
  const auto picture = genvm.ask(render(server.url(), "screenshot"));
  ASSERT_TRUE(picture.ok()) << picture.shown;
  const Value* image = picture.data.find("image");
  ASSERT_NE(image, nullptr);
  EXPECT_THAT(std::string(image->as_bytes().value()), StartsWith("\x89PNG\r\n"));
}

TEST(StatusThumbnails, AreTakenOnlyWhereConfigured) {
  HttpServer server(site);
  for (const bool on : {false, true}) {
    const Module module(browser_options(on ? "browser: {status_thumbnails: true}\n" : ""));
    GenVm genvm(module.port());
    ASSERT_TRUE(genvm.ask(render(server.url("/scripted?token=canary"))).ok());
    ASSERT_TRUE(genvm.ask(render(server.url())).ok());
    const auto answer = module.http("/status/thumbnails");
    if (!on) {
      EXPECT_THAT(answer, StartsWith("HTTP/1.1 404 "));
      continue;
    }
    ASSERT_THAT(answer, StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(answer, Not(HasSubstr("canary"))) << "of a URL only its origin";
    const auto body =
        text::parse_json(std::string_view(answer).substr(answer.find("\r\n\r\n") + 4));
    ASSERT_TRUE(body) << answer;
    ASSERT_EQ(body->find("thumbnails")->as_array()->size(), 1U) << "one session rendered both";
    EXPECT_EQ(text::string_at(*body, "/thumbnails/0/page"),
              server.url().substr(0, server.url().rfind(std::to_string(server.port())) +
                                         std::to_string(server.port()).size()));
    const auto jpeg =
        base64_decode(text::string_at(*body, "/thumbnails/0/jpeg").value_or("")).value_or("");
    EXPECT_THAT(jpeg, StartsWith("\xFF\xD8\xFF"));
    EXPECT_GT(jpeg.size(), 500U);
    EXPECT_LT(jpeg.size(), 48 * 1024U);
  }
}

TEST(WebRender, APageThatNeedsJavaScriptIsTheSameTwice) {
  HttpServer server(site);
  const Module module(browser_options("browser: {wait_for_selector: \"body[data-done]\"}\n"));
  std::string first;
  for (int i = 0; i < 2; ++i) {
    GenVm genvm(module.port());
    const auto reply = genvm.ask(render(server.url("/scripted")));
    ASSERT_TRUE(reply.ok()) << reply.shown;
    EXPECT_EQ(page_text(reply), "data came en-US UTC");
  }
}

TEST(WebRender, PagesThatFailSayHow) {
  HttpServer server(site);
  const Module module(browser_options("browser: {navigation_timeout: 2s}\n"));
  GenVm genvm(module.port());
  const auto missing = genvm.ask(render(server.url("/missing")));
  EXPECT_EQ(missing.outcome(), "UserError WEBPAGE_LOAD_FAILED");
  EXPECT_EQ(*missing.ctx.find("status")->as_integer(), Integer(404)) << missing.shown;
  EXPECT_THAT(missing.shown, HasSubstr("nothing here"));
  const auto broken = genvm.ask(render(server.url("/broken")));
  EXPECT_EQ(*broken.ctx.find("status")->as_integer(), Integer(500)) << broken.shown;
  test::RefusingPort nobody;
  EXPECT_EQ(genvm.ask(render(nobody.url())).outcome(), "UserError WEBPAGE_LOAD_FAILED");
  EXPECT_EQ(genvm.ask(render(server.url("/hang"))).outcome(), "UserError WEBPAGE_LOAD_FAILED");
  EXPECT_EQ(genvm.ask(render(server.url("/inside"))).outcome(), "UserError WEBPAGE_LOAD_FAILED");
  // The session goes on.
  EXPECT_TRUE(genvm.ask(render(server.url("/away"))).ok());
}

TEST(WebRender, ForbiddenPagesAreRefusedBeforeABrowserSeesThem) {
  const Module module(browser_options());
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(render("http://10.0.0.1/")).outcome(), "UserError ADDRESS_FORBIDDEN");
  EXPECT_EQ(genvm.ask(render("file:///etc/passwd")).outcome(), "UserError SCHEMA_FORBIDDEN");
  EXPECT_EQ(genvm.ask(render("chrome://version")).outcome(), "UserError SCHEMA_FORBIDDEN");
  EXPECT_EQ(genvm.ask(render("view-source:http://example.com/")).outcome(),
            "UserError SCHEMA_FORBIDDEN");
}

TEST(WebRender, AScriptDrivesItsOwnWebDriverSession) {
  HttpServer server(site);
  auto options = browser_options();
  options.script = R"lua(
local lib = require("lib-genvm")
local web = require("lib-web")
local function command(ctx, session, method, path, body)
  local answer = lib.rs.request(ctx, { method = method,
    url = web.rs.config.webdriver_host .. "/session/" .. session .. path,
    headers = { ["Content-Type"] = "application/json" },
    body = body, json = true, error_on_status = true })
  return answer.body.value
end
function Render(ctx, payload)
  web.check_url(payload.url)
  local session = web.rs.get_webdriver_session(ctx)
  assert(session == web.rs.get_webdriver_session(ctx))
  command(ctx, session, "POST", "/url", lib.rs.json_stringify({ url = payload.url }))
  return { text = command(ctx, session, "POST", "/execute/sync",
    [[{"script": "return document.title + '|' + document.body.innerText", "args": []}]]) }
end
function Request(ctx, payload)
  -- Another's session, and the driver itself, are out of reach.
  local r = lib.rs.request(ctx, { method = "GET", url = web.rs.config.webdriver_host .. payload.url, headers = {} })
  return { status = r.status, headers = {}, body = r.body }
end
)lua";
  const Module module(options);
  GenVm genvm(module.port());
  const auto reply = genvm.ask(render(server.url()));
  ASSERT_TRUE(reply.ok()) << reply.shown;
  EXPECT_THAT(page_text(reply), StartsWith("T|Prices"));
  EXPECT_EQ(genvm.ask(get("/status")).kind, "UserError");
  EXPECT_EQ(genvm.ask(get("/session/0123456789abcdef0123456789abcdef/url")).kind, "UserError");
}

TEST(WebRender, WithoutABrowserStaticPagesReadTheSame) {
  HttpServer server(site);
  const Module module(web_options());
  GenVm genvm(module.port());
  EXPECT_EQ(page_text(genvm.ask(render(server.url()))), kStaticText);
  EXPECT_THAT(page_text(genvm.ask(render(server.url(), "html"))), HasSubstr("<h1>Prices</h1>"));
  EXPECT_EQ(genvm.ask(render(server.url(), "screenshot")).outcome(),
            "FatalError MISSING_CAPABILITY");
  const auto missing = genvm.ask(render(server.url("/missing")));
  EXPECT_EQ(missing.outcome(), "UserError WEBPAGE_LOAD_FAILED");
  EXPECT_EQ(*missing.ctx.find("status")->as_integer(), Integer(404));
  EXPECT_THAT(missing.shown, HasSubstr("nothing here"));
}

TEST(WebRender, AnAbsentBrowserEndsTheStartWithASentence) {
  const TempFolder folder;
  auto options = browser_options("browser: {chromium: /nowhere/chromium}\n");
  test::Process process({program("genvm-web"), "--config", write_config(folder, options)});
  EXPECT_EQ(process.wait_exit(60s), 1);
  EXPECT_THAT(process.err(), HasSubstr("CREATING_SESSION"));
  EXPECT_THAT(process.err(), HasSubstr("chromium"));
}

TEST(WebRender, AnAbsentBrowserIsNoErrorWhereStaticPagesWillDo) {
  HttpServer server(site);
  const Module module(browser_options("browser: {chromium: /nowhere/chromium, engine: auto}\n"));
  GenVm genvm(module.port());
  EXPECT_EQ(page_text(genvm.ask(render(server.url()))), kStaticText);
}

TEST(WebRender, AVanishedPeerFreesItsBrowser) {
  HttpServer server(site);
  const Module module(browser_options());
  {
    GenVm genvm(module.port());
    genvm.send(render(server.url("/hang")));
    ASSERT_TRUE(server.wait_for_requests(1, 20s));
    EXPECT_EQ(module.metric("genvm_web_browser_sessions_leased"), 1);
  }
  EXPECT_TRUE(module.wait_for_metric("genvm_web_browser_sessions_leased", 0, 5s));
  EXPECT_TRUE(server.wait_for_open_connections(0, 5s));
}

TEST(WebRender, WhatIsNoHtmlIsGivenAsItIs) {
  const std::vector<std::array<std::string, 2>> rows = {
      {"text/csv", "a,b\n1,\n"},
      {"application/json", "{\"a\":  1}\n"},
      {"application/rss+xml", "<rss>\n <a/></rss>"},
      {"text/plain", "Pr\xC3\xB6\xC3\x9F\x65\n  x"}};
  std::size_t row = 0;
  HttpServer server([&](const HttpServer::Request&) -> ServerReply {
    return {.headers = {{"Content-Type", rows[row][0]}}, .body = rows[row][1]};
  });
  const Module module(browser_options());
  GenVm genvm(module.port());
  for (; row < rows.size(); ++row) {
    EXPECT_EQ(page_text(genvm.ask(render(server.url()))), rows[row][1]) << rows[row][0];
    EXPECT_EQ(page_text(genvm.ask(render(server.url(), "html"))), rows[row][1]) << rows[row][0];
  }
}

// A site that lets in who carries the cookie of its front door, and counts.
struct GuardedSite {
  explicit GuardedSite(std::string content_type) : type(std::move(content_type)) {}

  std::string type;
  std::atomic<int> served = 0;
  std::mutex mutex;
  std::vector<std::string> agents;

  ServerReply operator()(const HttpServer::Request& request) {
    if (request.target == "/door") {
      return {.status = 302,
              .headers = {{"Location", "/in"}, {"Set-Cookie", "pass=yes; Path=/; HttpOnly"}}};
    }
    if (request.target != "/in") return {.status = 404};
    const std::scoped_lock lock(mutex);
    agents.push_back(std::string(request.header("user-agent")));
    const bool known = request.header("cookie").find("pass=yes") != std::string::npos;
    const std::string word = known ? "welcome" : "login required";
    return {.headers = {{"Content-Type", type}},
            .body = fmt::format("<a>{} {}</a>", word, ++served)};
  }
};

TEST(WebRender, TextIsWhatTheBrowserSawInOneRequest) {
  for (const char* type : {"application/json", "text/plain", "application/ld+json", "text/css"}) {
    GuardedSite guarded(type);
    HttpServer server([&](const HttpServer::Request& request) { return guarded(request); });
    const Module module(browser_options());
    GenVm genvm(module.port());
    EXPECT_EQ(page_text(genvm.ask(render(server.url("/door")))), "<a>welcome 1</a>") << type;
    EXPECT_EQ(guarded.served, 1) << type;
  }
}

TEST(WebRender, WhatIsFetchedAgainIsFetchedByTheSameVisitor) {
  for (const char* type : {"application/xml", "text/csv"}) {
    GuardedSite guarded(type);
    HttpServer server([&](const HttpServer::Request& request) { return guarded(request); });
    const Module module(browser_options());
    GenVm genvm(module.port());
    EXPECT_EQ(page_text(genvm.ask(render(server.url("/door")))), "<a>welcome 2</a>") << type;
    ASSERT_EQ(guarded.agents.size(), 2U) << type;
    EXPECT_EQ(guarded.agents[0], guarded.agents[1]) << type;
  }
}

TEST(WebRender, ADownloadThatIsNoTextIsAFailedLoad) {
  HttpServer server([](const HttpServer::Request&) -> ServerReply {
    return {.headers = {{"Content-Type", "application/octet-stream"}}, .body = "\x01\x02"};
  });
  const Module module(browser_options());
  GenVm genvm(module.port());
  const auto reply = genvm.ask(render(server.url()));
  EXPECT_EQ(reply.outcome(), "UserError WEBPAGE_LOAD_FAILED") << reply.shown;
}

}  // namespace
}  // namespace gvm::e2e
