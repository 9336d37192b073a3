#pragma once
// What a prompt of a session runs with.
#include <memory>

#include "base/log.h"
#include "llm/router.h"
#include "llm/session_facts.h"
#include "llm/spending.h"

namespace gvm::llm {

// What all sessions share for routing and money.
struct Engine {
  std::unique_ptr<Router> router;
  std::unique_ptr<Spending> spending;
};

struct RunContext {
  // Held by every call under way: lanes drop unfinished ones when they go.
  std::shared_ptr<Engine> engine;
  CallContext call;
  SessionFacts* facts = nullptr;  // outlives the run
  log::Logger logger;
};

}  // namespace gvm::llm
