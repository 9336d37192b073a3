#pragma once
// What a text hides from whoever reads it: a sign of an injection by itself.
#include "guard/detector.h"

namespace gvm::guard {

// Tags, piles of variation selectors, directional overrides, invisible characters inside of words,
// HTML comments and invisible elements, with points for an injection. Places are in the original.
void find_hidden(const Reading& reading, const Report& report);

}  // namespace gvm::guard
