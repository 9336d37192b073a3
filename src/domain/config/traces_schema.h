#pragma once
// `traces`: where traces of requests are sent, and who is told of them.
#include "config/common_config.h"
#include "config/schema.h"

namespace gvm::config {

const Section& traces_section();

// `propagate` of the LLM module names backends. `root`: of the whole file.
void check_propagate(const Node& root, Context& context, const TracesConfig& config);

}  // namespace gvm::config
