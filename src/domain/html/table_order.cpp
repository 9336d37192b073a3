#include "html/table_order.h"

#include <algorithm>

namespace gvm::html {

std::size_t span_of(const Document& document, NodeId cell, Atom name, std::size_t most) {
  const auto text = document.attribute(cell, name);
  if (!text) return 1;
  std::size_t number = 0;
  bool any = false;
  for (std::size_t i = text->find_first_not_of(" \t\n\f\r+"); i < text->size(); ++i) {
    const char c = (*text)[i];
    if (c < '0' || c > '9') break;
    number = std::min<std::size_t>(number * 10 + static_cast<std::size_t>(c - '0'), most);
    any = true;
  }
  return any ? number : 1;
}

bool is_row_part(Tag tag) {
  return tag == Tag::tr || tag == Tag::tbody || tag == Tag::thead || tag == Tag::tfoot;
}

std::vector<NodeId> shown_parts(const Document& document, NodeId table) {
  std::vector<NodeId> parts;
  NodeId head = kNoNode;
  NodeId foot = kNoNode;
  std::size_t before_rows = 0;
  for (NodeId id = document.first_child(table); id != kNoNode; id = document.next_sibling(id)) {
    const Tag tag = document.tag(id);
    if (tag == Tag::tfoot && foot == kNoNode) {
      foot = id;
      continue;
    }
    if (tag == Tag::thead && head == kNoNode) {
      head = id;
      continue;
    }
    parts.push_back(id);
    if (!is_row_part(tag) && before_rows + 1 == parts.size()) ++before_rows;
  }
  if (head != kNoNode) parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(before_rows), head);
  if (foot != kNoNode) parts.push_back(foot);
  return parts;
}

}  // namespace gvm::html
