#pragma once
// The tracer that a configuration asks for.
#include <memory>

#include "config/common_config.h"
#include "scripted/module_parts.h"
#include "scripted/session.h"

namespace gvm::scripted {

// Null: none. That of `before` goes on when nothing has changed for it, else its counters do.
std::shared_ptr<const trace::Tracer> tracer_of(const config::TracesConfig& config,
                                               const ModuleParts& parts,
                                               const ModuleContext* before);

}  // namespace gvm::scripted
