// What lib.rs.html does to its session: waiting, cancelling, memory. What it answers is in
// tests/lua/html_test.lua.
#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "base/json.h"
#include "host/test_host_run.h"

namespace gvm::host {

namespace {

using namespace std::chrono_literals;

std::string text_page(std::size_t bytes) {
  std::string page = "<title>t</title>";
  while (page.size() < bytes) page += "<p class=a>Some words of a page.</p>";
  return page;
}

TEST(HtmlFunctions, OtherWorkOfTheLaneGoesOnWhileALongPageIsParsed) {
  HostRun run(HostRun::body("return rs.html(argument):title()"));
  int turns = 0;
  boost::asio::steady_timer timer(run.io);
  std::function<void()> tick = [&] {
    timer.expires_after(1ms);
    timer.async_wait([&](const boost::system::error_code& ec) {
      if (ec || ++turns >= 3) return;
      tick();
    });
  };
  tick();
  const auto title = run.main(Value::string(text_page(4 * kMiB)));
  ASSERT_TRUE(title) << title.error().to_string();
  EXPECT_EQ(*title->as_string(), "t");
  EXPECT_EQ(turns, 3);
}

TEST(HtmlFunctions, ADeadlineEndsALongParse) {
  HostRun run(HostRun::body("return rs.html(argument):title()"));
  std::vector<script::Argument> arguments;
  arguments.push_back({Value::string(text_page(12 * kMiB))});
  const auto start = Clock::now();
  const auto title = run.call("Main", std::move(arguments), Deadline::in(30ms));
  ASSERT_FALSE(title);
  EXPECT_EQ(title.error().code(), "DEADLINE_EXCEEDED");
  EXPECT_LT(Clock::now() - start, 5s);
  // The session lives on.
  const auto next = run.main(Value::string("<title>n</title>"));
  ASSERT_TRUE(next) << next.error().to_string();
  EXPECT_EQ(*next->as_string(), "n");
}

TEST(HtmlFunctions, DocumentsCountAsMemoryOfTheSession) {
  HostRun run(HostRun::body("kept = rs.html(argument)\nreturn kept:title()"));
  const std::size_t before = run.session->memory_used();
  ASSERT_TRUE(run.main(Value::string(text_page(100'000))));
  EXPECT_GT(run.session->memory_used(), before + 100'000);
}

TEST(HtmlFunctions, ASessionWithoutMemoryForThePageEnds) {
  HostRunOptions options = HostRun::body("kept = rs.html(argument)\nreturn 1");
  options.script_limits.memory_bytes = 4 * kMiB;
  HostRun run(std::move(options));
  const auto result = run.main(Value::string(text_page(3 * kMiB)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), "SCRIPT_MEMORY_LIMIT");
  EXPECT_FALSE(run.session->usable());
}

TEST(HtmlFunctions, HandlesAreGoneWithTheSession) {
  // Under the sanitizers a box that outlives its document is found.
  HostRun run(HostRun::body("list = rs.html(argument):select('p')\nreturn #list"));
  const auto count = run.main(Value::string(text_page(10'000)));
  ASSERT_TRUE(count);
  run.session.reset();
}

}  // namespace

}  // namespace gvm::host
