#pragma once
// Checks that a budget can count something: the backends, models and keys that its `only` names
// must exist.
#include "config/llm_config.h"
#include "config/reader.h"

namespace gvm::config {

// `config` must still contain every backend of the file, because a budget may name one that is
// disabled or has no key at the moment.
void check_budget_names(const Node& root, Context& context, const LlmConfig& config);

}  // namespace gvm::config
