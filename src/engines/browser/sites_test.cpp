// Pages of frameworks: each is read with its content, the same in two sessions.
#include "support/sites.h"

#include <string>

#include "browser/conditions.h"
#include "browser/test_drivers.h"

namespace gvm::browser {
namespace {

struct Sites : testing::TestWithParam<std::string> {
  RenderResult render_in_new_session(RenderMode mode) {
    WebDriver at(loop.http, driver.endpoint());
    auto made = loop.run(at.new_session(eager_session_request(), Deadline::in(kPatience)));
    if (!made) throw std::runtime_error(made.error().to_string());
    const DriverSession session(loop.http, *made);
    const auto frozen = loop.run(freeze_conditions(session, {}, Deadline::in(kPatience)));
    if (!frozen) throw std::runtime_error(frozen.error().to_string());
    RenderRequest request{
        .url = sites.url(GetParam()), .mode = mode, .quiet_dom = milliseconds(500)};
    auto rendered = loop.run(
        render(session, std::move(request), {}, PageBefore::none, Deadline::in(kPatience)));
    if (!rendered.result) throw std::runtime_error(rendered.result.error().to_string());
    return std::move(*rendered.result);
  }

  test::Sites sites;
  Loop loop;
  DriverProcess driver;
};

TEST_P(Sites, AreReadWithTheirContentTheSameTwice) {
  if (const auto missing = test::Sites::missing(); !missing.empty()) GTEST_SKIP() << missing;
  const auto text = render_in_new_session(RenderMode::text);
  EXPECT_EQ(text.content, test::Sites::text(GetParam()));
  EXPECT_FALSE(text.unsettled);
  EXPECT_EQ(render_in_new_session(RenderMode::text).content, text.content);
  const auto html = render_in_new_session(RenderMode::html);
  EXPECT_THAT(html.content, testing::HasSubstr("<body"));
  EXPECT_EQ(render_in_new_session(RenderMode::html).content, html.content);
}

INSTANTIATE_TEST_SUITE_P(All, Sites, testing::ValuesIn(test::Sites::names()),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace gvm::browser
