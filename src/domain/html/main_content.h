#pragma once
// Finds the part of a page that is its content, and not navigation, advertising and the like.
// Decides by elements, names, and the amount of text without links; linear.
#include <vector>

#include "html/document.h"
#include "html/visible_text.h"

namespace gvm::html {

struct MainContent {
  std::vector<NodeId> roots;  // in document order, none inside of another
  Skipped skipped;            // what to leave out in them
};

// The body, when nothing in it looks like content.
MainContent find_main_content(const Document& document);

}  // namespace gvm::html
