#include "text/answer_prose.h"

#include <algorithm>
#include <array>

namespace gvm::text {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";

constexpr bool is_letter(char c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_quote(char c) {
  return c == '"' || c == '\'';
}

// Words that stand for a value in a statement, and words that judge.
constexpr std::array<std::string_view, 8> kValues = {"true", "false", "null", "none",
                                                     "yes",  "no",    "nil",  "undefined"};
constexpr std::array<std::string_view, 14> kJudging = {
    "true",   "false",   "verdict", "incorrect", "wrong",   "wrote", "writes",
    "claims", "claimed", "quote",   "quoted",    "example", "said",  "says"};
constexpr std::array<std::string_view, 11> kRevising = {
    "actually",  "correction", "corrected", "instead", "mistake", "wait",
    "disregard", "ignore",     "should",    "oops",    "sorry"};

template <class List>
bool contains(const List& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

class Judge {
 public:
  Judge(std::string_view prose, Side side) : prose_(prose), side_(side) {}

  std::optional<std::string> objection() {
    if (side_ == Side::after && begins_like_json()) return "content follows it";
    const auto last = prose_.find_last_not_of(kSpace);
    if (side_ == Side::before && last != std::string_view::npos && prose_[last] == ',') {
      return "it is one item of a list";
    }
    for (at_ = 0; at_ < prose_.size() && !found_;) step();
    if (!found_ && open_braces_ != 0) return "a brace stands beside it";
    return std::move(found_);
  }

 private:
  void step() {
    const char c = prose_[at_];
    if (is_letter(c)) return word();
    if (c == '"') return quoted();
    if (c == '\'' && is_single_quoted_name()) {
      found_ = "a piece of JSON stands beside it";
      return;
    }
    if (c == '{' || c == '}') {
      open_braces_ += c == '{' ? 1 : -1;
      if (open_braces_ < 0) found_ = "a closing brace stands beside it";
    } else if (c == '<' && is_mark()) {
      found_ = "a mark of reasoning stands beside it";
    }
    ++at_;
  }

  std::size_t after_space(std::size_t offset) const {
    return std::min(prose_.find_first_not_of(kSpace, offset), prose_.size());
  }
  char at(std::size_t offset) const { return offset < prose_.size() ? prose_[offset] : '\0'; }

  std::string lower_word(std::size_t offset) const {
    std::string out;
    for (; is_letter(at(offset)) && out.size() < 16; ++offset)
      out += static_cast<char>(at(offset) | 0x20);
    return out;
  }

  bool is_mark() const {
    const auto name = lower_word(at_ + (at(at_ + 1) == '/' ? 2 : 1));
    return name == "think" || name == "thinking" || prose_.substr(at_).starts_with("<|channel|>");
  }

  // True for the first character of a JSON value, or a word that means one.
  bool is_value(std::size_t offset) const {
    const char c = at(offset);
    if (is_digit(c) || is_quote(c) || c == '{' || c == '[') return true;
    if ((c == '-' || c == '+' || c == '.') && is_digit(at(offset + 1))) return true;
    return contains(kValues, lower_word(offset));
  }

  // "score: 17", "result = true".
  bool gives_value(std::size_t behind_name) const {
    auto next = behind_name;
    while (at(next) == ' ' || at(next) == '\t' || at(next) == '*' || at(next) == '`') ++next;
    if (at(next) != ':' && at(next) != '=') return false;
    ++next;
    while (at(next) == ' ' || at(next) == '\t' || at(next) == '*' || at(next) == '`' ||
           at(next) == '>') {
      ++next;
    }
    return is_value(next);
  }

  void word() {
    const auto start = at_;
    while (is_letter(at(at_)) || at(at_) == '_' || is_digit(at(at_))) ++at_;
    const auto found = lower_word(start);
    const char before = start > 0 ? prose_[start - 1] : ' ';
    // The word must not be part of a longer name or of an address.
    const bool whole = found.size() == at_ - start && !std::string_view("./@-").contains(before);
    if (whole && contains(kJudging, found)) {
      found_ = "the text around it says \"" + found + "\"";
    } else if (whole && side_ == Side::after && contains(kRevising, found)) {
      found_ = "the text behind it says \"" + found + "\"";
    } else if (gives_value(at_)) {
      found_ = "the text around it gives a value of its own";
    }
  }

  // A quoted name that is followed by a value is a member without its object. A quoted name in a
  // sentence is not.
  void quoted() {
    const auto end = prose_.find('"', at_ + 1);
    if (end == std::string_view::npos) {
      found_ = "a quote stands beside it";
      return;
    }
    const auto colon = after_space(end + 1);
    const auto value = after_space(colon + 1);
    const bool member = at(colon) == ':' && (value == prose_.size() || is_value(value));
    if (member || prose_.substr(at_, end - at_).find_first_of("{}[]") != std::string_view::npos) {
      found_ = "a piece of JSON stands beside it";
    }
    at_ = end + 1;
  }

  // 'name': and a value.
  bool is_single_quoted_name() const {
    auto end = at_ + 1;
    while (is_letter(at(end)) || is_digit(at(end)) || at(end) == '_') ++end;
    if (end == at_ + 1 || at(end) != '\'') return false;
    const auto colon = after_space(end + 1);
    const auto value = after_space(colon + 1);
    return at(colon) == ':' && (value == prose_.size() || is_value(value));
  }

  bool begins_like_json() const {
    const auto next = after_space(0);
    const char c = at(next);
    if (std::string_view(",:=+\"'").contains(c)) return true;
    if (c == '[') return is_digit(at(next + 1));
    if (!is_value(next)) return false;
    // A line that consists of a value only.
    auto end = next;
    while (end < prose_.size() && prose_[end] != '\n') ++end;
    return prose_.substr(next, end - next).find_first_of(" \t") == std::string_view::npos;
  }

  std::string_view prose_;
  Side side_;
  std::size_t at_ = 0;
  int open_braces_ = 0;
  std::optional<std::string> found_;
};

}  // namespace

std::optional<std::string> objection_in(std::string_view prose, Side side) {
  return Judge(prose, side).objection();
}

}  // namespace gvm::text
