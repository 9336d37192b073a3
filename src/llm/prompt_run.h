#pragma once
// One prompt's way to an answer: candidates are ranked, called one after another or side by side,
// paid for, and blamed for what they do wrong, until one answers or nothing is left to try. One
// budget of attempts, of time and of money for all of it. On a lane.
#include <memory>
#include <optional>
#include <string>
#include <vector>

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

struct PromptWish {
  PromptRequest request;
  std::optional<routing::Strategy> strategy;  // in place of the configured one
  std::vector<routing::CandidateId> excluded;
};

// Names become candidates. SCRIPT_BAD_ARGUMENT for a strategy that does not exist; what is excluded
// may be unknown.
Result<PromptWish> wish_of(PromptRequest request, const Candidates& candidates);

struct PromptAnswer {
  ProviderAnswer answer;
  routing::CandidateId candidate = 0;
  std::int64_t nano_usd = 0;  // all of the prompt's calls
  Integer consumed_gen;
  std::string record;  // its decision record

  // {data, consumed_gen, tokens, provider, model, cost (USD, a decimal text), record}
  Value to_value(const Candidates& candidates) &&;
};

// Errors: NO_PROVIDER_FOR_PROMPT (ctx.why, attempts, last_error, recovers_in_ms, record),
// BUDGET_EXCEEDED, DEADLINE_EXCEEDED, CANCELLED, SCRIPT_BAD_ARGUMENT. Redacted. The wish's views
// must outlive the awaiting.
asio::awaitable<Result<PromptAnswer>> run_prompt(RunContext context, PromptWish wish,
                                                 Deadline deadline);

// What the prompt would meet now: for llm.rs.route. Nothing is called.
struct RankedView {
  routing::Ranking ranking;
  routing::Snapshot snapshot;
};
RankedView rank_now(const RunContext& context, const PromptWish& wish);

}  // namespace gvm::llm
