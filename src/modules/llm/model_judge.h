#pragma once
// A model of a configured backend as a moderator.
#include <memory>

#include "dispatch/run_context.h"
#include "guarded/moderate.h"

namespace gvm::llm {

struct JudgeCosts;

// Each question is a prompt of its own: charged, counted against budgets, with its own decision
// record. What it costs is added to `costs`. No guard looks at it. `data`: what the judged prompt
// demands of backends holds for the question too.
guarded::AskModel model_judge(const dispatch::RunContext& context,
                              std::shared_ptr<JudgeCosts> costs, config::DataDemand data);

}  // namespace gvm::llm
