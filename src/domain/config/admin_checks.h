#pragma once
// The rules of `serve.admin_address` and `serve.admin_token`.
#include "config/common_config.h"
#include "config/schema.h"

namespace gvm::config {

// `node`: the whole configuration.
void check_admin(const Node& node, Context& context, const CommonConfig& config);

}  // namespace gvm::config
