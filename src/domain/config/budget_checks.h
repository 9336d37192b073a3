#pragma once
// Whether a budget can ever count: the backends, models and keys that its `only` names must exist.
#include "config/llm_config.h"
#include "config/reader.h"

namespace gvm::config {

// `config` still has every backend of the file: a budget may name one that is switched off or has
// no key today.
void check_budget_names(const Node& root, Context& context, const LlmConfig& config);

}  // namespace gvm::config
