#pragma once
// One connection of a GenVM to the LLM module: hello, then requests through the operator's script.
// On one lane.
#include <atomic>
#include <memory>

#include "audit/log.h"
#include "config/llm_config.h"
#include "dispatch/run_context.h"
#include "envelope/request.h"
#include "guarded/guards.h"
#include "llm/judge_counters.h"
#include "llm/session_greybox.h"
#include "money/rational.h"
#include "net/lane.h"
#include "scripted/session.h"

namespace gvm::llm {

struct Origin;

namespace asio = boost::asio;

// What all sessions of one configuration share; immutable but for the counters.
struct Shared : scripted::ModuleContext {
  std::shared_ptr<const config::LlmConfig> config;
  std::unique_ptr<provider::Counters> counters = std::make_unique<provider::Counters>();
  std::unique_ptr<provider::Catalog> catalog;
  std::shared_ptr<dispatch::Engine> engine;
  std::shared_ptr<guarded::Guards> guards;  // null: no rules
  std::shared_ptr<audit::Log> audit;        // null: none is kept; the same after a reload
  std::shared_ptr<GreyboxCounters> greybox_counters = std::make_shared<GreyboxCounters>();
  std::shared_ptr<JudgeCounters> judge_counters = std::make_shared<JudgeCounters>();
  // Set once the script's old form of answers has been logged.
  std::unique_ptr<std::atomic_flag> told_of_bare_answers = std::make_unique<std::atomic_flag>();
};

class LlmSession final : public scripted::Session {
 public:
  LlmSession(std::shared_ptr<const Shared> shared, net::Lane& lane, std::uint64_t number);

 private:
  asio::awaitable<Result<std::string>> answer(Value message, Deadline deadline) override;
  std::unique_ptr<script::Services> make_services() override;
  void add_stats(Value::Map& stats) const override;
  void tell_of_bare_answer() const;

  std::shared_ptr<const Shared> shared_;
  std::shared_ptr<Origin> origin_;           // of the request under way
  std::shared_ptr<SessionGreybox> greybox_;  // null: nothing is drawn
  money::Rational consumed_gen_;             // by all answers of this session
};

}  // namespace gvm::llm
