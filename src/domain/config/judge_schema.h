#pragma once
// The table of `judge`. Internal to the configuration.
#include "config/judge_config.h"
#include "config/schema.h"

namespace gvm::config {

const Section& judge_section();

}  // namespace gvm::config
