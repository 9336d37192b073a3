#pragma once
// HTML's elements by what they are in a rendered page (HTML Standard, "Rendering").
#include <gumbo.h>

#include <string_view>

namespace gvm::html {

using Tag = GumboTag;

// Starts and ends a line.
bool is_block(Tag tag);
// Never has content.
bool is_void(Tag tag);
// Nothing of it is shown: scripts, styles, templates, fallbacks for browsers that lack something.
bool is_never_shown(Tag tag);
// Its content is text, not markup: script, style and the like.
bool is_raw_text(Tag tag);
// 1 to 6 for h1 to h6, else 0.
int heading_level(Tag tag);

}  // namespace gvm::html
