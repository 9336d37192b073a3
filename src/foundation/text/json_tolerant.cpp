#include "text/json_tolerant.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/value.h"

namespace gvm::text {
namespace {

constexpr std::string_view kFence = "```";
constexpr std::string_view kWideComma = "\uFF0C";

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}
constexpr bool is_ascii_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Spaces outside ASCII that occur in answers: no-break, zero-width, line and paragraph separators,
// ideographic space, byte order mark.
constexpr std::array<std::string_view, 9> kWideSpaces = {
    "\xC2\xA0",     "\xE2\x80\x8B", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF",
    "\xE2\x80\x89", "\xE2\x81\xA0", "\xE3\x80\x80", "\xEF\xBB\xBF"};

std::size_t space_bytes(std::string_view text) {
  if (text.empty()) return 0;
  if (is_ascii_space(text[0])) return 1;
  if (static_cast<unsigned char>(text[0]) < 0x80) return 0;
  const auto* found = std::find_if(kWideSpaces.begin(), kWideSpaces.end(),
                                   [&](std::string_view space) { return text.starts_with(space); });
  return found == kWideSpaces.end() ? 0 : found->size();
}

struct Word {
  std::string_view spelling;
  std::string_view json;  // empty: JSON has no such value
};
constexpr std::array<Word, 13> kWords = {{{"true", "true"},
                                          {"True", "true"},
                                          {"TRUE", "true"},
                                          {"false", "false"},
                                          {"False", "false"},
                                          {"FALSE", "false"},
                                          {"null", "null"},
                                          {"None", "null"},
                                          {"NULL", "null"},
                                          {"Null", "null"},
                                          {"NaN", ""},
                                          {"nan", ""},
                                          {"Infinity", ""}}};

}  // namespace

bool is_identifier_start(char c) {
  return is_letter(c) || c == '_' || c == '$';
}
bool is_identifier_part(char c) {
  return is_identifier_start(c) || is_digit(c) || c == '-';
}

std::optional<TolerantJson> TolerantReader::read(std::size_t start) {
  pos_ = start;
  out_.clear();
  cut_ = has_object_ = missing_comma_ = false;
  string_ends_like_structure_ = last_string_ends_like_structure_ = false;
  least_lost_ = kNoOther;
  missing_ = 0;
  open_.clear();
  const auto line = text_.substr(0, start).rfind('\n');
  const auto line_start = line == std::string_view::npos ? 0 : line + 1;
  indent_ = after_space(line_start) - line_start;
  odd_indentation_ = false;
  if (value(kMaxDepth, Role::element) != Step::done || !certain_end()) {
    failure_.has_object = has_object_;
    return std::nullopt;
  }
  const bool members = out_.size() > 2;
  return TolerantJson{std::exchange(out_, {}), pos_, cut_, has_object_, members};
}

// Missing closing brackets belong at the end when the text stops behind a value. Behind a closing
// bracket as many may have been lost further ahead: then what follows there belongs to another
// object.
bool TolerantReader::certain_end() const {
  if (!cut_) return true;
  const auto last = text_.substr(0, pos_).find_last_not_of(" \t\r\n");
  const bool closed = last != std::string_view::npos && (text_[last] == '}' || text_[last] == ']');
  return !string_ends_like_structure_ && !(closed && (least_lost_ <= missing_ || odd_indentation_));
}

TolerantReader::Step TolerantReader::refuse_at(std::size_t offset, std::string what) {
  failure_.offset = offset;
  failure_.what = std::move(what);
  return Step::failed;
}

bool TolerantReader::looks_like_object(std::size_t start) {
  const auto next = after_space(start + 1);
  if (next == text_.size() || text_[next] == '}' || opening_at(next).style != Quote::none)
    return true;
  if (rest(next).starts_with("//") || rest(next).starts_with("/*") || text_[next] == '#')
    return true;
  std::size_t end = next;
  while (end < text_.size() && is_identifier_part(text_[end])) ++end;
  const auto colon = after_space(end);
  return end != next && colon < text_.size() && text_[colon] == ':';
}

bool TolerantReader::looks_like_array(std::size_t start) {
  const auto next = after_space(start + 1);
  return next == text_.size() || opening_at(next).style != Quote::none || is_digit(text_[next]) ||
         std::string_view("{[]-").contains(text_[next]);
}

bool TolerantReader::take(char c) {
  if (pos_ == text_.size() || text_[pos_] != c) return false;
  ++pos_;
  return true;
}

// A code fence ends the answer when it is at the start of a line or at the very end; elsewhere it
// may be part of a string.
bool TolerantReader::ended_at(std::size_t offset) const {
  if (offset >= text_.size()) return true;
  if (!rest(offset).starts_with(kFence)) return false;
  const auto line = text_.substr(0, offset).find_last_not_of(" \t");
  if (line == std::string_view::npos || text_[line] == '\n') return true;
  return after_space(offset + kFence.size()) >= text_.size();
}

std::size_t TolerantReader::after_space(std::size_t offset) const {
  while (const auto bytes = space_bytes(rest(std::min(offset, text_.size())))) offset += bytes;
  return offset;
}

bool TolerantReader::space() {
  newline_before_ = false;
  while (true) {
    const auto next = after_space(pos_);
    const auto line_break = text_.substr(pos_, next - pos_).rfind('\n');
    if (line_break != std::string_view::npos) {
      newline_before_ = true;
      indent_ = next - pos_ - line_break - 1;
    }
    pos_ = next;
    const bool line = peek() == '#' || (peek() == '/' && peek(1) == '/');
    if (!line && !(peek() == '/' && peek(1) == '*')) return true;
    if (!comment()) return false;
  }
}

// A comment must follow white space or punctuation, and a line comment must end with a line break.
// Otherwise it may have swallowed the text that follows.
bool TolerantReader::comment() {
  const bool block = peek(1) == '*' && peek() == '/';
  const auto start = pos_;
  const char before = start > 0 ? text_[start - 1] : ' ';
  auto end = text_.find(block ? "*/" : "\n", start + (block ? 2 : 0));
  const bool plain = text_.find_first_of("{}[]\"", start) == std::string_view::npos;
  if (end == std::string_view::npos && !block && plain) end = text_.size();
  const bool apart = is_ascii_space(before) || std::string_view(",{[/").contains(before);
  if (end == std::string_view::npos || !apart) {
    refuse("what may be a comment, or not");
    return false;
  }
  const auto comment = text_.substr(start, end - start);
  if (is_comment_of_members(comment)) {
    refuse("a comment that holds members");
    return false;
  }
  if (comment.contains("...") || comment.contains("\u2026")) {
    refuse("a comment in place of what was left out");
    return false;
  }
  pos_ = block ? end + 2 : end;
  return true;
}

// A quoted name, a colon and the beginning of a value.
bool TolerantReader::is_comment_of_members(std::string_view comment) const {
  for (auto quote = comment.find('"'); quote != std::string_view::npos;
       quote = comment.find('"', quote + 1)) {
    const auto colon = comment.find_first_not_of(" \t", quote + 1);
    if (colon == std::string_view::npos || comment[colon] != ':') continue;
    const auto next = comment.find_first_not_of(" \t", colon + 1);
    if (next == std::string_view::npos || is_digit(comment[next]) ||
        std::string_view("\"'{[-tfn").contains(comment[next])) {
      return true;
    }
  }
  return false;
}

bool TolerantReader::take_comma() {
  if (take(',')) return true;
  if (!rest(pos_).starts_with(kWideComma)) return false;
  pos_ += kWideComma.size();
  return true;
}

bool TolerantReader::take_colon() {
  for (const std::string_view colon : {":", "\uFF1A", "=>", "="}) {
    if (!rest(pos_).starts_with(colon)) continue;
    pos_ += colon.size();
    return true;
  }
  return false;
}

TolerantReader::Step TolerantReader::value(std::size_t depth, Role role) {
  const char c = peek();
  last_string_ends_like_structure_ = false;
  form_ = Form::other;
  if (c == '{' || c == '[') {
    if (depth == 0) return refuse("nesting over " + std::to_string(kMaxDepth) + " levels");
    return c == '{' ? object(depth - 1) : array(depth - 1);
  }
  if (opening_at(pos_).style != Quote::none) return string(role);
  if (is_digit(c) || c == '-' || c == '+' || c == '.') return number();
  if (is_letter(c)) return literal();
  return refuse("a value is expected here");
}

TolerantReader::Step TolerantReader::close(char bracket) {
  open_.pop_back();
  out_ += bracket;
  form_ = Form::other;
  return Step::done;
}

TolerantReader::Step TolerantReader::cut_here(char bracket) {
  cut_ = true;
  ++missing_;
  return close(bracket);
}

// Notes where a member or element stands. False when its comma is missing and one of them is
// indented unlike the first: it belongs to another container.
bool TolerantReader::fits(Lines& lines, bool first) {
  if (!newline_before_) return true;
  if (first) {
    lines.members = indent_;
    odd_indentation_ |= indent_ <= lines.around && indent_ + lines.around > 0;
    return true;
  }
  lines.strayed |= lines.members && *lines.members != indent_;
  return !missing_comma_ || !lines.strayed;
}

// A second entry in the innermost container.
void TolerantReader::note_sibling() {
  const auto around = std::string_view(open_).substr(0, open_.size() - 1);
  const auto same = around.find_last_of(open_.back());
  if (same != std::string_view::npos) least_lost_ = std::min(least_lost_, around.size() - same);
}

// What stands in front of the next member or element, or ends the container. Doubled commas are one
// comma in an object; in an array an element may have been lost between them.
TolerantReader::Gap TolerantReader::gap(char bracket, bool first) {
  missing_comma_ = false;
  int commas = 0;
  while (true) {
    if (!space()) return Gap::failed;
    if (ended()) return Gap::ended;
    if (take(bracket)) return Gap::closed;
    if (first || !take_comma()) break;
    if (++commas > 1 && bracket == ']') {
      refuse_at(pos_ - 1, "an element may be missing here");
      return Gap::failed;
    }
  }
  missing_comma_ = !first && commas == 0;
  return missing_comma_ ? Gap::none : Gap::comma;
}

TolerantReader::Step TolerantReader::object(std::size_t depth) {
  has_object_ = true;
  Lines lines{.around = indent_};
  open_ += '{';
  out_ += '{';
  ++pos_;
  for (std::size_t members = 0;; ++members) {
    const auto gap = this->gap('}', members == 0);
    if (gap == Gap::failed) return Step::failed;
    if (gap == Gap::ended) return cut_here('}');
    if (gap == Gap::closed) return close('}');
    if (gap == Gap::none && (last_string_ends_like_structure_ || !comma_may_be_missing(lines) ||
                             !key_follows(pos_, newline_before_))) {
      return refuse("',' or '}' is expected here");
    }
    if (!fits(lines, members == 0)) return refuse("this line is indented unlike its object's");
    if (members > 0) note_sibling();
    const auto mark = out_.size();
    if (members > 0) out_ += ',';
    const Step step = member(depth);
    if (step == Step::failed) return step;
    if (step == Step::dropped) {
      out_.resize(mark);
      return cut_here('}');
    }
  }
}

// Behind a number more than the comma may have been lost: digits. It is whole when the line ends
// with it, or white space follows it in an object that is written on one line.
bool TolerantReader::comma_may_be_missing(const Lines& lines) const {
  if (newline_before_ || !is_digit(out_.back())) return true;
  return is_ascii_space(text_[pos_ - 1]) && !lines.members;
}

TolerantReader::Step TolerantReader::member(std::size_t depth) {
  if (const Step step = key(); step != Step::done) return step;
  if (!space()) return Step::failed;
  if (ended()) return Step::dropped;
  if (!take_colon()) return refuse("':' is expected after a key");
  out_ += ':';
  if (!space()) return Step::failed;
  if (ended()) return Step::dropped;
  return value(depth, Role::member);
}

TolerantReader::Step TolerantReader::key() {
  if (opening_at(pos_).style != Quote::none) return string(Role::key);
  const auto start = pos_;
  const bool number = is_digit(peek());
  if (!number && !is_identifier_start(peek())) return refuse("a key is expected here");
  while (number ? is_digit(peek()) : is_identifier_part(peek())) ++pos_;
  if (pos_ == text_.size()) return Step::dropped;
  if (number && pos_ - start > 1 && text_[start] == '0') return refuse("a key is expected here");
  out_ += '"';
  out_ += text_.substr(start, pos_ - start);
  out_ += '"';
  return Step::done;
}

TolerantReader::Step TolerantReader::array(std::size_t depth) {
  Lines lines{.around = indent_};
  Numbers numbers;
  open_ += '[';
  out_ += '[';
  ++pos_;
  for (std::size_t elements = 0;; ++elements) {
    const auto gap = this->gap(']', elements == 0);
    if (gap == Gap::failed) return Step::failed;
    if (gap == Gap::ended) return cut_here(']');
    if (gap == Gap::closed) return close(']');
    if (gap == Gap::none && (last_string_ends_like_structure_ || !separated_without_comma())) {
      return refuse("',' or ']' is expected here");
    }
    if (!fits(lines, elements == 0)) return refuse("this line is indented unlike its array's");
    if (elements > 0) note_sibling();
    const auto mark = out_.size();
    if (elements > 0) out_ += ',';
    const auto at = pos_;
    const Step step = value(depth, Role::element);
    if (step == Step::failed) return step;
    if (step == Step::dropped) {
      out_.resize(mark);
      return cut_here(']');
    }
    if (!fits(numbers)) return refuse_at(at, "a number unlike the others may have lost a digit");
  }
}

// Two elements without a comma are two when a line break or brackets part them; "[1 2]" and "['a'
// 'b']" may be anything.
bool TolerantReader::separated_without_comma() const {
  const bool brackets =
      (peek() == '{' && out_.back() == '}') || (peek() == '[' && out_.back() == ']');
  return brackets || newline_before_;
}

TolerantReader::Step TolerantReader::literal() {
  const auto start = pos_;
  while (is_identifier_part(peek())) ++pos_;
  const auto word = text_.substr(start, pos_ - start);
  for (const auto& known : kWords) {
    if (known.spelling != word) continue;
    if (known.json.empty()) return refuse_at(start, std::string(word) + " is no JSON value");
    out_ += known.json;
    return Step::done;
  }
  if (pos_ == text_.size()) return completed_literal(word);
  return refuse_at(start, "a value without quotes");
}

// A literal that is cut short counts when all literals it can be completed to mean the same.
TolerantReader::Step TolerantReader::completed_literal(std::string_view word) {
  std::optional<std::string_view> meaning;
  for (const auto& known : kWords) {
    if (!known.spelling.starts_with(word)) continue;
    if (known.json.empty() || (meaning && *meaning != known.json)) return Step::dropped;
    meaning = known.json;
  }
  if (!meaning) return refuse_at(pos_ - word.size(), "a value without quotes");
  out_ += *meaning;
  return Step::done;
}

}  // namespace gvm::text
