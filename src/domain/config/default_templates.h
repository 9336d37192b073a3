#pragma once
// Our prompt templates, used where the file has none; config/genvm-module-llm.yaml ships the same
// texts.
#include "config/llm_config.h"

namespace gvm::config {

PromptTemplates default_templates();

}  // namespace gvm::config
