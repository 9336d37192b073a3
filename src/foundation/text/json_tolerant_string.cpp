// The strings of TolerantReader: which quote ends one, and what its escapes mean.
#include <algorithm>
#include <array>
#include <utility>

#include "text/json_scan.h"
#include "text/json_tolerant.h"

namespace gvm::text {
namespace {

constexpr std::array<std::string_view, 3> kCurlyDouble = {"\xE2\x80\x9C", "\xE2\x80\x9D",
                                                          "\xE2\x80\x9E"};
constexpr std::array<std::string_view, 3> kCurlySingle = {"\xE2\x80\x98", "\xE2\x80\x99",
                                                          "\xE2\x80\x9A"};

template <class List>
bool starts_with_any(std::string_view text, const List& list) {
  for (const auto& item : list) {
    if (text.starts_with(item)) return true;
  }
  return false;
}

template <class List>
bool ends_with_any(std::string_view text, const List& list) {
  return std::ranges::any_of(list, [&](const auto& item) { return text.ends_with(item); });
}

constexpr std::string_view kForeignClasses = "dDwWsS";
constexpr std::string_view kForeignEscapes = "dDwWsS.()[]{}+*?^$|-#!";

bool is_word_byte(char c) {
  return is_identifier_part(c) ? c != '-' : static_cast<unsigned char>(c) >= 0x80;
}

bool is_ascii_word(char c) {
  return static_cast<unsigned char>(c) < 0x80 && is_word_byte(c);
}

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// The characters around a quote that opens, or closes, quoted words within a string. Letters beyond
// ASCII may stand on both sides: Chinese has no spaces there.
bool opens_words(char before, char after) {
  return !is_ascii_word(before) && before != '"' && before != ',' && !is_blank(after) &&
         !std::string_view("\",:{}[]").contains(after);
}
bool closes_words(char before, char after) {
  return !is_blank(before) && before != '"' && before != ',' && !is_ascii_word(after);
}

// Does `ends` hold of what stands in front of a colon, white space apart?
template <class Ends>
bool any_before_colon(std::string_view text, Ends&& ends) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != ':' && !text.substr(at).starts_with("\uFF1A")) continue;
    if (ends(text.substr(0, text.substr(0, at).find_last_not_of(" \t") + 1))) return true;
  }
  return false;
}

bool ends_in_curly_quote(std::string_view text) {
  return ends_with_any(text, kCurlyDouble) || ends_with_any(text, kCurlySingle) ||
         text.ends_with("\uFF02");
}

// `raw`: as it is written, escapes and all.
bool has_quote_before_colon(std::string_view raw) {
  return any_before_colon(raw, [](std::string_view before) {
    return (before.ends_with('"') && !before.ends_with("\\\"")) || ends_in_curly_quote(before);
  });
}

}  // namespace

bool has_curly_quote_before_colon(std::string_view text) {
  return any_before_colon(text, ends_in_curly_quote);
}

TolerantReader::Opening TolerantReader::opening_at(std::size_t offset) const {
  const auto text = rest(offset);
  if (text.starts_with('"')) return {Quote::straight_double, 1};
  if (text.starts_with('\'')) return {Quote::straight_single, 1};
  if (text.starts_with("\uFF02")) return {Quote::wide_double, 3};
  if (text.starts_with("\uFF07")) return {Quote::wide_single, 3};
  if (!text.starts_with('\xE2')) return {};
  if (starts_with_any(text, kCurlyDouble)) return {Quote::curly_double, kCurlyDouble[0].size()};
  if (starts_with_any(text, kCurlySingle)) return {Quote::curly_single, kCurlySingle[0].size()};
  return {};
}

// Bytes of the quote at `offset` when it may end a string opened in that style; 0 otherwise.
std::size_t TolerantReader::closing_at(std::size_t offset, Quote style) const {
  const auto quote = opening_at(offset);
  return quote.style == style ? quote.bytes : 0;
}

void TolerantReader::emit(char c) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  if (c == '"' || c == '\\') out_ += '\\';
  if (static_cast<unsigned char>(c) >= 0x20) {
    out_ += c;
    return;
  }
  switch (c) {
    case '\n':
      out_ += "\\n";
      return;
    case '\r':
      out_ += "\\r";
      return;
    case '\t':
      out_ += "\\t";
      return;
    default:
      out_ += "\\u00";
      out_ += kHex[static_cast<unsigned char>(c) >> 4];
      out_ += kHex[c & 0xF];
  }
}

TolerantReader::Step TolerantReader::string(Role role) {
  const auto opening = opening_at(pos_);
  style_ = opening.style;
  inner_quotes_ = 0;
  has_letter_escapes_ = has_foreign_escapes_ = false;
  escaped_brackets_ = 0;
  pos_ += opening.bytes;
  string_start_ = pos_;
  out_ += '"';
  while (pos_ < text_.size()) {
    if (text_[pos_] == '\\') {
      if (const Step step = escape(); step != Step::done) {
        return step == Step::dropped ? cut_string(role) : step;
      }
      continue;
    }
    const auto quote = closing_at(pos_, style_);
    if (quote == 0) {
      emit(text_[pos_++]);
      continue;
    }
    const auto content = text_.substr(string_start_, pos_ - string_start_);
    bool ended = false;
    const Step step = string_end(role, quote, ended);
    if (step == Step::failed) return step;
    if (!ended) continue;
    if (escaped_brackets_ != 0) return refuse("a backslash before a bracket may be a stray one");
    return role == Role::key ? check_key(content) : note_end(content);
  }
  return cut_string(role);
}

// A key that begins or ends with structural characters, or spans several lines, has swallowed its
// neighbours.
TolerantReader::Step TolerantReader::check_key(std::string_view content) {
  static constexpr std::string_view kStructure = ",:{}[] \t";
  const bool taken_in = !content.empty() && (kStructure.contains(content.front()) ||
                                             kStructure.contains(content.back()));
  if (taken_in || content.contains('\n') || has_quote_before_colon(content))
    return refuse("a quote of this key may be misplaced");
  return Step::done;
}

// Remembers whether a string ends in a character that could also follow it: a comma, a colon, or a
// bracket that nothing in the string opens.
TolerantReader::Step TolerantReader::note_end(std::string_view content) {
  const auto last = content.find_last_not_of(" \t\r\n");
  if (last == std::string_view::npos) return Step::done;
  const bool unusual = style_ == Quote::curly_double || style_ == Quote::wide_double;
  if (unusual && has_quote_before_colon(content))
    return refuse("a string that may hold a member: its quotes are of two kinds");
  // A line break that begins or ends a string may have changed places with its quote.
  const auto first = content.find_first_not_of(" \t\r\n");
  if (content.substr(0, first).contains('\n') || content.substr(last + 1).contains('\n'))
    return refuse("a string that begins or ends with a line break");
  const char c = content[last];
  const char opening = c == '}' ? '{' : '[';
  const bool closes = (c == '}' || c == ']') &&
                      std::ranges::count(content, opening) < std::ranges::count(content, c);
  last_string_ends_like_structure_ = c == ',' || c == ':' || closes;
  string_ends_like_structure_ |= last_string_ends_like_structure_;
  return Step::done;
}

// The text ends within the string. A key without a value is dropped. A value is kept as far as it
// goes, unless it may have swallowed the text after it.
TolerantReader::Step TolerantReader::cut_string(Role role) {
  cut_ = true;
  pos_ = text_.size();
  const auto content = text_.substr(string_start_);
  if (role == Role::key) {
    const bool plain = content.find_first_of(":,{}[]\n") == std::string_view::npos;
    return plain ? Step::dropped : refuse_at(string_start_, "a key without end");
  }
  if (inner_quotes_ > 0) return refuse("the text ends in a string with unescaped quotes");
  if (content.find_first_of("{}[]\n\"") != std::string_view::npos || content.contains("```")) {
    return refuse_at(string_start_, "a string without end, which may hold what stands behind it");
  }
  out_ += '"';
  return Step::done;
}

// At a quote that may end the string.
TolerantReader::Step TolerantReader::string_end(Role role, std::size_t quote_bytes, bool& ended) {
  if (!closes(role, pos_ + quote_bytes)) return inner_quote(role, quote_bytes);
  // Quotes come in pairs; an odd one may end this string or begin the next.
  if (style_ == Quote::straight_double && inner_quotes_ % 2 != 0) {
    return refuse("unescaped quotes leave open where a string ends");
  }
  pos_ += quote_bytes;
  out_ += '"';
  ended = true;
  return Step::done;
}

TolerantReader::Step TolerantReader::inner_quote(Role role, std::size_t bytes) {
  const auto next = after_space(pos_ + bytes);
  const bool like_a_key = next < text_.size() && text_[next] == ':';
  const char before = pos_ > string_start_ ? text_[pos_ - 1] : ' ';
  const char after = pos_ + bytes < text_.size() ? text_[pos_ + bytes] : ' ';
  bool in_shape = role != Role::key && !like_a_key;
  if (style_ == Quote::straight_single || style_ == Quote::curly_single) {
    // An apostrophe stands between two letters.
    in_shape = in_shape && is_word_byte(before) && is_word_byte(after);
  } else if (style_ == Quote::straight_double) {
    // Quotes within come in pairs around words, as in: the "best" one.
    const bool opens = inner_quotes_++ % 2 == 0;
    in_shape = in_shape && (opens ? opens_words(before, after) : closes_words(before, after));
  } else {
    in_shape = false;
  }
  if (!in_shape) return refuse("an unescaped quote leaves open where a string ends");
  for (std::size_t i = 0; i < bytes; ++i) emit(text_[pos_++]);
  return Step::done;
}

// Does what stands at `after` follow the end of a string of this role?
bool TolerantReader::closes(Role role, std::size_t after) const {
  const auto next = after_space(after);
  const bool newline = text_.substr(after, next - after).contains('\n');
  if (ended_at(next)) return true;
  const char c = text_[next];
  if (role == Role::key) return c == ':' || c == '=' || rest(next).starts_with("\uFF1A");
  if (c == ',' || rest(next).starts_with("\uFF0C") || c == (role == Role::member ? '}' : ']'))
    return true;
  const bool after_gap = next != after;
  if (after_gap && (c == '#' || rest(next).starts_with("//") || rest(next).starts_with("/*"))) {
    return inner_quotes_ == 0;
  }
  return role == Role::member ? key_follows(next, newline) : element_follows(next, newline);
}

// A member whose comma is missing: a quoted key and its colon, or, on a line of its own, a bare
// one.
bool TolerantReader::key_follows(std::size_t offset, bool after_newline) const {
  const auto opening = opening_at(offset);
  auto end = offset;
  if (opening.style == Quote::straight_double || opening.style == Quote::straight_single) {
    end = text_.find(text_[offset], offset + 1);
    if (end == std::string_view::npos) return false;
    ++end;
  } else {
    while (after_newline && end < text_.size() && is_identifier_part(text_[end])) ++end;
    if (end == offset) return false;
  }
  const auto colon = after_space(end);
  return colon < text_.size() && text_[colon] == ':';
}

bool TolerantReader::element_follows(std::size_t offset, bool after_newline) const {
  return after_newline && opening_at(offset).style == style_;
}

// Whether the backslash at pos_ is meant. One that came into a text by accident stands within
// words: "wor\d", "the end\. Then". In a pattern a class has a quantifier or a bracket beside it or
// stands first, and an escaped point has something behind it. In "C:\windows" all are meant.
bool TolerantReader::is_foreign_escape(char c) const {
  if (!kForeignEscapes.contains(c)) return false;
  const char before = pos_ > string_start_ ? text_[pos_ - 1] : '\0';
  const char after = pos_ + 2 < text_.size() ? text_[pos_ + 2] : '\0';
  if (c == '.') return !is_blank(after) && after != '"' && after != '\'' && after != ',';
  if (!kForeignClasses.contains(c)) return true;
  if (text_.substr(string_start_, pos_ - string_start_ + 1).contains(":\\")) return true;
  if (std::string_view("+*?{)]|$\\").contains(after)) return true;
  const bool behind_escape = pos_ > string_start_ + 1 && text_[pos_ - 2] == '\\';
  const bool in_pattern =
      before == '\0' || behind_escape || std::string_view("^[(|+*?)]}").contains(before);
  return in_pattern && !is_ascii_word(after);
}

// Escapes of regular expressions are kept as they stand, backslash and all, as in "\d+"; then the
// string was written without escaping, and in it "\t" or "\n" may be anything. Other escapes that
// JSON does not have are refused. Step::dropped: the text ends within the escape.
TolerantReader::Step TolerantReader::escape() {
  if (pos_ + 1 == text_.size()) return Step::dropped;
  const char c = text_[pos_ + 1];
  has_letter_escapes_ |= std::string_view("bfnrtu").contains(c);
  has_foreign_escapes_ |= kForeignEscapes.contains(c);
  if (has_letter_escapes_ && has_foreign_escapes_) {
    return refuse("escapes of JSON and of another language in one string");
  }
  if (c == 'u') return unicode_escape();
  if (c == '\'' || c == '_') {  // "\_" is Markdown's
    emit(c);
  } else if (std::string_view("\"\\/bfnrt").contains(c)) {
    out_ += text_.substr(pos_, 2);
  } else if (is_foreign_escape(c)) {
    if (std::string_view("([{").contains(c)) ++escaped_brackets_;
    if (std::string_view(")]}").contains(c)) --escaped_brackets_;
    emit('\\');
    emit(c);
  } else {
    return refuse("an escape JSON does not have");
  }
  pos_ += 2;
  return Step::done;
}

TolerantReader::Step TolerantReader::unicode_escape() {
  const auto start = pos_;
  const auto unit = [this](std::size_t at, char32_t& out) {
    for (std::size_t i = 0; i < 4; ++i) {
      if (at + i >= text_.size()) return Step::dropped;
      const int digit = hex_digit(text_[at + i]);
      if (digit < 0) return refuse_at(at, "'\\u' is not followed by four hexadecimal digits");
      out = out << 4 | static_cast<char32_t>(digit);
    }
    return Step::done;
  };
  char32_t first = 0;
  if (const Step step = unit(start + 2, first); step != Step::done) return step;
  std::size_t size = 6;
  if (is_low_surrogate(first)) return refuse("half a surrogate pair");
  if (is_high_surrogate(first)) {
    const auto next = rest(start + size);
    if (next.empty() || next == "\\") return Step::dropped;
    if (!next.starts_with("\\u")) return refuse("half a surrogate pair");
    char32_t low = 0;
    if (const Step step = unit(start + size + 2, low); step != Step::done) return step;
    if (!is_low_surrogate(low)) return refuse("half a surrogate pair");
    size *= 2;
  }
  out_ += text_.substr(start, size);
  pos_ += size;
  return Step::done;
}

}  // namespace gvm::text
