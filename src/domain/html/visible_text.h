#pragma once
// The text a person reads on a page, without styles: blocks stand on lines of their own, paragraphs
// are parted by an empty line, cells of a row by tabs; runs of white space are one space except in
// <pre>. Left out: scripts, styles, templates, fallbacks (<noscript>, <object>...), what has the
// attribute `hidden` or an inline style that hides it, the closed part of <details>. No limit is
// needed: the text is never longer than the document, but for tabs and line breaks.
#include <string>
#include <string_view>
#include <vector>

#include "html/document.h"

namespace gvm::html {

// Subtrees to leave out, by id; a null pointer means none.
using Skipped = std::vector<bool>;

class Visibility {
 public:
  explicit Visibility(const Document& document);
  // True when nothing of this node and of what is below it is shown. Its ancestors are not
  // considered.
  bool hides(NodeId id) const;

 private:
  const Document& document_;
  Atom hidden_;
  Atom style_;
  Atom open_;
};

std::string visible_text(const Document& document, NodeId id, const Skipped* skipped = nullptr);
// Of several subtrees, as paragraphs.
std::string visible_text(const Document& document, const std::vector<NodeId>& roots,
                         const Skipped* skipped);
// The same on one line.
std::string visible_line(const Document& document, NodeId id);
// White space (a no-break space, too) at the ends removed, runs of it one space.
std::string one_line(std::string_view text);

// Bytes of white space at the start of `text` as it is collapsed: ASCII's and the no-break space.
inline std::size_t leading_space(std::string_view text) {
  if (text.empty()) return 0;
  const char c = text[0];
  if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
  return text.starts_with("\xC2\xA0") ? 2 : 0;
}

}  // namespace gvm::html
