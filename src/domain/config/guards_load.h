#pragma once
// Loads the key `guards` of any file, whatever else stands in it: for tools.
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/guards_config.h"
#include "config/load.h"

namespace gvm::config {

using LoadedGuards = std::expected<LoadResult<GuardsConfig>, std::vector<Diagnostic>>;

// Other keys are not looked at. Without the key there are no rules.
LoadedGuards load_guards(const std::string& path, const Environment& env);
// The same from text; `file` is the name in diagnostics.
LoadedGuards load_guards_text(std::string_view text, const std::string& file,
                              const Environment& env);

}  // namespace gvm::config
