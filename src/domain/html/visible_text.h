#pragma once
// The text a person reads on a page, without style sheets (text_flow.h says how lines, paragraphs
// and cells come about). Left out: scripts, styles, templates, fallbacks (<noscript>, <object>...),
// what has the attribute `hidden` or `popover`, the closed part of <details>, and what its own
// style hides: display, visibility, opacity, a size of nothing, clipping, a place off the page, a
// colour that is its background's. Tags whose display differs are laid out as the element's own
// style says. No limit is needed: the text is never longer than the document, but for tabs and line
// breaks.
#include <string>
#include <string_view>
#include <vector>

#include "html/document.h"
#include "html/text_flow.h"

namespace gvm::html {

// Subtrees to leave out, by id; a null pointer means none.
using Skipped = std::vector<bool>;

class Visibility {
 public:
  explicit Visibility(const Document& document);
  // True when nothing of this node and of what is below it is shown. Its ancestors are not
  // considered.
  bool hides(NodeId id) const;
  // The same, whatever the element's style says: scripts, templates and the like.
  bool is_never_shown(NodeId id) const;
  // By its attributes, which a style can overrule.
  bool is_hidden_by_attribute(NodeId id) const;

 private:
  const Document& document_;
  Atom hidden_;
  Atom style_;
  Atom open_;
  Atom popover_;
};

enum class Invisible { left_out, included };

std::string visible_text(const Document& document, NodeId id, const Skipped* skipped = nullptr);
// Of several subtrees, as paragraphs.
std::string visible_text(const Document& document, const std::vector<NodeId>& roots,
                         const Skipped* skipped);
// Of the whole page: what stands on a background that nothing names stands on white, when there is
// no style sheet.
std::string page_visible_text(const Document& document, Invisible invisible);
// The same on one line.
std::string visible_line(const Document& document, NodeId id);
// White space (a no-break space, too) at the ends removed, runs of it one space.
std::string one_line(std::string_view text);

}  // namespace gvm::html
