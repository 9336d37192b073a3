#include "llm/budget_gauge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "billing/budgets.h"
#include "billing/spending.h"
#include "config/load.h"
#include "config/test_environment.h"
#include "ledger/open_ledger.h"
#include "store/test_ledger.h"

namespace gvm::llm {
namespace {

using testing::HasSubstr;
using testing::Not;

class BudgetGaugeTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "gvm-gauge-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::shared_ptr<const config::LlmConfig> config(const std::string& budgets) const {
    auto loaded = config::load_llm_text(
        "backends: {}\ndata_dir: \"" + folder_.string() + "\"\nbudgets: " + budgets + "\n", "f",
        config::test_environment(), {.empty_backends = config::EmptyBackends::allow});
    EXPECT_TRUE(loaded) << config::to_string(loaded.error());
    return std::make_shared<const config::LlmConfig>(std::move(loaded->config));
  }

  std::filesystem::path folder_;
};

TEST_F(BudgetGaugeTest, TellsTheFullestAccountOfEachBudget) {
  const auto of = config(
      "{few: {requests: 4, window: day, scope: [tx_id]}, own: {requests: 1, window: session}}");
  auto ledger = ledger::open_ledger(billing::ledger_options(*of), {});
  ASSERT_TRUE(ledger);
  const auto few = billing::budgets_of(*of)[0];
  const auto spend = [&](const char* scope) {
    auto call = store::reserve(**ledger, store::make_request({{few, scope}}, 1));
    ASSERT_TRUE(call);
    call->settle(store::make_settlement(1));
  };
  spend("tx_id=1");
  spend("tx_id=2");
  spend("tx_id=2");
  spend("tx_id=2");
  ASSERT_TRUE((*ledger)->flush(std::chrono::seconds(30)));
  BudgetGauge gauge({});
  metrics::Exposition out;
  gauge.write_to(out, of);
  EXPECT_THAT(out.text(),
              HasSubstr("genvm_llm_budget_used_ratio{budget=\"few\",window=\"day\"} 0.75\n"));
  EXPECT_THAT(out.text(), Not(HasSubstr("budget=\"own\""))) << "only the ledger's memory knows it";
}

// What is asked often must not read the ledger as often.
TEST_F(BudgetGaugeTest, ReadsOnceForManyQuestions) {
  const auto of = config("{few: {requests: 4, window: day}}");
  int readings = 0;
  BudgetGauge gauge([&](const std::function<void()>& task) {
    ++readings;
    task();
  });
  for (int i = 0; i < 10; ++i) {
    metrics::Exposition out;
    gauge.write_to(out, of);
  }
  EXPECT_EQ(readings, 1);
}

TEST_F(BudgetGaugeTest, WithoutBudgetsAsksNobody) {
  BudgetGauge gauge([](const std::function<void()>&) { FAIL(); });
  metrics::Exposition out;
  gauge.write_to(out, config("{}"));
  EXPECT_EQ(out.text(), "");
}

}  // namespace
}  // namespace gvm::llm
