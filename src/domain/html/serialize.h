#pragma once
// HTML text of a node (HTML Standard, "Serializing HTML fragments").
#include <string>

#include "html/document.h"

namespace gvm::html {

// The node itself with what is below it. Error: DOCUMENT_TOO_COMPLEX (output_bytes).
Result<std::string> to_html(const Document& document, NodeId id);

}  // namespace gvm::html
