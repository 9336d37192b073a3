// HTML Standard, "prescan a byte stream to determine its encoding", and "extracting a character
// encoding from a meta element".
#include <algorithm>
#include <vector>

#include "html/charset.h"

namespace gvm::html {

namespace {

constexpr std::size_t kPrescanBytes = 1024;

bool is_space(char c) {
  return c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}

bool starts_with_folded(std::string_view text, std::string_view lower_prefix) {
  return text.size() >= lower_prefix.size() &&
         std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(),
                    [](char a, char b) { return a == lower(b); });
}

// "charset" anywhere, "=", and a value, quoted or up to a space or a semicolon.
std::string_view charset_in(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!starts_with_folded(text.substr(i), "charset")) continue;
    std::size_t at = i + 7;
    const auto skip_spaces = [&] {
      while (at < text.size() && is_space(text[at])) ++at;
    };
    skip_spaces();
    if (at >= text.size() || text[at] != '=') continue;
    ++at;
    skip_spaces();
    if (at >= text.size()) return {};
    if (text[at] == '"' || text[at] == '\'') {
      const std::size_t end = text.find(text[at], at + 1);
      return end == std::string_view::npos ? std::string_view() : text.substr(at + 1, end - at - 1);
    }
    const std::size_t end = text.find_first_of("\t\n\f\r ;", at);
    return text.substr(at, end == std::string_view::npos ? end : end - at);
  }
  return {};
}

struct Found {
  std::string name;
  std::string value;
};

class Prescan {
 public:
  explicit Prescan(std::string_view bytes) : bytes_(bytes) {}

  std::optional<Encoding> run() {
    for (; at_ < bytes_.size(); ++at_) {
      const std::string_view rest = bytes_.substr(at_);
      if (rest.starts_with("<!--")) {
        // "<!-->" is a whole comment: its dashes may be those of the end.
        const std::size_t end = bytes_.find("-->", at_ + 2);
        if (end == std::string_view::npos) return std::nullopt;
        at_ = end + 2;
      } else if (is_meta(rest)) {
        at_ += 5;
        if (auto encoding = meta()) return encoding;
      } else if (is_tag(rest)) {
        skip_tag();
      } else if (rest.size() > 1 && rest[0] == '<' &&
                 (rest[1] == '!' || rest[1] == '/' || rest[1] == '?')) {
        at_ = std::min(bytes_.find('>', at_), bytes_.size());
      }
    }
    return std::nullopt;
  }

 private:
  static bool is_meta(std::string_view rest) {
    return starts_with_folded(rest, "<meta") && rest.size() > 5 &&
           (is_space(rest[5]) || rest[5] == '/');
  }
  static bool is_tag(std::string_view rest) {
    if (rest.size() < 2 || rest[0] != '<') return false;
    return is_letter(rest[1]) || (rest[1] == '/' && rest.size() > 2 && is_letter(rest[2]));
  }

  void skip_tag() {
    while (at_ < bytes_.size() && !is_space(bytes_[at_]) && bytes_[at_] != '>') ++at_;
    while (next_attribute()) {
    }
  }

  std::optional<Encoding> meta() {
    std::vector<std::string> seen;
    bool has_pragma = false;
    std::optional<bool> needs_pragma;
    std::optional<Encoding> encoding;
    while (auto attribute = next_attribute()) {
      if (std::ranges::find(seen, attribute->name) != seen.end()) continue;
      seen.push_back(attribute->name);
      if (attribute->name == "http-equiv") has_pragma |= attribute->value == "content-type";
      if (attribute->name == "content" && !encoding && !needs_pragma) {
        encoding = encoding_of(charset_in(attribute->value));
        if (encoding) needs_pragma = true;
      }
      if (attribute->name == "charset") {
        encoding = encoding_of(attribute->value);
        needs_pragma = false;
      }
    }
    if (!needs_pragma || (*needs_pragma && !has_pragma) || !encoding) return std::nullopt;
    // It was read as ASCII, so it is not what it says.
    if (encoding->name.starts_with("UTF-16")) return encoding_of("utf-8");
    if (encoding->name == "x-user-defined") return encoding_of("windows-1252");
    return encoding;
  }

  char here() const { return at_ < bytes_.size() ? bytes_[at_] : '>'; }
  void skip_spaces() {
    while (at_ < bytes_.size() && is_space(bytes_[at_])) ++at_;
  }

  // "Get an attribute"; name and value in lower case.
  std::optional<Found> next_attribute() {
    while (at_ < bytes_.size() && (is_space(bytes_[at_]) || bytes_[at_] == '/')) ++at_;
    if (here() == '>') return std::nullopt;
    Found found;
    for (; at_ < bytes_.size(); ++at_) {
      const char c = bytes_[at_];
      if (c == '/' || c == '>' || is_space(c) || (c == '=' && !found.name.empty())) break;
      found.name += lower(c);
    }
    skip_spaces();
    if (here() != '=') return found;
    ++at_;
    skip_spaces();
    if (here() == '"' || here() == '\'') {
      const char quote = here();
      for (++at_; at_ < bytes_.size() && bytes_[at_] != quote; ++at_) {
        found.value += lower(bytes_[at_]);
      }
      ++at_;
      return found;
    }
    for (; here() != '>' && !is_space(here()); ++at_) found.value += lower(bytes_[at_]);
    return found;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace

std::string_view charset_of_content_type(std::string_view content_type) {
  const std::size_t parameters = content_type.find(';');
  if (parameters == std::string_view::npos) return {};
  return charset_in(content_type.substr(parameters));
}

std::optional<Encoding> prescan_meta(std::string_view bytes) {
  return Prescan(bytes.substr(0, kPrescanBytes)).run();
}

}  // namespace gvm::html
