#include "html/css_declarations.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/encoding.h"

namespace gvm::html {

namespace {

constexpr std::string_view kBlanks = " \t\n\f\r";

bool is_blank(char c) {
  return kBlanks.find(c) != std::string_view::npos;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void append_utf8(std::string& out, std::uint32_t point) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (point == 0 || point > 0x10FFFF || surrogate) point = kReplacement;
  const auto continued = [&](unsigned shift) {
    out += static_cast<char>(0x80U | (point >> shift & 0x3FU));
  };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0U | point >> 6);
    continued(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0U | point >> 12);
    continued(6);
    continued(0);
  } else {
    out += static_cast<char>(0xF0U | point >> 18);
    continued(12);
    continued(6);
    continued(0);
  }
}

class DeclarationReader {
 public:
  explicit DeclarationReader(std::string_view style) : rest_(style) {}

  std::vector<Declaration> read() {
    while (!rest_.empty()) {
      std::string property = until_colon();
      if (!colon_) continue;
      std::string value = until_end();
      add(std::move(property), std::move(value));
    }
    std::ranges::stable_partition(found_, [](const Declaration& d) { return !d.important; });
    return std::move(found_);
  }

 private:
  // The name of a property; without a colon all up to the next semicolon is nothing.
  std::string until_colon() {
    colon_ = false;
    std::string out;
    while (!rest_.empty()) {
      const char c = rest_[0];
      if (c == ';') return rest_.remove_prefix(1), out;
      if (c == ':') return rest_.remove_prefix(1), colon_ = true, out;
      piece(out);
    }
    return out;
  }

  // A value; a semicolon inside of brackets or quotes does not end it.
  std::string until_end() {
    std::string out;
    std::string closers;
    while (!rest_.empty()) {
      const char c = rest_[0];
      if (c == ';' && closers.empty()) return rest_.remove_prefix(1), out;
      if (c == '(' && is_url(out)) {
        raw_url(out);
        continue;
      }
      if (c == '(') closers += ')';
      if (c == '[') closers += ']';
      if (c == '{') closers += '}';
      if (!closers.empty() && c == closers.back()) closers.pop_back();
      piece(out);
    }
    return out;
  }

  // What stands at the start: a comment, an escape, a string, or one character.
  void piece(std::string& out) {
    if (rest_.starts_with("/*")) {
      const std::size_t end = rest_.find("*/", 2);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 2);
      out += ' ';
    } else if (rest_[0] == '\\' && rest_.size() > 1 && rest_[1] != '\n') {
      escape(out);
    } else if (rest_[0] == '"' || rest_[0] == '\'') {
      quoted(out);
    } else {
      out += to_lower(rest_[0]);
      rest_.remove_prefix(1);
    }
  }

  // CSS Syntax 3, 4.3.7: up to six digits and one white space, or the character itself.
  void escape(std::string& out) {
    constexpr int kMostDigits = 6;
    rest_.remove_prefix(1);
    std::uint32_t point = 0;
    int digits = 0;
    for (; digits < kMostDigits && !rest_.empty() && hex_value(rest_[0]) >= 0; ++digits) {
      point = point * 16 + static_cast<std::uint32_t>(hex_value(rest_[0]));
      rest_.remove_prefix(1);
    }
    if (digits == 0) {
      out += to_lower(rest_[0]);
      rest_.remove_prefix(1);
      return;
    }
    if (!rest_.empty() && is_blank(rest_[0])) rest_.remove_prefix(1);
    if (point < 0x80) point = static_cast<unsigned char>(to_lower(static_cast<char>(point)));
    append_utf8(out, point);
  }

  // Its content matters to no property that is read.
  void quoted(std::string& out) {
    const char quote = rest_[0];
    std::size_t i = 1;
    while (i < rest_.size() && rest_[i] != quote && rest_[i] != '\n') i += rest_[i] == '\\' ? 2 : 1;
    out += "\"\"";
    rest_.remove_prefix(std::min(i + 1, rest_.size()));
  }

  static bool is_url(std::string_view before) { return before.ends_with("url"); }

  // An address without quotes holds no comments and no strings.
  void raw_url(std::string& out) {
    const std::size_t inside = std::min(rest_.find_first_not_of(kBlanks, 1), rest_.size());
    if (inside < rest_.size() && (rest_[inside] == '"' || rest_[inside] == '\'')) {
      rest_.remove_prefix(inside);
      quoted(out);
    }
    const std::size_t end = std::min(rest_.find(')'), rest_.size());
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    out += "()";
  }

  void add(std::string property, std::string value) {
    Declaration made{.property = std::string(trim(property, kBlanks)), .value = {}};
    std::string_view text = trim(value, kBlanks);
    constexpr std::string_view kImportant = "important";
    if (text.ends_with(kImportant)) {
      const std::string_view before =
          trim(text.substr(0, text.size() - kImportant.size()), kBlanks);
      if (before.ends_with('!')) {
        made.important = true;
        text = trim(before.substr(0, before.size() - 1), kBlanks);
      }
    }
    // A "!" that says nothing else makes a declaration void.
    if (made.property.empty() || text.empty() || text.find('!') != std::string_view::npos) return;
    made.value = text;
    found_.push_back(std::move(made));
  }

  std::string_view rest_;
  bool colon_ = false;
  std::vector<Declaration> found_;
};

}  // namespace

std::vector<Declaration> read_declarations(std::string_view style) {
  return DeclarationReader(style).read();
}

}  // namespace gvm::html
