#pragma once
// A page or a part of it as Markdown (CommonMark, with GitHub's tables): headings, paragraphs,
// lists, quotes, code, emphasis, links (absolute), the alt text of images, tables. Characters of
// the text that have a meaning in Markdown are escaped.
#include <string>
#include <vector>

#include "html/document.h"
#include "html/visible_text.h"

namespace gvm::html {

// Error: DOCUMENT_TOO_COMPLEX (output_bytes, table_cells, steps): the document's limits, or those
// that are given.
Result<std::string> markdown(const Document& document, const std::vector<NodeId>& roots,
                             const Skipped* skipped = nullptr, const Limits* limits = nullptr);

}  // namespace gvm::html
