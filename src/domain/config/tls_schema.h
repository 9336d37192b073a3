#pragma once
// `serve.tls`.
#include "config/common_config.h"
#include "config/schema.h"

namespace gvm::config {

const Section& tls_section();

// The rules of `serve.tls` that depend on `bind_address`.
void check_tls_fits(const Node& node, Context& context, const CommonConfig& config);

}  // namespace gvm::config
