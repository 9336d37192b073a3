#include "policy/url_path.h"

#include <algorithm>
#include <optional>

namespace gvm::policy {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The byte that an escape at the start of `text` encodes.
std::optional<char> escape_at(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high << 4 | low);
}

bool is_unreserved(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string decoded(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto escaped = escape_at(path.substr(i));
    const char c = escaped.value_or(path[i]);
    out += c == '\\' ? '/' : c;
    if (escaped) i += 2;
  }
  return out;
}

// Drops the last segment of "/a/b": "/a".
void drop_segment(std::string& path) {
  path.resize(std::min(path.rfind('/'), path.size()));
}

}  // namespace

std::string sent_path(std::string_view path) {
  if (!path.contains('%')) return std::string(path);
  std::string out;
  out.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto escaped = escape_at(path.substr(i));
    if (!escaped) {
      out += path[i];
      continue;
    }
    if (is_unreserved(*escaped)) {
      out += *escaped;
    } else {
      out += '%';
      for (const char c : path.substr(i + 1, 2)) out += c >= 'a' ? static_cast<char>(c - 32) : c;
    }
    i += 2;
  }
  return out;
}

std::string lenient_path(std::string_view path) {
  const std::string text = decoded(path);
  std::string out;
  out.reserve(text.size());
  bool open = false;  // the path ends in a slash
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('/', at), text.size());
    const auto segment = std::string_view(text).substr(at, end - at);
    at = end + 1;
    open = end < text.size() || segment == "." || segment == "..";
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      drop_segment(out);
    } else {
      out.append("/").append(segment);
    }
  }
  if (open || out.empty()) out += '/';
  return out;
}

}  // namespace gvm::policy
