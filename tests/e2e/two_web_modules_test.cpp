// Two web modules: on one grid of browsers, and each with the other's rendering service.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <optional>
#include <thread>

#include "base/json.h"
#include "e2e/web.h"
#include "support/grid_hub.h"
#include "support/held_port.h"
#include "support/http_server.h"
#include "support/wire_client.h"

namespace gvm::e2e {
namespace {

using test::GridHub;
using test::HttpServer;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr int kParagraphs = 3'000;

std::string large_page() {
  std::string html = "<!doctype html><title>T</title><body>";
  for (int i = 0; i < kParagraphs; ++i) html += "<p>paragraph " + std::to_string(i) + "</p>";
  return html + "</body>";
}

std::string large_text() {
  std::string text;
  for (int i = 0; i < kParagraphs; ++i)
    text += (i == 0 ? "paragraph " : "\n\nparagraph ") + std::to_string(i);
  return text;
}

HttpServer::Reply site(const HttpServer::Request& request) {
  const HttpServer::Headers html{{"Content-Type", "text/html; charset=utf-8"}};
  if (request.target == "/large") return {.headers = html, .body = large_page()};
  if (request.target == "/inside")
    return {.status = 302, .headers = {{"Location", "http://10.0.0.1/"}}};
  if (request.target == "/missing") return {.status = 404, .headers = html, .body = "<p>none</p>"};
  return {.headers = html, .body = "<p>" + request.target + "</p>"};
}

// No session is kept ready: a grid has slots for those that are used.
std::string on_grid(const GridHub& hub) {
  return "webdriver_host: " + hub.url() +
         "\nbrowser: {min_warm: 0, max_sessions: 2, queue_timeout: 60s}\n";
}

std::uint16_t session_port(test::Process& process) {
  const auto ready = process.wait_for_line("\"message\":\"ready\"", 90s);
  if (!ready) throw std::runtime_error("not ready: " + process.err() + process.out());
  const std::string key = "\"address\":\"127.0.0.1:";
  return static_cast<std::uint16_t>(std::stoi(ready->substr(ready->find(key) + key.size())));
}

// ---------------------------------------------------------------- one grid

class OnOneGrid : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = GridHub::missing(); !why.empty()) GTEST_SKIP() << why;
  }

  HttpServer server{site};
};

TEST_F(OnOneGrid, TwoModulesShareItsSlotsAndLeaveNoSession) {
  const GridHub hub({.slots = 2});
  std::atomic<int> whole = 0;
  constexpr int kHosts = 3;  // of each module: more than there are slots
  {
    const Module one(browser_options(on_grid(hub)));
    const Module other(browser_options(on_grid(hub)));
    std::vector<std::jthread> hosts;
    for (int i = 0; i < 2 * kHosts; ++i) {
      hosts.emplace_back([&, i] {
        GenVm genvm((i % 2 == 0 ? one : other).port(), hello_b());
        const Reply large = genvm.ask(render(server.url("/large")));
        const Reply small = genvm.ask(render(server.url("/of" + std::to_string(i))));
        EXPECT_EQ(page_text(small), "/of" + std::to_string(i)) << "a page of somebody else";
        EXPECT_TRUE(page_text(large) == large_text()) << large.shown.substr(0, 500);
        whole += page_text(large) == large_text();
      });
    }
    hosts.clear();
    EXPECT_GT(hub.fact("longest_queue"), 0) << "they never wanted more than there was";
    for (const auto* module : {&one, &other}) {
      GenVm genvm(module->port());
      const Reply picture = genvm.ask(render(server.url("/picture"), "screenshot"));
      const Value* image = picture.data.find("image");
      ASSERT_NE(image, nullptr) << picture.shown;
      const std::string png(image->as_bytes().value());
      EXPECT_THAT(png, StartsWith("\x89PNG\r\n"));
      EXPECT_THAT(png, EndsWith("IEND\xAE\x42\x60\x82"));
      EXPECT_EQ(genvm.ask(render("http://10.0.0.1/")).outcome(), "UserError ADDRESS_FORBIDDEN");
      EXPECT_EQ(genvm.ask(render("file:///etc/passwd")).outcome(), "UserError SCHEMA_FORBIDDEN");
    }
  }
  EXPECT_EQ(whole, 2 * kHosts);
  EXPECT_EQ(hub.fact("open"), 0);
  EXPECT_EQ(hub.fact("free"), 2);
  EXPECT_EQ(hub.fact("created"), hub.fact("deleted"));
  EXPECT_GE(hub.fact("created"), 2 * kHosts) << "no session served two hosts";
}

TEST_F(OnOneGrid, TheSlotsOfAKilledModuleComeBackToTheOther) {
  const GridHub hub({.slots = 2, .session_timeout_s = 4});
  {
    const TempFolder folder;
    test::Process killed(
        {program("genvm-web"), "--config", write_config(folder, browser_options(on_grid(hub)))});
    const auto port = session_port(killed);
    GenVm first(port, hello_b());
    GenVm second(port, hello_b());
    ASSERT_EQ(page_text(first.ask(render(server.url("/a")))), "/a");
    ASSERT_EQ(page_text(second.ask(render(server.url("/b")))), "/b");
    killed.signal(SIGKILL);
    ASSERT_TRUE(killed.wait_exit(20s));
    // Both slots may still be the dead module's: the other waits for the grid to notice.
    const Module survivor(browser_options(on_grid(hub)));
    for (const char* path : {"/large", "/c"}) {
      GenVm genvm(survivor.port(), hello_b());
      const Reply reply = genvm.ask(render(server.url(path)));
      EXPECT_TRUE(reply.ok()) << reply.shown;
    }
  }
  ASSERT_TRUE(eventually([&] { return hub.fact("open") == 0; }, 30s));
  EXPECT_GE(hub.fact("timed_out"), 1) << "the killed module left none";
  EXPECT_EQ(hub.fact("created"), hub.fact("deleted") + hub.fact("timed_out"));
}

// ---------------------------------------------------------------- each other's service

enum class Browsers { of_the_grid, of_their_own };

class EachOthersService : public testing::TestWithParam<Browsers> {
 protected:
  void SetUp() override {
    if (GetParam() != Browsers::of_the_grid) return;
    if (const auto why = GridHub::missing(); !why.empty()) GTEST_SKIP() << why;
    hub_.emplace(GridHub::Options{.slots = 2, .session_timeout_s = 20});
  }

  // Offers its browsers at `own`, and has its sessions' pages from the module at `other`.
  ModuleOptions options(const test::HeldPort& own, const test::HeldPort& other,
                        const std::string& allowed) const {
    const auto driver = hub_ ? ", webdriver_host: '" + hub_->url() + "'" : std::string();
    return {.program = "genvm-web",
            .more = "always_allow_hosts: [" + allowed + "]\nwebdriver_host: http://" +
                    other.address() + "\nrender_service: {bind_address: '" + own.address() + "'" +
                    driver + "}\nbrowser: {min_warm: 0, max_sessions: 2}\n"};
  }
  // What the service at that port answers to everybody who may ask it.
  std::string served(const test::HeldPort& port, const std::string& path) const {
    auto client = test::WireClient::tcp(port.number());
    client.send("GET /render?mode=text&url=" + server.url(path) +
                " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return client.read_all();
  }
  std::size_t requests_for(const std::string& path) const {
    std::size_t count = 0;
    for (const auto& request : server.requests()) count += request.target == path;
    return count;
  }
  void expect_whole_pages(std::uint16_t port, const std::string& path) {
    GenVm genvm(port, hello_b());
    const Reply large = genvm.ask(render(server.url("/large")));
    EXPECT_TRUE(page_text(large) == large_text()) << large.shown.substr(0, 500);
    EXPECT_EQ(page_text(genvm.ask(render(server.url(path)))), path);
    EXPECT_EQ(requests_for(path), 1U) << "the services asked each other in a circle";
    const Reply missing = genvm.ask(render(server.url("/missing")));
    EXPECT_EQ(missing.outcome(), "UserError WEBPAGE_LOAD_FAILED");
    EXPECT_EQ(json::write(*missing.ctx.find("status")), "404") << missing.shown;
  }
  // `forbidden_there`: what this module allows, and the one that renders does not.
  void expect_policy_of_both(std::uint16_t port, const std::string& forbidden_there) {
    GenVm genvm(port, hello_b());
    EXPECT_EQ(genvm.ask(render("http://10.0.0.1/")).outcome(), "UserError ADDRESS_FORBIDDEN");
    EXPECT_EQ(genvm.ask(render("http://169.254.169.254/latest/")).outcome(),
              "UserError ADDRESS_FORBIDDEN");
    const Reply refused = genvm.ask(render(forbidden_there));
    EXPECT_EQ(refused.outcome(), "UserError WEBPAGE_LOAD_FAILED");
    EXPECT_EQ(json::write(*refused.ctx.find("status")), "403") << refused.shown;
    EXPECT_THAT(refused.shown, HasSubstr("FORBIDDEN"));
    // On a grid what a page reaches is for the grid's network to decide.
    if (GetParam() == Browsers::of_their_own) {
      EXPECT_EQ(genvm.ask(render(server.url("/inside"))).outcome(),
                "UserError WEBPAGE_LOAD_FAILED");
    }
  }

  HttpServer server{site};
  std::optional<GridHub> hub_;
};

TEST_P(EachOthersService, RendersUnderBothPoliciesAndOneSurvivesTheOther) {
  const test::HeldPort at_one;
  const test::HeldPort at_other;
  const std::string at_server = ":" + std::to_string(server.port()) + "/";
  {
    // The first to start finds nobody at the other's address, and asks again with its first page.
    const Module one(options(at_one, at_other, "127.0.0.1, localhost"));
    const auto of_other = options(at_other, at_one, "127.0.0.1, 127.0.0.2");
    const TempFolder folder;
    test::Process other({program("genvm-web"), "--config", write_config(folder, of_other)});
    const auto port = session_port(other);
    expect_whole_pages(one.port(), "/for-one");
    expect_whole_pages(port, "/for-other");
    expect_policy_of_both(one.port(), "http://localhost" + at_server);
    expect_policy_of_both(port, "http://127.0.0.2" + at_server);

    other.signal(SIGKILL);
    ASSERT_TRUE(other.wait_exit(20s));
    {
      GenVm genvm(one.port(), hello_b());
      EXPECT_EQ(status_of(genvm.ask(get(server.url("/still")))), 200);
      EXPECT_EQ(genvm.ask(render(server.url("/lost"))).outcome(),
                "FatalError WEBDRIVER_UNAVAILABLE");
    }
    EXPECT_THAT(served(at_one, "/served"), HasSubstr("/served")) << "its own browsers go on";

    const Module again(of_other);
    expect_whole_pages(one.port(), "/for-one-again");
    expect_whole_pages(again.port(), "/for-other-again");
  }
  EXPECT_EQ(requests_for("/lost"), 0U);
  if (!hub_) return;
  ASSERT_TRUE(eventually([&] { return hub_->fact("open") == 0; }, 60s));
  EXPECT_EQ(hub_->fact("free"), 2);
  EXPECT_EQ(hub_->fact("created"), hub_->fact("deleted") + hub_->fact("timed_out"));
}

INSTANTIATE_TEST_SUITE_P(WithBrowsers, EachOthersService,
                         testing::Values(Browsers::of_the_grid, Browsers::of_their_own),
                         [](const auto& each) {
                           return each.param == Browsers::of_the_grid ? "OfTheGrid" : "OfTheirOwn";
                         });

TEST(RenderServiceOnAGrid, ADriverThatIsNotThereIsAWarningAndA503) {
  const test::RefusingPort nobody;
  HttpServer server(site);
  const test::HeldPort port;
  const Module module(
      browser_options("browser: {min_warm: 0, queue_timeout: 2s}\n"
                      "render_service: {bind_address: '" +
                      port.address() + "', webdriver_host: '" + nobody.url("") +
                      "'}\nwebdriver_host: " + nobody.url("") + "\n"));
  auto client = test::WireClient::tcp(port.number());
  client.send("GET /render?mode=text&url=" + server.url("/a") +
              " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 503"));
  GenVm genvm(module.port(), hello_b());
  EXPECT_EQ(status_of(genvm.ask(get(server.url("/still")))), 200);
}

}  // namespace
}  // namespace gvm::e2e
