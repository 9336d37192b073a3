#pragma once
// Stable error codes of confine/.
#include <string_view>

namespace gvm::codes {

// `--sandbox=strict`, and a part of the confinement cannot hold on this machine.
inline constexpr std::string_view kSandboxIncomplete = "SANDBOX_INCOMPLETE";

}  // namespace gvm::codes
