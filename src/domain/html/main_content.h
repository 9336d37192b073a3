#pragma once
// Which part of a page is its content, and which is navigation, advertising and the like. Judged by
// elements, names, and where text without links stands; linear.
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
