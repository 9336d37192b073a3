#pragma once
// The page at "/": both modules at a glance, from GET /status.
#include <string>
#include <string_view>

namespace gvm::manager {

// Nothing is loaded from elsewhere, and nobody frames it.
inline constexpr std::string_view kPageHeaders =
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; script-src "
    "'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n";

std::string page();

}  // namespace gvm::manager
