#pragma once
// Addresses in a text, for the caller's judge.
#include <memory>

#include "guard/detector.h"

namespace gvm::guard {

// Fires for what Reading::links refuses, and for javascript: and data:text/html, which no judge is
// asked about.
std::unique_ptr<Detector> make_links();

}  // namespace gvm::guard
