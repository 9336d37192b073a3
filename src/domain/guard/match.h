#pragma once
// What detectors find: one list of matches, which decides and masks.
#include <cstdint>
#include <string_view>
#include <vector>

#include "guard/views.h"

namespace gvm::guard {

struct Match {
  std::uint32_t rule = 0;  // index into the rule set
  Span span;               // of the text as it came; all of it for a rule without places
  std::string_view label;  // what it is: "email", "jwt"; lives as long as the rule set
  unsigned score = 0;      // injection: points of this match
};

// Bounded: when it is full the text is blocked.
class Matches {
 public:
  explicit Matches(std::size_t most) : most_(most) {}
  // False when there is no room left.
  bool add(const Match& match) {
    if (list_.size() >= most_) {
      overflow_ = true;
      return false;
    }
    list_.push_back(match);
    return true;
  }
  // Finding more would take too long.
  void give_up() { overflow_ = true; }
  bool overflow() const { return overflow_; }
  std::vector<Match>& list() { return list_; }
  const std::vector<Match>& list() const { return list_; }

 private:
  std::size_t most_;
  bool overflow_ = false;
  std::vector<Match> list_;
};

}  // namespace gvm::guard
