#pragma once
// The tables of routing and money. Internal to the configuration.
#include "config/routing_config.h"
#include "config/schema.h"

namespace gvm::config {

const Section& routing_section();
const Section& share_section();  // of a backend
const Section& budget_section();
const Section& ledger_section();
const Section& pricing_section();

}  // namespace gvm::config
