#pragma once
// What HTML says about the cells of a table and the order in which its parts are shown.
#include <cstddef>
#include <vector>

#include "html/document.h"

namespace gvm::html {

// HTML Standard, "attributes common to td and th elements".
inline constexpr std::size_t kMostColumns = 1000;
inline constexpr std::size_t kMostRows = 65534;

// The number that a cell's `colspan` or `rowspan` starts with, at most `most`; 1 when there is
// none.
std::size_t span_of(const Document& document, NodeId cell, Atom name, std::size_t most);

// A row, or a group of them.
bool is_row_part(Tag tag);

// The children of a table as they are shown: its first <thead> before the rows, its first <tfoot>
// behind them, wherever they are written (CSS 2, 17.2).
std::vector<NodeId> shown_parts(const Document& document, NodeId table);

}  // namespace gvm::html
