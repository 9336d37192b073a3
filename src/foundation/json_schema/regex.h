#pragma once
// The regular expressions of a schema: ECMA-262's syntax, as far as RE2 can match it in linear
// time. In place of std::regex in the library's headers, whose names it has.
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace gvm::json_schema {

class BadPattern : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Regex {
 public:
  enum Syntax { ECMAScript };
  static constexpr std::size_t kMostBytes = 1000;

  // BadPattern for what is too long, wrong, or beyond RE2: look-around and back-references.
  explicit Regex(std::string_view pattern, Syntax syntax = ECMAScript);

 private:
  friend bool matches(std::string_view text, const Regex& regex);
  std::shared_ptr<const re2::RE2> compiled_;  // copied by the library
};

// Whether it matches anywhere in `text`, which is valid UTF-8. Counts as work.
bool matches(std::string_view text, const Regex& regex);

}  // namespace gvm::json_schema
