#pragma once
// Which part of a page is its content, and which is navigation, advertising and the like. A
// cascade: names, elements and links first; what that leaves is judged, and where it is too little,
// names say nothing; at last the body is the content. Linear, and a function of the document alone.
#include <vector>

#include "html/document.h"
#include "html/visible_text.h"

namespace gvm::html {

struct MainContent {
  std::vector<NodeId> roots;  // in document order, none inside of another
  Skipped skipped;            // what to leave out in them
  // The title above the text and the captions of figures: they belong to a document, which Markdown
  // is, but not to the running text. None is skipped.
  std::vector<NodeId> beside_text;
};

// The body, when nothing in it looks like content.
MainContent find_main_content(const Document& document);

}  // namespace gvm::html
