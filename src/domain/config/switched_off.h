#pragma once
// Backends and models with `enabled: false` are dropped, so what is wrong in them ends no start.
#include "config/reader.h"

namespace gvm::config {

// Faults below `root` that the schema has found in switched-off backends and models become
// warnings. Earlier ones, the first `kept`, stay errors. Strict files keep them all.
void forgive_switched_off(const Node& root, const LlmConfig& config, std::size_t kept,
                          Context& context);

}  // namespace gvm::config
