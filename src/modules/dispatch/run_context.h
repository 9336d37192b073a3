#pragma once
// What the prompts of a session run with.
#include <cstdint>
#include <memory>

#include "base/log.h"
#include "base/sampled_logger.h"
#include "billing/session_facts.h"
#include "billing/spending.h"
#include "dispatch/answer_check.h"
#include "dispatch/router.h"
#include "trace/span.h"

namespace gvm::dispatch {

// What all sessions of the module share for routing and money.
struct Engine {
  std::unique_ptr<Router> router;
  std::unique_ptr<billing::Spending> spending;
  // For failed calls: during an outage every prompt would write the same lines.
  std::unique_ptr<log::SampledLogger> failures =
      std::make_unique<log::SampledLogger>(log::Logger());
};

// Lines of one kind of failure that are written in a minute.
inline constexpr int kFailuresShown = 10;

struct RunContext {
  // Kept alive by every call under way: when a lane is destroyed, its unfinished calls still refer
  // to it.
  std::shared_ptr<Engine> engine;
  provider::CallContext call;
  billing::SessionFacts* facts = nullptr;  // outlives the run
  log::Logger logger;
  bool log_content = false;                      // texts of prompts and answers at level trace
  std::shared_ptr<AnswerCheck> check = nullptr;  // null: answers are taken as they come
  // Calls become spans below it; outlives the run. Null: they do not.
  const trace::Span* span = nullptr;
  std::uint64_t session = 0;  // its number, for the log
};

}  // namespace gvm::dispatch
