#pragma once

namespace gvm::config {

// How long something is kept, in whole days: "90d", "12w", "2y" (of 365 days); a plain number is
// days.
struct Days {
  int count = 0;
};

}  // namespace gvm::config
