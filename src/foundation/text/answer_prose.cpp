#include "text/answer_prose.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "text/verdict_words.h"

namespace gvm::text {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";
constexpr std::string_view kFence = "```";
constexpr std::string_view kWideColon = "\uFF1A";

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

// In front of a colon.
constexpr std::array<std::string_view, 5> kHeadings = {"update", "updated", "edit", "erratum",
                                                       "revised"};

template <class List>
bool contains(const List& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

class Judge {
 public:
  Judge(std::string_view prose, Side side, const Subject& subject)
      : prose_(prose), side_(side), subject_(subject) {}

  std::optional<std::string> objection() {
    if (side_ == Side::after && begins_like_json()) return "content follows it";
    const auto last = prose_.find_last_not_of(kSpace);
    if (side_ == Side::before && last != std::string_view::npos && prose_[last] == ',') {
      return "it is one item of a list";
    }
    for (at_ = 0; at_ < prose_.size() && !found_;) step();
    if (!found_ && open_braces_ != 0) return "a brace stands beside it";
    if (!found_) found_ = harm_in(prose_, side_, subject_);
    return std::move(found_);
  }

 private:
  void step() {
    const char c = prose_[at_];
    if (c == '`' && prose_.substr(at_).starts_with(kFence)) return fence();
    if (is_letter(c) || static_cast<unsigned char>(c) >= 0x80) return word();
    if (c == '"') return quoted();
    if (c == '\'' && is_single_quoted_name()) {
      found_ = "a piece of JSON stands beside it";
      return;
    }
    if (c == '{' || c == '}') {
      open_braces_ += c == '{' ? 1 : -1;
      if (open_braces_ < 0) found_ = "a closing brace stands beside it";
    } else if (c == '<') {
      if (is_mark()) found_ = "a mark of reasoning stands beside it";
      tag_end_ = end_of_tag();
    }
    ++at_;
  }

  // A fence with the name of a language opens code, and the next one closes it. What code assigns
  // is no statement about the answer, unless it is a verdict.
  void fence() {
    at_ = std::min(prose_.find_first_not_of('`', at_), prose_.size());
    const auto language = lower_word(at_);
    in_code_ = !in_code_ && !language.empty() && !language.starts_with("json");
  }

  // Behind the tag that begins at at_; the attributes of XML are no statements either.
  std::size_t end_of_tag() const {
    constexpr std::size_t kLongest = 200;
    const char next = at(at_ + 1);
    if (!is_letter(next) && next != '?' && next != '/') return 0;
    const auto end = prose_.substr(0, at_ + kLongest).find_first_of("<>\n", at_ + 1);
    return at(end) == '>' ? end : 0;
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
    if (in_code_ || at_ < tag_end_)
      return is_word_value(is_quote(at(offset)) ? offset + 1 : offset);
    const char c = at(offset);
    if (is_digit(c) || is_quote(c) || c == '{' || c == '[') return true;
    if ((c == '-' || c == '+' || c == '.') && is_digit(at(offset + 1))) return true;
    return is_word_value(offset);
  }

  bool is_word_value(std::size_t offset) const {
    return contains(kValues, lower_word(offset)) || is_whole_statement(offset);
  }

  enum class End : std::uint8_t { clause, sentence };

  // A word that means true, false, yes or no, in any language, and ends its clause or sentence:
  // "Ja, hier ist es" states nothing, "Urteil: ja, weil" does.
  bool is_whole_statement(std::size_t offset, End wanted = End::clause) const {
    const auto end = end_of_word(prose_, offset);
    if (end == offset) return false;
    const auto word = prose_.substr(offset, end - offset);
    const bool means =
        contains(kValues, lower_word(offset)) || foreign_meaning(word) != WordMeaning::none;
    return means && ends_at(prose_.substr(after_marks(end)), wanted);
  }

  static bool ends_at(std::string_view rest, End wanted) {
    constexpr std::string_view kFullStop = "\u3002";
    constexpr std::string_view kComma = "\uFF0C";
    if (rest.empty() || std::string_view(".;\n").contains(rest[0]) || rest.starts_with(kFullStop))
      return true;
    return wanted == End::clause && (rest[0] == ',' || rest[0] == '!' || rest.starts_with(kComma));
  }

  std::size_t after_marks(std::size_t offset) const {
    while (std::string_view(" \t*`_").contains(at(offset)) && offset < prose_.size()) ++offset;
    return offset;
  }

  // "score: 17", "result = true", "Urteil – wahr".
  bool gives_value(std::size_t behind_name) const {
    const auto next = after_marks(behind_name);
    const auto rest = prose_.substr(next);
    for (const std::string_view dash : {"-", "\u2013", "\u2014"}) {
      if (next > behind_name && rest.starts_with(dash) && at(next + dash.size()) == ' ')
        return is_whole_statement(after_marks(next + dash.size()));
    }
    const bool wide = rest.starts_with(kWideColon);
    if (!wide && at(next) != ':' && at(next) != '=') return false;
    auto value = after_marks(next + (wide ? kWideColon.size() : 1));
    if (at(value) == '>') value = after_marks(value + 1);
    return is_value(value);
  }

  void word() {
    const auto start = at_;
    at_ = end_of_word(prose_, start);
    if (at_ == start) return skip_character();
    if (const auto said = judgement(start)) {
      found_ = said;
    } else if (gives_value(at_) ||
               (begins_line(start) && is_whole_statement(start, End::sentence))) {
      found_ = "the text around it gives a value of its own";
    }
  }

  // What the word from `start` to at_ says about the answer. It must not be part of a longer name
  // or of an address.
  std::optional<std::string> judgement(std::size_t start) const {
    const auto word = prose_.substr(start, at_ - start);
    const char before = start > 0 ? prose_[start - 1] : ' ';
    if (std::string_view("./@-").contains(before)) return std::nullopt;
    const auto lower = lower_word(start);
    const bool ascii = lower.size() == word.size();
    const bool judging = ascii && contains(kJudging, lower);
    if (judging || foreign_meaning(word) == WordMeaning::judging)
      return "the text around it says \"" + (ascii ? lower : std::string(word)) + "\"";
    if (side_ == Side::before) return std::nullopt;
    const bool heads = contains(kHeadings, lower) && at(after_marks(at_)) == ':';
    if ((ascii && (contains(kRevising, lower) || heads)) || means_revising(word))
      return "the text behind it says \"" + (ascii ? lower : std::string(word)) + "\"";
    return std::nullopt;
  }

  // Only marks of Markdown stand between the line's beginning and `offset`.
  bool begins_line(std::size_t offset) const {
    const auto before = prose_.substr(0, offset).find_last_not_of(" \t*`_#>");
    return before == std::string_view::npos || prose_[before] == '\n';
  }

  // A character that is no part of a word.
  void skip_character() {
    do ++at_;
    while (at_ < prose_.size() && (prose_[at_] & 0xC0) == 0x80);
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
  const Subject& subject_;
  std::size_t at_ = 0;
  int open_braces_ = 0;
  bool in_code_ = false;
  std::size_t tag_end_ = 0;  // of the tag that began last
  std::optional<std::string> found_;
};

// What "name:" at the beginning of a line is followed by; none when the line does not begin so.
// Names of members are in lower case, headings of prose are not.
std::optional<std::string_view> behind_member_name(std::string_view line) {
  const auto start = line.find_first_not_of(" \t-");
  if (start == std::string_view::npos || line[start] < 'a' || line[start] > 'z')
    return std::nullopt;
  const auto end = end_of_word(line, start);
  if (end == line.size() || line[end] != ':') return std::nullopt;
  return line.substr(end + 1);
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

std::string_view last_line(std::string_view text) {
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

bool stands_among_members(std::string_view before, std::string_view after) {
  const auto label = behind_member_name(last_line(before));
  if (!label || !is_blank(*label)) return false;
  const auto line = before.rfind('\n');
  if (line != std::string_view::npos) {
    const auto previous = behind_member_name(last_line(before.substr(0, line)));
    if (previous && !is_blank(*previous)) return true;
  }
  const auto next = after.find('\n');
  if (next == std::string_view::npos || !is_blank(after.substr(0, next))) return false;
  const auto rest = after.substr(next + 1);
  return behind_member_name(rest.substr(0, rest.find('\n'))).has_value();
}

std::optional<std::string> objection_in(std::string_view prose, Side side, const Subject& subject) {
  return Judge(prose, side, subject).objection();
}

}  // namespace gvm::text
