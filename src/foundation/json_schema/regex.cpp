#include "json_schema/regex.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include "json_schema/work.h"

namespace gvm::json_schema {
namespace {

constexpr std::int64_t kMostMemory = 256 << 10;  // of one compiled pattern and its caches
constexpr std::size_t kBytesAStep = 256;         // of text searched

// White space of ECMA-262 within brackets.
constexpr std::string_view kSpaces =
    "\\t\\n\\x0B\\f\\r \\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}"
    "\\x{3000}\\x{FEFF}";

bool is_hex(std::string_view text) {
  return text.size() == 4 && text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

// What the two syntaxes write differently: "\u0041", "\cA", "\s", "[^]".
class Translator {
 public:
  explicit Translator(std::string_view pattern) : rest_(pattern) {}

  std::string run() {
    while (!rest_.empty()) {
      if (rest_[0] == '\\') {
        escape();
      } else if (rest_.starts_with("[^]")) {
        take(3, "(?s:.)");
      } else {
        in_brackets_ = rest_[0] == '[' || (in_brackets_ && rest_[0] != ']');
        take(1, rest_.substr(0, 1));
      }
    }
    return std::move(out_);
  }

 private:
  void take(std::size_t bytes, std::string_view written) {
    out_ += written;
    rest_.remove_prefix(bytes);
  }

  void escape() {
    const char c = rest_.size() > 1 ? rest_[1] : '\0';
    if (c == 'u' && is_hex(rest_.substr(2, 4)))
      return take(6, fmt::format("\\x{{{}}}", rest_.substr(2, 4)));
    if (c == 'c' && rest_.size() > 2 && std::isalpha(static_cast<unsigned char>(rest_[2])) != 0)
      return take(3, fmt::format("\\x{:02X}", rest_[2] & 0x1F));
    if (c == 's')
      return take(2, in_brackets_ ? std::string(kSpaces) : fmt::format("[{}]", kSpaces));
    if (c == 'S' && !in_brackets_) return take(2, fmt::format("[^{}]", kSpaces));
    take(std::min<std::size_t>(2, rest_.size()), rest_.substr(0, 2));
  }

  std::string_view rest_;
  std::string out_;
  bool in_brackets_ = false;
};

}  // namespace

Regex::Regex(std::string_view pattern, Syntax) {
  if (pattern.size() > kMostBytes)
    throw BadPattern(fmt::format("a pattern of over {} bytes", kMostBytes));
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMostMemory);
  auto compiled = std::make_shared<re2::RE2>(Translator(pattern).run(), options);
  if (!compiled->ok())
    throw BadPattern(
        fmt::format("the pattern \"{}\" cannot be used ({}); look-around and "
                    "back-references are not supported",
                    pattern, compiled->error()));
  compiled_ = std::move(compiled);
}

bool matches(std::string_view text, const Regex& regex) {
  spend(1 + text.size() / kBytesAStep);
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex.compiled_);
}

}  // namespace gvm::json_schema
