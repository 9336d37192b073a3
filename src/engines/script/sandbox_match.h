#pragma once
// What string.find, match, gmatch and gsub share: a search that may pause, and what it found.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "script/pattern.h"

struct lua_State;

namespace gvm::script {

// A string argument, or a number as its text. Raises for anything else.
std::string_view text_argument(lua_State* L, int index);
// A compiled pattern. Raises for what is none.
Pattern pattern_argument(lua_State* L, int index, Anchor anchor);
// The optional argument `init`, from 0; over `size` when no match is possible.
std::size_t start_argument(lua_State* L, int index, std::size_t size);

struct Match {
  std::string_view subject;
  const Matcher& matcher;
  std::size_t captures;
  std::size_t begin;

  std::string_view whole() const { return subject.substr(begin, matcher.end() - begin); }
};

enum class Whole : std::uint8_t { when_no_captures, never };

// The capture `index` from 0; of a pattern without any, capture 0 is the whole match.
void push_capture(lua_State* L, const Match& match, std::size_t index);
// All of them; returns how many.
int push_captures(lua_State* L, const Match& match, Whole whole);

// Where a search stands. Lies in a userdata, the pattern's items behind it, so that whoever
// searches may pause between two windows; trivially destructible.
class Search {
 public:
  enum class Found : std::uint8_t { yes, no, not_yet };

  // From `at` on, which is at most the subject's size.
  Search(const Pattern& pattern, std::size_t at)
      : at_(at),
        captures_(pattern.captures),
        items_(pattern.items.size()),
        anchored_(pattern.anchored) {}
  // Pushes the userdata, with the items.
  static Search& push_new(lua_State* L, const Pattern& pattern, std::size_t at);

  // Of one in a userdata.
  Matcher matcher(lua_State* L, std::string_view subject) const;
  static Matcher matcher(lua_State* L, std::string_view subject,
                         std::span<const PatternItem> items);
  // Looks for the next match at `at` or later, for a window of places where one may begin.
  Found look_on(Matcher& matcher, std::string_view subject);
  // After a match: where the next one may begin.
  void pass(const Matcher& matcher, std::string_view subject);
  // An empty match right behind another is none.
  bool is_none(const Matcher& matcher) const { return matcher.end() == last_end_; }

  std::size_t at() const { return at_; }
  void step() { ++at_; }
  std::size_t captures() const { return captures_; }
  bool is_over(std::string_view subject) const { return at_ > subject.size(); }

 private:
  static constexpr std::size_t kNoMatchYet = static_cast<std::size_t>(-1);

  std::size_t at_;
  std::size_t last_end_ = kNoMatchYet;
  std::size_t captures_;
  std::size_t items_;
  bool anchored_;
};

}  // namespace gvm::script
