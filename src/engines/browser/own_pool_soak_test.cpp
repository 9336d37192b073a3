// Renders pages while clients disconnect and browsers are killed. GVM_SOAK_PAGES makes it longer;
// the documented figures were taken with 500.
#include <signal.h>

#include <random>

#include "browser/test_own_pool.h"

namespace gvm::browser {
namespace {

struct OwnPoolSoak : OwnPoolFixture {
  // On a busy machine a page may wait for its end: the soak then goes on with the others.
  static constexpr std::chrono::seconds kPagePatience{15};

  static asio::awaitable<bool> visit(Pool& pool, net::HttpClient& http,
                                     std::shared_ptr<egress::SlotPolicy> policy, int number) {
    auto lease = co_await pool.lease(http, policy, Deadline::in(kPagePatience));
    if (!lease) co_return false;
    RenderRequest request{.url = "http://page.example.com/"};
    if (number % 10 == 2) request.url += "waits";
    if (number % 10 == 7) request.mode = RenderMode::screenshot;
    auto result = co_await lease->render(std::move(request), Deadline::in(kPagePatience));
    co_return result.has_value();
  }
};

TEST_F(OwnPoolSoak, NothingIsLeftAfterManyPagesKillsAndCancels) {
  const char* wanted = std::getenv("GVM_SOAK_PAGES");
  const int pages = wanted == nullptr ? 40 : std::atoi(wanted);
  constexpr int kAtOnce = 4;
  PoolOptions options;
  options.max_browsers = 4;
  options.cell.slots = 1;  // the default
  options.pages_per_browser = 20;
  options.render.navigation = milliseconds(3000);
  start(std::move(options));
  std::mt19937 random(7);
  int started = 0;
  int running = 0;
  int good = 0;
  std::vector<std::unique_ptr<asio::cancellation_signal>> signals;
  const auto spawn = [&] {
    const int number = started++;
    ++running;
    signals.push_back(std::make_unique<asio::cancellation_signal>());
    asio::co_spawn(
        loop.context, visit(*pool, loop.http, policy, number),
        asio::bind_cancellation_slot(signals.back()->slot(), [&](std::exception_ptr, bool worked) {
          --running;
          good += worked ? 1 : 0;
        }));
    if (number % 10 == 5) signals.back()->emit(asio::cancellation_type::terminal);
    if (number % 10 == 3 && !cells().empty()) ::kill(cells()[random() % cells().size()], SIGKILL);
    // A single one may be ending already.
    if (number == 26)
      for (const pid_t cell : cells()) ::kill(cell, SIGKILL);
  };
  const auto end = Clock::now() + std::chrono::minutes(10);
  while ((started < pages || running > 0) && Clock::now() < end) {
    while (running < kAtOnce && started < pages) spawn();
    // Cancels the oldest requests whose pages never finish loading.
    if (started > kAtOnce && started % 10 == 6)
      signals[static_cast<std::size_t>(started - 3)]->emit(asio::cancellation_type::terminal);
    const int enough = started < pages ? kAtOnce - 1 : 0;
    test::run_until(loop.context, [&] { return running <= enough; }, milliseconds(500));
  }
  EXPECT_EQ(running, 0);
  EXPECT_GT(good, pages / 2);
  EXPECT_TRUE(until([&] { return pool->stats().leased == 0 && pool->stats().waiting == 0; }));
  // A browser that was still starting counts as a failed start.
  EXPECT_GE(pool->stats().crashes + pool->stats().failed_starts, 1u);
  expect_nothing_left();
}

}  // namespace
}  // namespace gvm::browser
