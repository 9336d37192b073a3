#pragma once
// Mappings of Unicode 16 (UTS #46) that the ICU we build on (Unicode 15.0) still refuses or maps
// otherwise.
#include <string>
#include <string_view>

namespace gvm::url {

// Applies those mappings to `domain` (valid UTF-8). A newer ICU gives the same result, so this is
// harmless there.
std::string with_recent_mappings(std::string_view domain);

}  // namespace gvm::url
