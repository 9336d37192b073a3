// Clients that disconnect at random moments: nothing of them remains, neither reservations nor
// calls.
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "e2e/money.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;

constexpr int kThreads = 8, kEach = 60, kPermits = 3;

// Each client disconnects within 40 ms of its prompt, in one of three ways.
void leave_often(std::uint16_t port, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> moment(0, 40'000);  // microseconds
  for (int i = 0; i < kEach; ++i) {
    GenVm genvm(port);
    genvm.send(prompt("x"));
    std::this_thread::sleep_for(std::chrono::microseconds(moment(random)));
    switch (i % 3) {
      case 0:
        genvm.ws().reset();
        break;
      case 1:
        genvm.ws().vanish();
        break;
      default:
        genvm.ws().send_close(1000);
    }
  }
}

void storm(std::uint16_t port) {
  std::vector<std::jthread> threads;
  for (unsigned seed = 1; seed <= kThreads; ++seed)
    threads.emplace_back([=] { leave_often(port, seed); });
}

TEST(Cancellation, AtRandomMomentsLeavesNoPermitAndNoReservation) {
  MockUpstream upstream({.name = "a", .latency = mock::Latency::uniform(1ms, 30ms)});
  const TempFolder folder;
  constexpr int kRequests = kThreads * kEach + 20;  // more than are left in the end
  Module module({.backends = backend({.host = upstream.url(),
                                      .models = std::string(kShortAnswers),
                                      .more = "max_concurrency: " + std::to_string(kPermits)}),
                 .more = pricing_of(folder) + "budgets: {few: {requests: " +
                         std::to_string(kRequests) + ", window: month}}\n"});
  storm(module.port());
  EXPECT_TRUE(module.wait_for_sessions(0, 30s));
  EXPECT_TRUE(upstream.wait([](const auto& stats) { return stats.in_flight == 0; }, 10s));
  EXPECT_TRUE(module.wait_for_metric(
      R"(genvm_llm_candidate_calls{backend="main",model="m",endpoint="1",key="1"})", 0, 10s));

  // Every permit is free again: so many calls can be in flight at once.
  upstream.reset();
  upstream.set_latency(mock::Latency::fixed(300ms));
  auto sessions = open_sessions(module.port(), kPermits);
  for (const auto& reply : ask_all(sessions, prompt("x"))) EXPECT_TRUE(reply.ok()) << reply.shown;
  EXPECT_EQ(upstream.stats().most_in_flight, static_cast<std::uint64_t>(kPermits));

  // Money that was not spent is available again.
  upstream.set_latency(mock::Latency::fixed(0ms));
  Reply last;
  while ((last = sessions[0]->ask(prompt("x"))).ok()) {
  }
  EXPECT_EQ(last.outcome(), "UserError BUDGET_EXCEEDED") << last.shown;
  EXPECT_EQ(ctx(last, "/reserved"), "0");
  EXPECT_EQ(ctx(last, "/spent"), std::to_string(kRequests));
}

}  // namespace
}  // namespace gvm::e2e
