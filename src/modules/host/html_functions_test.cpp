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

HostRunOptions without_budgets(const std::string& lua) {
  HostRunOptions options = HostRun::body(lua);
  options.script_limits.cpu_total = 60s;
  options.script_limits.cpu_unyielding = 60s;
  return options;
}

TEST(HtmlFunctions, ParsingElsewhereTakesTheSessionsProcessorTime) {
  HostRunOptions options = HostRun::body("while true do rs.html(argument) end");
  options.script_limits.cpu_total = 300ms;
  HostRun run(std::move(options));
  const auto answer = run.main(Value::string(text_page(2 * kMiB)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), "SCRIPT_CPU_LIMIT");
}

TEST(HtmlFunctions, ReadingElsewhereTakesTheSessionsProcessorTime) {
  HostRunOptions options =
      HostRun::body("local d = rs.html(argument) while true do d:main_text() end");
  options.script_limits.cpu_total = 1500ms;
  HostRun run(std::move(options));
  const auto answer = run.main(Value::string(text_page(2 * kMiB)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), "SCRIPT_CPU_LIMIT");
}

// The same questions to a page that is read on the lane and to one that is read elsewhere, whose
// lists reach Lua in pieces.
constexpr const char* kAskEverything =
    "local d = rs.html(argument, {url = 'http://a/'})\n"
    "local body = d:first('body')\n"
    "local n = #d:select('p')\n"
    "local links, tables = d:links(), d:tables()\n"
    "local facts = d:extract({p = {'p b'}, none = 'video', last = 'p:last-of-type b'})\n"
    "for i, link in ipairs(links) do\n"
    "  assert(link.href == 'l' .. i and link.url == 'http://a/l' .. i and link.text == 't' .. i)\n"
    "end\n"
    "assert(#links == n and #d:select('p > a') == n and #body:children() == n + 1)\n"
    "assert(#facts.p == n and facts.p[n] == 'b' .. n and facts.last == 'b' .. n)\n"
    "assert(#tables == 1 and #tables[1].rows == n and tables[1].rows[n][2] == 'c' .. n)\n"
    "assert(d:select('p')[n]:first('b'):text() == 'b' .. n)\n"
    "assert(#d:select('video') == 0 and d:first('video') == nil)\n"
    "assert(d:first('p b'):text() == 'b1' and body:children()[n]:name() == 'p')\n"
    "assert(d:text():find('b' .. n, 1, true) and d:html():find('c' .. n, 1, true))\n"
    "assert(d:markdown():find('b' .. n, 1, true) and d:main_text():find('b' .. n, 1, true))\n"
    "assert(body:markdown():find('c' .. n, 1, true) and d:meta().title == 'T' and d:title() == "
    "'T')\n"
    "assert(not pcall(d.select, d, 'p['))\n"
    "return n";

std::string page_of(int paragraphs) {
  std::string page = "<title>T</title><body>";
  std::string rows;
  for (int i = 1; i <= paragraphs; ++i) {
    const std::string n = std::to_string(i);
    page += "<p>Words of a paragraph. <b>b" + n + "</b> <a href=l" + n + ">t" + n + "</a></p>";
    rows += "<tr><td>r<td>c" + n;
  }
  return page + "<table>" + rows + "</table>";
}

TEST(HtmlFunctions, LongPagesAnswerLikeShortOnes) {
  for (const int paragraphs : {3, 300, 6000}) {
    HostRun run(without_budgets(kAskEverything));
    const auto answer = run.main(Value::string(page_of(paragraphs)));
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(*answer, Value::integer(paragraphs));
  }
}

TEST(HtmlFunctions, WhereACallCannotWaitALongPageIsRefused) {
  const std::string ask =
      "local d = rs.html(argument)\n"
      "local ok, err = coroutine.wrap(function() return pcall(d.text, d) end)()\n"
      "return ok or rs.as_user_error(err).causes[1]";
  HostRun short_page(without_budgets(ask));
  EXPECT_EQ(*short_page.main(Value::string(page_of(300))), Value::boolean(true));
  HostRun long_page(without_budgets(ask));
  EXPECT_EQ(*long_page.main(Value::string(page_of(40'000))), Value::string("SCRIPT_CANNOT_WAIT"));
}

TEST(HtmlFunctions, ACancelledReadingLeavesTheSessionUsable) {
  HostRun run(
      without_budgets("kept = kept or rs.html(argument)\nif slow then slow = false while true do "
                      "kept:main_text() end "
                      "end\nslow = true\nreturn kept:title()"));
  ASSERT_TRUE(run.main(Value::string(page_of(20'000))));
  std::vector<script::Argument> arguments(1);
  const auto cancelled = run.call("Main", std::move(arguments), Deadline::in(20ms));
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code(), "DEADLINE_EXCEEDED");
  const auto next = run.main();
  ASSERT_TRUE(next) << next.error().to_string();
  EXPECT_EQ(*next, Value::string("T"));
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
