#pragma once
// How full the budgets are, as metrics. The ledger is read off the lanes when somebody asks and the
// last reading is old, so a scrape shows what the one before has caused to be read.
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/deadline.h"
#include "base/metrics.h"
#include "config/llm_config.h"

namespace gvm::llm {

class BudgetGauge {
 public:
  static constexpr std::chrono::seconds kInterval{15};  // between two readings, at least
  static constexpr int kRest = 100;  // times as long as a reading took, no other one begins
  using Later = std::function<void(std::function<void()>)>;

  // `later` does something on a thread that is no lane's; empty: at once.
  explicit BudgetGauge(Later later) : later_(std::move(later)) {}

  // genvm_llm_budget_used_ratio{budget, window}: of the fullest account of each budget. Thread
  // safe.
  void write_to(metrics::Exposition& out, const std::shared_ptr<const config::LlmConfig>& config);

 private:
  struct State {
    std::mutex mutex;
    bool reading = false;
    Clock::time_point next{};
    std::map<std::string, double, std::less<>> used;  // by budget
  };
  static void read(State& state, const config::LlmConfig& config);
  bool begins_reading();

  Later later_;
  std::shared_ptr<State> state_ = std::make_shared<State>();  // outlived by a reading
};

}  // namespace gvm::llm
