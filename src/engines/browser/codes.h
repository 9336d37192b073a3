#pragma once
// Stable error codes of browser/: Browsers.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kBrowserCommand =
    "BROWSER_COMMAND";  // a WebDriver or DevTools command failed; ctx.kind names how

}  // namespace gvm::codes
