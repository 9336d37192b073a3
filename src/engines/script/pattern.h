#pragma once
// Lua patterns (Lua 5.4 manual, 6.4.1) with a bounded matcher: Lua's own cannot be interrupted, and
// `.-.-.-x` over a page of text takes hours. Pure; knows no Lua state.
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gvm::script {

inline constexpr std::size_t kMaxCaptures = 32;
inline constexpr std::size_t kMaxRepeats =
    200;  // repeated items of one pattern: each is a level of recursion

// One element of a compiled pattern. Trivially copyable, so that Lua can own an array of them.
struct PatternItem {
  enum class Kind : std::uint8_t {
    literal,    // the byte `byte`
    any,        // .
    set,        // %a, [a-z]
    open,       // ( : capture `index` begins
    close,      // ) : capture `index` ends
    position,   // () : capture `index` is a position
    balanced,   // %bxy
    frontier,   // %f[set]
    reference,  // %1
    end,        // $ at the end
  };
  enum class Repeat : std::uint8_t { once, optional, greedy, greedy_one, lazy };

  Kind kind = Kind::literal;
  Repeat repeat = Repeat::once;
  std::uint8_t byte = 0;   // literal; balanced: the opening byte
  std::uint8_t other = 0;  // balanced: the closing byte
  std::uint8_t index = 0;
  std::bitset<256> set;
};

struct Pattern {
  std::vector<PatternItem> items;
  std::size_t captures = 0;
  bool anchored = false;  // began with '^'
};

enum class Anchor : std::uint8_t {
  honoured,
  literal
};  // gmatch has no anchor: there '^' stands for itself

// The error text is Lua's: "malformed pattern (missing ']')".
std::expected<Pattern, std::string> compile_pattern(std::string_view text, Anchor anchor);

// Called every few thousand steps; throws to stop the match.
struct StepCheck {
  void (*function)(void*);
  void* context;
};

class Matcher {
 public:
  struct Capture {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool is_position = false;
  };

  Matcher(std::string_view subject, std::span<const PatternItem> items, StepCheck check)
      : subject_(subject), items_(items), check_(check) {}

  // Whether the pattern matches at `at`; then end() and capture() tell how.
  bool match_at(std::size_t at);
  // Looks for the first match that begins at `at` or later, but no later than `last`, which is at
  // most the subject's size. True: there is one, at `at`. False: `at` is last + 1.
  bool find_until(std::size_t& at, std::size_t last);

  std::size_t end() const { return end_; }
  const Capture& capture(std::size_t index) const { return captures_[index]; }

 private:
  bool run(std::size_t at, std::size_t item);
  bool run_repeated(std::size_t at, std::size_t item);
  bool run_lazy(std::size_t at, std::size_t item);
  bool match_single(const PatternItem& item, std::size_t at) const;
  bool match_balanced(const PatternItem& item, std::size_t& at);
  bool match_frontier(const PatternItem& item, std::size_t at) const;
  bool match_reference(const PatternItem& item, std::size_t& at);
  bool step_fixed(const PatternItem& item, std::size_t& at);
  void burn(std::size_t steps = 1);

  std::string_view subject_;
  std::span<const PatternItem> items_;
  StepCheck check_;
  std::size_t steps_ = 0;
  std::size_t end_ = 0;
  std::array<Capture, kMaxCaptures> captures_{};
};

}  // namespace gvm::script
