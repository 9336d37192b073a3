// webdriver_host may be GenLayer's rendering service: config.md, "Web module".
#include "support/rendering_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "e2e/field_render_script.h"
#include "e2e/web.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using test::RenderingService;
using testing::HasSubstr;
using testing::StartsWith;

// Nothing on loopback is trusted here.
ModuleOptions options_for(const std::string& webdriver_host, std::string more = {}) {
  return {.program = "genvm-web", .more = "webdriver_host: " + webdriver_host + "\n" + more};
}

TEST(RenderingService, RendersPagesForTheShippedScript) {
  RenderingService service;
  const Module module(options_for(service.url()));
  GenVm genvm(module.port(), hello_b());
  const Reply text = genvm.ask(render("http://example.com/a?b=c&d#e", "text", "1500ms"));
  EXPECT_EQ(page_text(text),
            "rendered /render?url=http%3A%2F%2Fexample.com%2Fa%3Fb%3Dc%26d%23e&mode=text"
            "&waitAfterLoaded=1.5")
      << text.shown;
  EXPECT_THAT(page_text(genvm.ask(render("http://example.com/", "html"))), HasSubstr("mode=html"));
  const Reply picture = genvm.ask(render("http://example.com/", "screenshot"));
  ASSERT_NE(picture.data.find("image"), nullptr) << picture.shown;
  EXPECT_THAT(std::string(picture.data.find("image")->as_bytes().value()), StartsWith("\x89PNG"));
  EXPECT_THAT(module.http("/health"), HasSubstr("rendering service"));
}

TEST(RenderingService, TheKindIsAskedOnceAndKept) {
  RenderingService service;
  const Module module(options_for(service.url()));
  for (int i = 0; i < 3; ++i) {
    GenVm genvm(module.port());
    EXPECT_TRUE(genvm.ask(render("http://example.com/")).ok());
  }
  int probes = 0;
  for (const auto& request : service.server().requests())
    probes += request.target == "/healthcheck";
  EXPECT_EQ(probes, 1);
}

TEST(RenderingService, WhatIsWrongWithAPageMayBeCaught) {
  RenderingService service;
  const Module module(options_for(service.url()));
  GenVm genvm(module.port());
  service.set_page_status(404);
  const Reply missing = genvm.ask(render("http://example.com/missing"));
  EXPECT_EQ(missing.outcome(), "UserError WEBPAGE_LOAD_FAILED");
  EXPECT_EQ(missing.causes.size(), 1U);
  EXPECT_EQ(json::write(*missing.ctx.find("status")), "404");
  EXPECT_EQ(json::write(*missing.ctx.find("url")), R"("http://example.com/missing")");
  service.set_page_status(200);
  service.set_own_status(500);
  EXPECT_EQ(genvm.ask(render("http://example.com/")).outcome(), "UserError WEBPAGE_LOAD_FAILED");
  EXPECT_EQ(genvm.ask(render("http://10.0.0.1/")).outcome(), "UserError ADDRESS_FORBIDDEN");
}

TEST(RenderingService, AnUnreachableOneIsAWarningAtStartAndFatalForAPage) {
  const test::RefusingPort nobody;
  Module module(options_for(nobody.url()));
  EXPECT_THAT(module.process().out(), HasSubstr("webdriver_host does not answer"));
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(render("http://example.com/")).outcome(), "FatalError WEBDRIVER_UNAVAILABLE");
}

TEST(RenderingService, AServerOfNeitherKindIsNamedSo) {
  HttpServer other([](const HttpServer::Request&) { return HttpServer::Reply{.status = 404}; });
  const Module module(options_for(other.url("")));
  GenVm genvm(module.port());
  const Reply reply = genvm.ask(render("http://example.com/"));
  EXPECT_EQ(reply.outcome(), "FatalError WEBDRIVER_UNAVAILABLE");
  EXPECT_THAT(reply.shown, HasSubstr("neither a WebDriver"));
}

TEST(RenderingService, ScriptsOfTheFieldAskItThemselves) {
  for (const char* unfiltered : {"unfiltered = true", ""}) {
    RenderingService service;
    auto options = options_for(service.url());
    options.script = field_render_script(unfiltered);
    const Module module(options);
    GenVm genvm(module.port(), hello_b());
    const Reply page = genvm.ask(render("http://example.com/x", "text", "2s"));
    EXPECT_THAT(page_text(page), StartsWith("rendered /render?url=http%3A%2F%2Fexample.com%2Fx"))
        << page.shown;
    service.set_page_status(503);
    const Reply failed = genvm.ask(render("http://example.com/x"));
    EXPECT_EQ(failed.outcome(), "UserError WEBPAGE_LOAD_FAILED") << failed.shown;
  }
}

TEST(RenderingService, OnlyAScriptsOwnRequestToExactlyThatPortPasses) {
  RenderingService service;
  HttpServer neighbour(
      [](const HttpServer::Request&) { return HttpServer::Reply{.body = "secret"}; });
  HttpServer site([&](const HttpServer::Request&) {
    return HttpServer::Reply{.status = 302,
                             .headers = {{"Location", service.url() + "/render?url=x"}}};
  });
  const std::string site_host = site.url("").substr(std::string("http://").size());
  auto options = options_for(service.url(), "always_allow_hosts: [\"" + site_host + "\"]\n");
  options.script = field_render_script("");
  const Module module(options);
  GenVm genvm(module.port());
  EXPECT_TRUE(genvm.ask(get(service.url() + "/healthcheck")).ok());
  EXPECT_EQ(genvm.ask(get(neighbour.url("/"))).kind, "UserError") << "another port";
  EXPECT_EQ(neighbour.request_count(), 0U);
  EXPECT_EQ(genvm.ask(get(site.url("/"))).kind, "UserError") << "a redirect to the service";
}

TEST(RenderingService, ContractsCannotAskItThroughTheShippedScript) {
  RenderingService service;
  const Module module(options_for(service.url()));
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(get(service.url() + "/render?url=http://10.0.0.1/")).kind, "UserError");
  EXPECT_EQ(genvm.ask(render(service.url() + "/render?url=http://10.0.0.1/")).kind, "UserError");
  for (const auto& request : service.server().requests())
    EXPECT_THAT(request.target, testing::Not(StartsWith("/render")));
}

}  // namespace
}  // namespace gvm::e2e
