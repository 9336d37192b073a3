#pragma once
// The table of `guards`. Internal to the configuration.
#include "config/guards_config.h"
#include "config/schema.h"

namespace gvm::config {

const Section& guards_section();

}  // namespace gvm::config
