#pragma once
// Thousands of regular expressions at once. RE2 names texts ("atoms") that a match of an expression
// holds, some of them or all; a LiteralMatcher finds them, and only expressions whose atoms are
// there run. Those without atoms run as one set first.
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "guard/effort.h"
#include "guard/rule.h"
#include "guard/views.h"

namespace gvm::guard {

class PatternMatcher {
 public:
  explicit PatternMatcher(std::size_t expected_patterns);
  PatternMatcher(PatternMatcher&&) noexcept;
  PatternMatcher& operator=(PatternMatcher&&) noexcept;
  ~PatternMatcher();

  // `group` of a match is reported, 0 for all of it. What is wrong with the pattern, as a clause:
  // its syntax, its size, or that it matches an empty text. Empty: nothing.
  std::string add(std::string_view pattern, std::uint32_t id, int group = 0);
  // RE2's instructions of all patterns.
  std::size_t steps() const;

  // After all add(). The atoms, each to be found in search form.
  Result<std::vector<std::string>> build();

  // Calls found(id, span) for each match that does not overlap an earlier one of the same
  // expression, and `group` of which matched something; stops when that returns false, and when
  // `effort`, which may be null, is exhausted.
  using Found = std::function<bool(std::uint32_t id, Span span)>;
  // The atoms that occur, as indices into what build() returned, and the same by index.
  struct Atoms {
    std::span<const std::uint32_t> list;
    std::span<const std::uint8_t> occurs;
  };
  void each(std::string_view text, const Atoms& atoms, Effort* effort, const Found& found) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace gvm::guard
