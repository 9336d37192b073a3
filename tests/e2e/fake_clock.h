#pragma once
// The clock of a module, which the test sets: Debian's package faketime.
#include <chrono>
#include <string>

#include "e2e/module.h"

namespace gvm::e2e {

// It begins at noon (UTC) of this day, so that hours more or less are the same day.
class FakeClock {
 public:
  FakeClock();
  // Why there can be none; empty: there can.
  static std::string missing();
  void set(std::chrono::hours from_noon) const;
  ModuleOptions of(ModuleOptions options) const;

 private:
  TempFolder folder_;
  std::chrono::seconds to_noon_;
};

}  // namespace gvm::e2e
