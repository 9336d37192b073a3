#include "web/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_codes.h"

namespace gvm::web {
namespace {

using testing::ElementsAre;

Routes routes(std::vector<RouteSettings> settings) {
  std::vector<NamedProxy> proxies;
  for (const auto* name : {"a", "b", "c"})
    proxies.push_back(
        {name, net::HttpProxy{std::string("http://") + name + ".example:3128", {}, {}}});
  return Routes::compile(std::move(proxies), settings).value();
}

const Route& of(const Routes& routes, std::string_view url) {
  return routes.of(*url::parse(url));
}

TEST(Routes, WithoutAMatchGoDirectly) {
  const Routes none;
  EXPECT_THAT(of(none, "https://example.com/").via, ElementsAre(Route::kDirect));
  const auto some = routes({{.hosts = {"*.example.com"}, .via = {"a"}, .source = {}}});
  EXPECT_THAT(of(some, "https://example.org/").via, ElementsAre(Route::kDirect));
}

TEST(Routes, TheFirstMatchDecides) {
  const auto some = routes({{.hosts = {"www.example.com"}, .via = {"b"}, .source = "127.0.0.2"},
                            {.hosts = {"*.example.com"}, .via = {"a", "direct"}, .source = {}}});
  EXPECT_THAT(of(some, "https://www.example.com/").via, ElementsAre(1U));
  EXPECT_EQ(of(some, "https://www.example.com/").source, "127.0.0.2");
  EXPECT_THAT(of(some, "https://x.example.com/").via, ElementsAre(0U, Route::kDirect));
}

TEST(Routes, NameTheProxyThatIsNotThere) {
  const auto broken = Routes::compile({}, {{.hosts = {"*"}, .via = {"nowhere"}, .source = {}}});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code(), codes::kInvalidConfig);
  EXPECT_THAT(broken.error().to_string(), testing::HasSubstr("nowhere"));
}

TEST(ProxyTurns, RotateAmongTheHealthyAndKeepDirectAsTheFallback) {
  ProxyTurns turns(3);
  const Route route{{0, 1, Route::kDirect}, {}};
  EXPECT_THAT(turns.order(route), ElementsAre(0U, 1U, Route::kDirect));
  EXPECT_THAT(turns.order(route), ElementsAre(1U, 0U, Route::kDirect));
  EXPECT_THAT(turns.order(route), ElementsAre(0U, 1U, Route::kDirect));
}

TEST(ProxyTurns, AFailedProxyRestsLongerEachTimeAndIsAskedLast) {
  ProxyTurns turns(2);
  const Route route{{0, 1}, {}};
  const auto now = Clock::now();
  turns.failed(0, now);
  EXPECT_THAT(turns.order(route, now), ElementsAre(1U, 0U));
  EXPECT_THAT(turns.order(route, now), ElementsAre(1U, 0U));
  const auto rested = now + ProxyTurns::kFirstRest + std::chrono::milliseconds(1);
  turns.failed(0, rested);
  // Twice as long now.
  EXPECT_THAT(turns.order(route, rested + ProxyTurns::kFirstRest), ElementsAre(1U, 0U));
  turns.worked(0);
  const auto first = turns.order(route, rested).front();
  EXPECT_NE(turns.order(route, rested).front(), first);
}

TEST(ProxyTurns, WhenAllRestTheOneThatIsBackFirstIsAsked) {
  ProxyTurns turns(2);
  const Route route{{0, 1}, {}};
  const auto now = Clock::now();
  turns.failed(0, now);
  turns.failed(1, now - std::chrono::seconds(1));
  EXPECT_THAT(turns.order(route, now), ElementsAre(1U, 0U));
}

}  // namespace
}  // namespace gvm::web
