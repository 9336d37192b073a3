#include "html/selector_scanner.h"

#include <algorithm>

#include "base/ascii.h"
#include "html/codes.h"

namespace gvm::html {

namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_name(char c) {
  return is_name_start(c) || is_digit(c) || c == '-';
}
int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
void append_code_point(std::string& out, std::uint32_t c) {
  if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = 0xFFFD;
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr unsigned char kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[more] | (c >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F));
}

}  // namespace

Error SelectorScanner::error() const {
  Error error(codes::kBadSelector, Fatality::user,
              "at byte " + std::to_string(problem_at_ + 1) + ": expected " + expected_);
  error.with("position", Value::integer(Integer(problem_at_ + 1)));
  error.with("expected", Value::string(expected_));
  return error;
}

void SelectorScanner::wrong(std::string expected) {
  if (!ok()) return;
  expected_ = std::move(expected);
  problem_at_ = at_;
}
bool SelectorScanner::take(char c) {
  if (here() != c) return false;
  ++at_;
  return true;
}
bool SelectorScanner::skip_spaces() {
  const std::size_t before = at_;
  while (is_space(here())) ++at_;
  return at_ != before;
}
void SelectorScanner::require(char c) {
  if (!take(c)) wrong(std::string("\"") + c + "\"");
}

bool SelectorScanner::starts_name() const {
  if (here() == '-') return is_name_start(here(1)) || here(1) == '-' || here(1) == '\\';
  return is_name_start(here()) || here() == '\\';
}

// CSS Syntax 3, 4.3.11: an identifier.
std::string SelectorScanner::name() {
  std::string out;
  if (!starts_name()) wrong("a name");
  while (ok()) {
    if (is_name(here())) {
      out += css_[at_++];
    } else if (here() == '\\') {
      escape(out);
    } else {
      break;
    }
  }
  return out;
}

void SelectorScanner::escape(std::string& out) {
  ++at_;
  if (at_ >= css_.size() || here() == '\n') return wrong("an escaped character");
  if (hex_value(here()) < 0) {
    out += css_[at_++];
    return;
  }
  std::uint32_t c = 0;
  for (int i = 0; i < 6 && hex_value(here()) >= 0; ++i) {
    c = c * 16 + static_cast<std::uint32_t>(hex_value(css_[at_++]));
  }
  if (is_space(here())) ++at_;
  append_code_point(out, c);
}

std::string SelectorScanner::quoted() {
  const char quote = css_[at_++];
  std::string out;
  while (ok() && here() != quote) {
    if (at_ >= css_.size() || here() == '\n') {
      wrong("the end of the string");
    } else if (here() == '\\' && here(1) == '\n') {
      at_ += 2;
    } else if (here() == '\\') {
      escape(out);
    } else {
      out += css_[at_++];
    }
  }
  ++at_;
  return out;
}

bool SelectorScanner::take_word(std::string_view word) {
  if (lowered(css_.substr(at_, word.size())) != word) return false;
  at_ += word.size();
  return true;
}

std::int64_t SelectorScanner::digits() {
  constexpr std::int64_t kMost = 1'000'000'000;
  std::int64_t out = 0;
  while (is_digit(here())) out = std::min(kMost, out * 10 + (css_[at_++] - '0'));
  return out;
}

}  // namespace gvm::html
