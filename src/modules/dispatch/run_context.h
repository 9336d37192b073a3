#pragma once
// What the prompts of a session run with.
#include <memory>

#include "base/log.h"
#include "billing/session_facts.h"
#include "billing/spending.h"
#include "dispatch/router.h"

namespace gvm::dispatch {

// What all sessions of the module share for routing and money.
struct Engine {
  std::unique_ptr<Router> router;
  std::unique_ptr<billing::Spending> spending;
};

struct RunContext {
  // Kept alive by every call under way: when a lane is destroyed, its unfinished calls still refer
  // to it.
  std::shared_ptr<Engine> engine;
  provider::CallContext call;
  billing::SessionFacts* facts = nullptr;  // outlives the run
  log::Logger logger;
};

}  // namespace gvm::dispatch
