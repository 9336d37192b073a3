#pragma once
// Stable error codes of html/: Documents and selectors.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kDocumentTooComplex =
    "DOCUMENT_TOO_COMPLEX";  // an HTML document over a limit, named in ctx.limit
inline constexpr std::string_view kBadSelector = "BAD_SELECTOR";  // CSS; ctx.position says where

}  // namespace gvm::codes
