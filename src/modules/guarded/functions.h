#pragma once
// The host function `guard` of both modules.
#include <functional>
#include <memory>
#include <string_view>

#include "guarded/guards.h"
#include "script/script.h"

namespace gvm::guarded {

// The guards of a session; null when the configuration has no rules.
using GuardsOf = std::function<std::shared_ptr<SessionGuards>(script::Session&)>;

// Adds `guard` to `library`; `stage` is the one that calls without a stage mean.
void add_guard_function(script::HostTable& table, std::string_view library, guard::Stage stage,
                        GuardsOf guards_of);

}  // namespace gvm::guarded
