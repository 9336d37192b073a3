// Two modules that share a budget on a PostgreSQL server.
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "e2e/money.h"
#include "support/postgres_server.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;
using test::PostgresServer;

constexpr std::int64_t kBudget = 100'000'000;  // nano-USD
constexpr std::string_view kTheBudget = "budgets: {b: {usd: 0.1, window: month}}\n";

class SharedBudget : public testing::Test {
 protected:
  void SetUp() override {
    server_ = PostgresServer::start();
    if (server_ == nullptr) GTEST_SKIP() << PostgresServer::missing();
    folder_.emplace();
  }

  std::unique_ptr<Module> start(std::string_view when_broken = "refuse") {
    return std::make_unique<Module>(ModuleOptions{
        .backends = short_answers(upstream_),
        .more = pricing_of(*folder_) + std::string(kTheBudget) + "ledger: {url: \"" +
                server_->url() + "\", when_broken: " + std::string(when_broken) + "}\n"});
  }

  std::int64_t number(const std::string& sql) const { return std::stoll(server_->run_sql(sql)); }
  std::int64_t open_reservations() const { return number("SELECT count(*) FROM gvm_reservations"); }
  std::int64_t spent() const {
    return number("SELECT coalesce(sum(nano_usd), 0) FROM gvm_entries");
  }

  // Sessions at both modules.
  struct Callers {
    std::vector<std::unique_ptr<GenVm>> sessions;
    Callers(std::initializer_list<const Module*> modules, int each) {
      for (const auto* module : modules) {
        for (auto& session : open_sessions(module->port(), each))
          sessions.push_back(std::move(session));
      }
    }
    // Outcome -> how often.
    std::map<std::string, int> ask() {
      std::map<std::string, int> outcomes;
      for (const auto& reply : ask_all(sessions, prompt("a prompt of some length")))
        ++outcomes[reply.outcome()];
      return outcomes;
    }
  };

  // Until no prompt is accepted: then nothing is reserved, and no call fits.
  void use_up(Callers& callers, bool may_be_unavailable) {
    for (int answered = 1; answered > 0;) {
      auto outcomes = callers.ask();
      answered = outcomes["Ok"];
      outcomes.erase("Ok");
      outcomes.erase("UserError BUDGET_EXCEEDED");
      if (may_be_unavailable && outcomes.erase(kUnavailable) != 0) answered = 1;
      ASSERT_TRUE(outcomes.empty()) << outcomes.begin()->first;
      ASSERT_LE(upstream_.bill().cost_nano_usd, kBudget);
    }
  }

  void expect_used_and_exact() {
    const auto billed = upstream_.bill();
    EXPECT_LE(billed.cost_nano_usd, kBudget);
    EXPECT_GE(billed.cost_nano_usd, kBudget * 95 / 100);
    EXPECT_TRUE(eventually([&] { return open_reservations() == 0; }, 20s));
    EXPECT_EQ(spent(), billed.cost_nano_usd);
    EXPECT_EQ(number("SELECT count(*) FROM gvm_entries"), static_cast<std::int64_t>(billed.calls));
    EXPECT_EQ(number("SELECT sum(spent) FROM gvm_buckets"), billed.cost_nano_usd);
  }

  void expect_whole(const Module& module) {
    const auto verified = test::run_program({program("genvm-modules"), "ledger", "verify",
                                             "--config", module.folder().file("config.yaml")});
    EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  }

  static constexpr const char* kUnavailable = "FatalError LEDGER_UNAVAILABLE";
  MockUpstream upstream_{{.name = "a", .latency = mock::Latency::uniform(1ms, 40ms)}};
  std::unique_ptr<PostgresServer> server_;
  std::optional<TempFolder> folder_;
};

TEST_F(SharedBudget, IsNotOverrunByTwoModulesTogetherAndCanBeUsed) {
  const auto one = start(), two = start();
  Callers callers({one.get(), two.get()}, 20);
  use_up(callers, false);
  expect_used_and_exact();
  expect_whole(*one);
}

TEST_F(SharedBudget, SurvivesARestartOfItsServer) {
  const auto one = start(), two = start();
  Callers callers({one.get(), two.get()}, 10);
  EXPECT_EQ(callers.ask()["Ok"], 20);
  // Calls under way when the server stops are settled when it is back.
  upstream_.set_latency(mock::Latency::fixed(1500ms));
  for (auto& session : callers.sessions) session->send(prompt("a prompt of some length"));
  ASSERT_TRUE(upstream_.wait([](const auto& stats) { return stats.in_flight == 20; }, 20s));
  server_->crash();
  for (auto& session : callers.sessions) EXPECT_TRUE(session->receive().ok());
  upstream_.set_latency(mock::Latency::uniform(1ms, 40ms));

  const auto made = upstream_.stats().calls;
  EXPECT_EQ(callers.ask(), (std::map<std::string, int>{{kUnavailable, 20}}));
  EXPECT_EQ(upstream_.stats().calls, made) << "what cannot be written down is not spent";

  server_->restart();
  EXPECT_TRUE(eventually([&] { return callers.sessions[0]->ask(prompt("x")).ok(); }, 30s));
  EXPECT_TRUE(eventually([&] { return callers.sessions[19]->ask(prompt("x")).ok(); }, 30s));
  use_up(callers, true);
  expect_used_and_exact();
  expect_whole(*two);
}

TEST_F(SharedBudget, IsChargedLaterWhatIsSpentWhileItsServerIsAwayWhenTheOperatorWantsThat) {
  const auto module = start("continue");
  Callers callers({module.get()}, 10);
  EXPECT_EQ(callers.ask()["Ok"], 10);
  server_->crash();
  EXPECT_EQ(callers.ask()["Ok"], 10);
  server_->restart();
  EXPECT_TRUE(eventually([&] { return spent() == upstream_.bill().cost_nano_usd; }, 30s))
      << spent() << " of " << upstream_.bill().cost_nano_usd;
  EXPECT_GE(module->metric("genvm_llm_ledger_unreserved_total"), 10);
}

}  // namespace
}  // namespace gvm::e2e
