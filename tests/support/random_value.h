#pragma once
// Random values for property tests: every kind, with sizes and integers at the edges of their
// encodings. Seeded, so that a run can be repeated.
#include <random>

#include "base/value.h"

namespace gvm::test {

class RandomValue {
 public:
  explicit RandomValue(std::uint64_t seed) : random_(seed) {}

  // Without reals: only kinds that calldata returns unchanged.
  Value next() { return value(kDepth); }
  Integer integer();
  std::string text();  // valid UTF-8
  std::string bytes();

 private:
  static constexpr int kDepth = 4;

  Value value(int depth);
  std::size_t below(std::size_t end) { return random_() % end; }
  std::size_t size();

  std::mt19937_64 random_;
};

}  // namespace gvm::test
