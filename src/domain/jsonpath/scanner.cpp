#include <charconv>
#include <cmath>

#include "jsonpath/parser.h"

namespace gvm::jsonpath {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_beyond_ascii(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}
bool is_name_first(char c) {
  return is_letter(c) || c == '_' || is_beyond_ascii(c);
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6);
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

}  // namespace

bool Scanner::fail(std::string_view expected) {
  if (!failed_) expected_ = expected;
  failed_ = true;
  return false;
}

bool Scanner::take(std::string_view word) {
  if (failed_ || !looking_at(word)) return false;
  at_ += word.size();
  return true;
}

bool Scanner::require(std::string_view word) {
  return take(word) || fail("`" + std::string(word) + "`");
}

void Scanner::skip_blanks() {
  while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
}

std::string Scanner::member_name() {
  const std::size_t start = at_;
  if (is_name_first(peek()))
    while (is_name_first(peek()) || is_digit(peek())) ++at_;
  return std::string(text_.substr(start, at_ - start));
}

std::string_view Scanner::function_name() {
  const std::size_t start = at_;
  if (peek() >= 'a' && peek() <= 'z')
    while ((peek() >= 'a' && peek() <= 'z') || is_digit(peek()) || peek() == '_') ++at_;
  return text_.substr(start, at_ - start);
}

std::string Scanner::string_literal() {
  const char quote = peek();
  ++at_;
  std::string out;
  while (!failed_) {
    const char c = peek();
    if (at_end() || static_cast<unsigned char>(c) < 0x20) {
      fail("the end of the string");
    } else if (c == quote) {
      ++at_;
      break;
    } else if (c == '\\') {
      ++at_;
      escape(quote, out);
    } else {
      out += c;
      ++at_;
    }
  }
  return out;
}

void Scanner::escape(char quote, std::string& out) {
  constexpr std::string_view kLetters = "bfnrt/\\";
  constexpr std::string_view kMeanings = "\b\f\n\r\t/\\";
  const char c = peek();
  const auto known = at_end() ? kLetters.npos : kLetters.find(c);
  if (known != kLetters.npos) {
    out += kMeanings[known];
  } else if (c == quote && !at_end()) {
    out += c;
  } else if (c == 'u') {
    ++at_;
    return unicode_escape(out);
  } else {
    fail("an escape of JSON");
    return;
  }
  ++at_;
}

std::uint32_t Scanner::four_digits() {
  std::uint32_t code = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_digit(peek());
    if (digit < 0) return fail("four hexadecimal digits"), 0;
    code = code << 4 | static_cast<std::uint32_t>(digit);
    ++at_;
  }
  return code;
}

void Scanner::unicode_escape(std::string& out) {
  std::uint32_t code = four_digits();
  if (code >= 0xDC00 && code <= 0xDFFF) fail("no lone surrogate");
  if (code >= 0xD800 && code <= 0xDBFF) {
    if (!take("\\u")) fail("the second half of a surrogate pair");
    const std::uint32_t low = failed_ ? 0 : four_digits();
    if (low < 0xDC00 || low > 0xDFFF) fail("the second half of a surrogate pair");
    code = 0x10000 + ((code & 0x3FF) << 10 | (low & 0x3FF));
  }
  if (!failed_) append_utf8(out, code);
}

std::int64_t Scanner::integer() {
  constexpr std::int64_t kLargest = (std::int64_t{1} << 53) - 1;
  const std::size_t start = at_;
  const bool negative = peek() == '-';
  if (negative) ++at_;
  const bool zero = peek() == '0';
  if (zero && (negative || is_digit(peek(1)))) return fail("an integer without leading zeros"), 0;
  if (!is_digit(peek())) return fail("an integer"), 0;
  while (is_digit(peek())) ++at_;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text_.data() + start, text_.data() + at_, value);
  if (error != std::errc() || value > kLargest || value < -kLargest)
    return fail("an integer between -(2^53-1) and 2^53-1"), 0;
  return value;
}

Value Scanner::number() {
  const std::size_t start = at_;
  if (peek() == '-') ++at_;
  if (!is_digit(peek()) || (peek() == '0' && is_digit(peek(1)))) return fail("a number"), Value();
  while (is_digit(peek())) ++at_;
  bool real = false;
  if (peek() == '.') {
    real = true;
    ++at_;
    if (!is_digit(peek())) return fail("a digit"), Value();
    while (is_digit(peek())) ++at_;
  }
  if (peek() == 'e' || peek() == 'E') {
    real = true;
    ++at_;
    if (peek() == '-' || peek() == '+') ++at_;
    if (!is_digit(peek())) return fail("a digit"), Value();
    while (is_digit(peek())) ++at_;
  }
  const std::string text(text_.substr(start, at_ - start));
  if (!real) return Value::integer(Integer::parse(text).value_or(Integer()));
  return Value::real(std::strtod(text.c_str(), nullptr));
}

}  // namespace gvm::jsonpath
