#pragma once
// The characters of a selector: names, strings, numbers (CSS Syntax 3). The first problem is kept;
// after it ok() is false and all functions return at once.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gvm::html {

class SelectorScanner {
 public:
  explicit SelectorScanner(std::string_view css) : css_(css) {}

  bool ok() const { return expected_.empty(); }
  Error error() const;

 protected:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  void wrong(std::string expected);
  char here(std::size_t ahead = 0) const {
    return at_ + ahead < css_.size() ? css_[at_ + ahead] : '\0';
  }
  bool take(char c);
  bool skip_spaces();
  void require(char c);
  bool starts_name() const;
  std::string name();    // an identifier, 4.3.11
  std::string quoted();  // a string
  bool take_word(std::string_view word);
  std::int64_t digits();

  std::string_view css_;
  std::size_t at_ = 0;

 private:
  void escape(std::string& out);

  std::string expected_;
  std::size_t problem_at_ = 0;
};

}  // namespace gvm::html
