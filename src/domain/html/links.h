#pragma once
// Links of a document or a part of it, absolute.
#include <optional>
#include <string>
#include <vector>

#include "html/document.h"

namespace gvm::html {

struct Link {
  std::string href;                // as written, without spaces around it
  std::optional<std::string> url;  // absolute; empty when it does not parse or there is no base
  std::string text;                // on one line; the alt text of an image that stands alone
  std::string rel;
};

// Every <a> and <area> with an href, shown or not, in document order. Error: DOCUMENT_TOO_COMPLEX
// (steps), where links in tables in links repeat their text.
// Within `limits` (steps) when given, else the document's.
Result<std::vector<Link>> links(const Document& document, NodeId root,
                                const Limits* limits = nullptr);

}  // namespace gvm::html
