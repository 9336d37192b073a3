// HTML Standard, "prescan a byte stream to determine its encoding", and "extracting a character
// encoding from a meta element".
#include <algorithm>
#include <vector>

#include "html/charset.h"

namespace gvm::html {

namespace {

constexpr std::size_t kPrescanBytes = 1024;
constexpr std::size_t kLatePrescanBytes = 1024 * 1024;

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

// The standard's algorithm also reads scripts. Beyond its 1024 bytes it would find text that a
// script only writes.
enum class Scripts { read, skip };

class Prescan {
 public:
  Prescan(std::string_view bytes, Scripts scripts) : bytes_(bytes), scripts_(scripts) {}

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
        if (scripts_ == Scripts::skip) skip_raw_text(rest);
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

  // Behind the start tag of a script or of a style: to its end tag.
  void skip_raw_text(std::string_view tag) {
    for (const std::string_view name : {"<script", "<style", "<textarea", "<title"}) {
      if (!starts_with_folded(tag, name) || tag.size() == name.size() ||
          is_letter(tag[name.size()]))
        continue;
      const std::string end = "</" + std::string(name.substr(1));
      while (at_ < bytes_.size() && !starts_with_folded(bytes_.substr(at_), end)) ++at_;
      return;
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
  Scripts scripts_;
  std::size_t at_ = 0;
};

// XML 1.0, 2.8 and 4.3.3: `<?xml version="1.0" encoding="..."?>` at the very beginning.
std::optional<Encoding> xml_declaration(std::string_view bytes) {
  if (!bytes.starts_with("<?xml") || bytes.size() < 6 || !is_space(bytes[5])) return std::nullopt;
  const std::size_t end = bytes.substr(0, kPrescanBytes).find("?>");
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view rest = bytes.substr(5, end - 5);
  const std::size_t at = rest.find("encoding");
  if (at == std::string_view::npos || !is_space(rest[at - 1])) return std::nullopt;
  rest.remove_prefix(at + std::string_view("encoding").size());
  const std::size_t equals = rest.find_first_not_of("\t\n\r ");
  if (equals == std::string_view::npos || rest[equals] != '=') return std::nullopt;
  rest.remove_prefix(equals + 1);
  const std::size_t quote = rest.find_first_not_of("\t\n\r ");
  if (quote == std::string_view::npos || (rest[quote] != '"' && rest[quote] != '\''))
    return std::nullopt;
  const std::size_t close = rest.find(rest[quote], quote + 1);
  if (close == std::string_view::npos) return std::nullopt;
  auto encoding = encoding_of(rest.substr(quote + 1, close - quote - 1));
  // It was read as ASCII, so it is not what it says.
  if (encoding && encoding->name.starts_with("UTF-16")) return encoding_of("utf-8");
  return encoding;
}

}  // namespace

std::string_view charset_of_content_type(std::string_view content_type) {
  const std::size_t parameters = content_type.find(';');
  if (parameters == std::string_view::npos) return {};
  return charset_in(content_type.substr(parameters));
}

std::optional<Encoding> prescan_meta(std::string_view bytes) {
  if (auto early = Prescan(bytes.substr(0, kPrescanBytes), Scripts::read).run()) return early;
  if (auto declared = xml_declaration(bytes)) return declared;
  return Prescan(bytes.substr(0, kLatePrescanBytes), Scripts::skip).run();
}

}  // namespace gvm::html
