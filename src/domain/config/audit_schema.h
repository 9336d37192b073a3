#pragma once
// The tables of the audit and of data rules. Internal to the configuration.
#include "config/audit_config.h"
#include "config/schema.h"

namespace gvm::config {

const Section& audit_section(ModuleKind kind);
const Section& backend_data_section();  // of a backend
const Section& data_rules_section();
// No backend that is left fits a demand: a warning. After backends were dropped.
void check_data_rules(const Node& root, Context& context, const LlmConfig& config);

}  // namespace gvm::config
