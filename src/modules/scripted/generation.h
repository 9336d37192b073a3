#pragma once
// What both modules do alike when a configuration comes into use. A *generation* is one
// configuration with everything that was built from it; they are counted from 1.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/metrics.h"
#include "scripted/module_parts.h"
#include "scripted/session.h"

namespace gvm::scripted {

// Fills what does not depend on the module: signing keys, Lua states, HTTP clients, number.
// `context.program` is there. `before`: the generation before; null at the start. INVALID_CONFIG
// naming the key, the file and what is wrong.
Result<void> complete(ModuleContext& context, const config::CommonConfig& config,
                      const ModuleParts& parts, const ModuleContext* before);

// genvm_script_states, and genvm_trace_... while there are traces.
void write_shared(metrics::Exposition& out, const ModuleContext& context);

// PREFIX_config_generation, and PREFIX_config_generations_old: those that sessions still have.
void write_generation(metrics::Exposition& out, std::string_view prefix, std::uint64_t generation,
                      std::size_t earlier);

}  // namespace gvm::scripted
