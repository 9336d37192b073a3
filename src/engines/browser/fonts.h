#pragma once
// Whether the machine has fonts for the scripts that pages are written in. A picture of a page
// whose script has no font shows boxes in place of its letters, and differs from the picture of a
// machine that has one.
#include <functional>
#include <string>
#include <vector>

namespace gvm::browser {

struct MissingFont {
  std::string script;   // "Thai"
  std::string package;  // of Debian and Ubuntu
};

// For each script of a fixed list whose letters `has_font` denies.
std::vector<MissingFont> scripts_without_font(const std::function<bool(char32_t)>& has_font);

// The same for the fonts that fontconfig knows, which Chromium uses. Nothing when the library
// cannot be loaded. Blocks: it reads the caches of fonts, for some 50 ms.
std::vector<MissingFont> scripts_without_installed_font();

}  // namespace gvm::browser
