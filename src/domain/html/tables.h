#pragma once
// HTML tables as rows of text, with colspan and rowspan filled in.
#include <string>
#include <vector>

#include "html/document.h"

namespace gvm::html {

struct Table {
  std::string caption;
  std::size_t header_rows = 0;  // at the top: in <thead>, or all of their cells <th>
  // A cell that spans several places stands in each of them. Rows end where their last cell does.
  std::vector<std::vector<std::string>> rows;
};

// Every table in the subtree, a table inside of a table too, in document order. Errors:
// DOCUMENT_TOO_COMPLEX (table_cells, output_bytes, steps: of all tables of the call).
// Within `limits` (table_cells, output_bytes, steps) when given, else the document's.
Result<std::vector<Table>> tables(const Document& document, NodeId root,
                                  const Limits* limits = nullptr);

}  // namespace gvm::html
