#pragma once
// What the readers of JSON and of the debug form share: a text, a place in it, and errors.
#include <cstdint>
#include <string>
#include <string_view>

#include "genvm_client/utf8.h"

namespace genvm::detail {

// The text is not of the form that was expected. Never leaves this library.
struct NotOfTheForm {};

class TextReader {
 public:
  explicit TextReader(std::string_view text) : text_(text) {}

 protected:
  static constexpr int kMaxDepth = 256;
  // Reading and showing a decimal number takes time that grows with the square of its digits.
  static constexpr std::size_t kMaxDigits = 10'000;

  [[noreturn]] static void fail() { throw NotOfTheForm(); }
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  char next() {
    if (at_end()) fail();
    return text_[at_++];
  }
  bool take(std::string_view token) {
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  void expect(std::string_view token) {
    if (!take(token)) fail();
  }
  std::size_t skip_digits() {
    const std::size_t start = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ - start;
  }
  // From `least` to `most` hexadecimal digits.
  std::uint32_t hex(int least, int most) {
    std::uint32_t code = 0;
    int count = 0;
    for (; count < most; ++count) {
      const char c = peek();
      std::uint32_t digit = 16;
      if (c >= '0' && c <= '9') digit = static_cast<std::uint32_t>(c - '0');
      if (c >= 'a' && c <= 'f') digit = static_cast<std::uint32_t>(c - 'a' + 10);
      if (c >= 'A' && c <= 'F') digit = static_cast<std::uint32_t>(c - 'A' + 10);
      if (digit == 16) break;
      code = code << 4 | digit;
      ++at_;
    }
    if (count < least) fail();
    return code;
  }
  static void add_scalar(std::string& out, std::uint32_t code) {
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) fail();
    append_utf8(out, code);
  }
  std::string_view since(std::size_t start) const { return text_.substr(start, at_ - start); }
  std::size_t at() const { return at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace genvm::detail
