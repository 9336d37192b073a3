#pragma once
// What the IDNA mapping table of Unicode 16 (UTS #46) maps, and the Unicode 15.0 of the ICU we
// build on still refuses or maps otherwise.
#include <string>
#include <string_view>

namespace gvm::url {

// `domain` (valid UTF-8) with those mappings applied. Harmless under a newer ICU, which would do
// the same.
std::string with_recent_mappings(std::string_view domain);

}  // namespace gvm::url
