// What lib.rs.filter_text does to its session and its lane. What the filters do is in text/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <functional>

#include "host/test_host_run.h"

namespace gvm::host {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kFilters = "{'NFKC', 'RmZeroWidth', 'NormalizeWS'}";

std::string repeated(std::string_view piece, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += piece;
  return out;
}

HostRunOptions filtering() {
  return HostRun::body("return #rs.filter_text(argument, " + std::string(kFilters) + ")");
}

TEST(FilterText, OtherWorkOfTheLaneGoesOnWhileALongTextIsFiltered) {
  HostRun run(filtering());
  std::size_t turns = 0;
  bool done = false;
  std::function<void()> neighbour = [&] {
    ++turns;
    if (!done) boost::asio::post(run.io, neighbour);
  };
  boost::asio::post(run.io, [&] { neighbour(); });
  boost::asio::co_spawn(
      run.io,
      [&]() -> boost::asio::awaitable<void> {
        std::vector<script::Argument> arguments;
        arguments.push_back({Value::string(repeated("e\u0301", 2 * kMiB))});
        const auto deadline = Deadline::in(60s);
        auto call = run.session->call("Main", std::move(arguments), deadline);
        const auto result = co_await std::move(call);
        EXPECT_TRUE(result) << result.error().to_string();
        done = true;
      },
      boost::asio::detached);
  run.io.run();
  EXPECT_TRUE(done);
  EXPECT_GT(turns, 5U) << "about 30 ms of work are at least so many slices";
}

TEST(FilterText, AFaultInTheMiddleOfALongTextIsTyped) {
  HostRun run(filtering());
  std::string text = repeated("abc ", 3 * kMiB);
  text[2 * kMiB] = '\xff';
  const auto bad = run.main(Value::bytes(text));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), "SCRIPT_BAD_ARGUMENT");
  EXPECT_THAT(bad.error().to_string(), testing::HasSubstr("byte 2097152"));
  const auto grown = run.main(Value::string(repeated("\uFDFA", kMiB)));
  ASSERT_FALSE(grown);
  EXPECT_EQ(grown.error().code(), "TOO_LARGE");
  const auto after = run.main(Value::string("a  b"));
  ASSERT_TRUE(after) << "the session lives on";
  EXPECT_EQ(after->as_integer()->to_i64(), 3);
}

TEST(FilterText, TakesNumbersAsTheirText) {
  HostRun run(HostRun::body("return rs.filter_text(12, {'NFC'})"));
  EXPECT_EQ(run.main()->as_string(), "12");
}

TEST(FilterText, WhereNothingCanWaitALongTextIsRefused) {
  const auto in_a_coroutine = [](std::size_t bytes) {
    HostRun run(
        HostRun::body("local ok, e = coroutine.resume(coroutine.create(function() "
                      "return #rs.filter_text(argument, {'NFC'}) end))\n"
                      "return ok and 'filtered' or rs.as_user_error(e).causes[1]"));
    auto result = run.main(Value::string(std::string(bytes, 'a')));
    return result ? std::string(result->as_string().value_or("")) : result.error().to_string();
  };
  EXPECT_EQ(in_a_coroutine(100 * kKiB), "filtered");
  EXPECT_EQ(in_a_coroutine(600 * kKiB), "SCRIPT_CANNOT_WAIT");
}

TEST(FilterText, WhatItHoldsCountsAsMemoryOfTheSessionWhileItRuns) {
  HostRunOptions options = filtering();
  options.script_limits.memory_bytes = 6 * kMiB;
  HostRun small(std::move(options));
  // The text, and as much again for its filtered form.
  const auto result = small.main(Value::string(repeated("abc ", 4 * kMiB)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), "SCRIPT_MEMORY_LIMIT");
  HostRun run(filtering());
  ASSERT_TRUE(run.main(Value::string("a")));
  const auto before = run.session->memory_used();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(run.main(Value::string(repeated("abc ", 2 * kMiB))));
  EXPECT_LT(run.session->memory_used(), before + 12 * kMiB);
}

}  // namespace

}  // namespace gvm::host
