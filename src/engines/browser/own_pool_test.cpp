#include <signal.h>

#include "browser/test_own_pool.h"

namespace gvm::browser {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct OwnPool : OwnPoolFixture {};

TEST_F(OwnPool, RendersInABrowserOfItsOwnAndLeavesNothing) {
  start();
  auto checked = loop.run(pool->check(Deadline::in(kPatience)));
  ASSERT_TRUE(checked) << checked.error().to_string();
  EXPECT_NE(pool->protection(), "");
  auto leased = lease();
  ASSERT_TRUE(leased) << leased.error().to_string();
  auto text = render(*leased, "/");
  ASSERT_TRUE(text) << text.error().to_string();
  EXPECT_EQ(text->content, "Hello\n\nsome text");
  EXPECT_EQ(text->status, 200);
  EXPECT_EQ(text->url, "http://page.example.com/");
  auto png = render(*leased, "/", RenderMode::screenshot);
  ASSERT_TRUE(png) << png.error().to_string();
  auto missing = render(*leased, "/missing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(number_of(missing.error(), "status"), 404);
  auto raw = loop.run(leased->send("GET", "/url", "", Deadline::in(kPatience)));
  ASSERT_TRUE(raw);
  EXPECT_THAT(raw->body, HasSubstr("page.example.com/missing"));
  EXPECT_EQ(pool->stats().pages, 3u);
  EXPECT_EQ(pool->stats().failed_pages, 1u);
  leased = Lease();
  expect_nothing_left();
}

TEST_F(OwnPool, SessionsShareNoCookiesAndNoStorage) {
  start({.max_browsers = 1});
  EXPECT_EQ(content("/set"), "set");
  EXPECT_EQ(content("/get"), "cookie [] storage []");
  auto leased = lease();
  ASSERT_TRUE(leased);
  ASSERT_TRUE(render(*leased, "/set"));
  auto again = render(*leased, "/get");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->content, "cookie [seen=1] storage [stored]") << "one session keeps its own";
}

TEST_F(OwnPool, PagesReachNothingBesideThePolicy) {
  start();
  auto leased = lease();
  ASSERT_TRUE(leased);
  RenderRequest request{.url = "http://page.example.com/outside",
                        .wait_after_loaded = milliseconds(200)};
  auto result = loop.run(leased->render(std::move(request), Deadline::in(kPatience)));
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ(result->content, "refused");
  for (const auto& dialled : dialer.dialled) EXPECT_EQ(dialled, "93.184.216.34|80");
  auto forbidden = loop.run(leased->render({.url = "http://10.0.0.1/"}, Deadline::in(kPatience)));
  ASSERT_FALSE(forbidden);
  EXPECT_EQ(forbidden.error().code(), codes::kWebpageLoadFailed);
}

TEST_F(OwnPool, EveryPageSeesTheSameConditions) {
  start({.cell = {.runtime_dir = {},
                  .appearance = {.width = 1000, .height = 700, .user_agent = "Agent/1"}}});
  EXPECT_EQ(content("/conditions"), "1000|700|1|en-US|UTC|0|Agent/1|true|1,234.5");
}

TEST_F(OwnPool, AMovingPageIsTheSameInTwoBrowsers) {
  start({.max_browsers = 1, .pages_per_browser = 1});
  const auto text = content("/moving");
  EXPECT_EQ(text, "faded in \u00e4\u6f22");
  const auto picture = content("/moving", RenderMode::screenshot);
  EXPECT_THAT(picture, StartsWith("\x89PNG"));
  EXPECT_EQ(content("/moving"), text);
  EXPECT_TRUE(content("/moving", RenderMode::screenshot) == picture) << "the pictures differ";
  EXPECT_GE(pool->stats().retirements, 2u) << "it was the same browser";
}

TEST_F(OwnPool, ABrowserIsReplacedAfterItsPages) {
  start({.max_browsers = 1, .pages_per_browser = 2});
  for (int i = 0; i < 6; ++i) EXPECT_EQ(content("/"), "Hello\n\nsome text");
  EXPECT_TRUE(until([&] { return pool->stats().retirements >= 2; }));
  EXPECT_EQ(pool->stats().crashes, 0u);
  expect_nothing_left();
}

TEST_F(OwnPool, AHungPageIsThrownAwayAndOthersGoOn) {
  PoolOptions options;
  options.max_browsers = 2;
  options.render.navigation = milliseconds(1500);
  start(std::move(options));
  auto hung = lease();
  auto other = lease();
  ASSERT_TRUE(hung && other);
  std::optional<Result<RenderResult>> outcome;
  asio::co_spawn(loop.context,
                 hung->render({.url = "http://page.example.com/endless"}, Deadline::in(kPatience)),
                 [&](std::exception_ptr, Result<RenderResult> r) { outcome = std::move(r); });
  const auto begin = Clock::now();
  int rendered = 0;
  while (!outcome && Clock::now() - begin < kPatience) {
    ASSERT_TRUE(render(*other, "/"));
    ++rendered;
  }
  EXPECT_GT(rendered, 1);
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_EQ(outcome->error().code(), codes::kWebpageLoadFailed);
  EXPECT_FALSE(hung->usable());
  hung = Lease();
  hung = lease();
  ASSERT_TRUE(hung) << hung.error().to_string();
  EXPECT_TRUE(render(*hung, "/"));
  EXPECT_EQ(pool->stats().crashes, 0u);
}

TEST_F(OwnPool, ACancelledPageIsThrownAwayAtOnce) {
  start({.max_browsers = 1});
  {
    auto leased = lease();
    ASSERT_TRUE(leased);
    asio::cancellation_signal cancel;
    bool ended = false;
    asio::co_spawn(
        loop.context,
        leased->render({.url = "http://page.example.com/waits"}, Deadline::in(kPatience)),
        asio::bind_cancellation_slot(
            cancel.slot(), [&](std::exception_ptr, Result<RenderResult>) { ended = true; }));
    ASSERT_TRUE(until([&] { return server.request_count() >= 1; }));
    cancel.emit(asio::cancellation_type::terminal);
    ASSERT_TRUE(until([&] { return ended; }));
  }
  ASSERT_TRUE(until([&] { return server.open_connections() == 0; })) << "it still loads";
  EXPECT_EQ(content("/"), "Hello\n\nsome text");
}

TEST_F(OwnPool, AKilledBrowserIsReplaced) {
  start({.max_browsers = 1});
  auto leased = lease();
  ASSERT_TRUE(leased);
  ASSERT_FALSE(cells().empty());
  ::kill(cells().front(), SIGKILL);
  auto broken = render(*leased, "/");
  ASSERT_FALSE(broken);
  EXPECT_TRUE(broken.error().fatal());
  EXPECT_FALSE(leased->usable());
  leased = lease();
  ASSERT_TRUE(leased) << leased.error().to_string();
  EXPECT_TRUE(render(*leased, "/"));
  EXPECT_EQ(pool->stats().crashes, 1u);
}

TEST_F(OwnPool, AMissingProgramIsToldAtTheStart) {
  PoolOptions options;
  options.cell.browser = folder / "no-browser";
  start(std::move(options));
  auto checked = loop.run(pool->check(Deadline::in(kPatience)));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), codes::kCreatingSession);
  EXPECT_TRUE(checked.error().fatal());
  EXPECT_THAT(checked.error().to_string(), HasSubstr("no-browser"));
  expect_nothing_left();
}

}  // namespace
}  // namespace gvm::browser
