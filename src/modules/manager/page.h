#pragma once
// The page at "/": both modules at a glance, from GET /status. It looks like the modules' own
// pages, and shares their style.
#include <optional>
#include <string>
#include <string_view>

namespace gvm::manager {

// Nothing is loaded from elsewhere, and nobody frames it.
inline constexpr std::string_view kPageHeaders =
    "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; connect-src "
    "'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n";

struct PageFile {
  std::string body;
  std::string content_type;
};
// "/", its style and its program; empty for every other path.
std::optional<PageFile> page_file(std::string_view path);

}  // namespace gvm::manager
