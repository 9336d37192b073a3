#pragma once
// How much a look at a text may cost where others wait for the same thread. What a regular
// expression takes is known only afterwards, so that costs are estimates: nanoseconds at worst.
#include <cstdint>

namespace gvm::guard {

class Effort {
 public:
  explicit constexpr Effort(std::uint64_t most) : left_(most) {}

  // False: it is more than what is left. From then on everything is.
  bool spend(std::uint64_t cost) {
    if (exhausted_ || cost > left_) return give_up();
    left_ -= cost;
    return true;
  }
  bool give_up() {
    exhausted_ = true;
    return false;
  }
  std::uint64_t left() const { return exhausted_ ? 0 : left_; }
  bool exhausted() const { return exhausted_; }

 private:
  std::uint64_t left_;
  bool exhausted_ = false;
};

// Without an effort everything may be done.
inline bool may_spend(Effort* effort, std::uint64_t cost) {
  return effort == nullptr || effort->spend(cost);
}

}  // namespace gvm::guard
