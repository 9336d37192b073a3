#include "config/runtime_template.h"

#include <algorithm>

namespace gvm::config {

namespace {

constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

// `text` starts after "#{". The name up to "}"; empty when that is not what follows.
std::string_view name_at(std::string_view text) {
  const auto end = text.find_first_not_of(kNameCharacters);
  if (end == std::string_view::npos || text[end] != '}') return {};
  return text.substr(0, end);
}

}  // namespace

void RuntimeTemplate::add_literal(std::string_view text) {
  if (text.empty()) return;
  if (!pieces_.empty() && !pieces_.back().is_name)
    pieces_.back().text.append(text);
  else
    pieces_.push_back({.is_name = false, .text = std::string(text)});
}

std::expected<RuntimeTemplate, std::string> RuntimeTemplate::compile(std::string_view text,
                                                                     Malformed malformed) {
  RuntimeTemplate compiled;
  compiled.source_ = text;
  while (true) {
    const auto open = text.find("#{");
    if (open == std::string_view::npos) break;
    const auto name = name_at(text.substr(open + 2));
    if (name.empty() && malformed == Malformed::refuse)
      return std::unexpected("\"#{\" without a name and \"}\", expected #{name}");
    if (name.empty()) {
      compiled.add_literal(text.substr(0, open + 2));
      text.remove_prefix(open + 2);
      continue;
    }
    compiled.add_literal(text.substr(0, open));
    compiled.pieces_.push_back({.is_name = true, .text = std::string(name)});
    text.remove_prefix(open + name.size() + 3);
  }
  compiled.add_literal(text);
  return compiled;
}

std::expected<std::string, std::string> RuntimeTemplate::fill(const Lookup& lookup) const {
  std::string out;
  for (const auto& piece : pieces_) {
    if (!piece.is_name) {
      out += piece.text;
      continue;
    }
    const auto value = lookup(piece.text);
    if (!value) return std::unexpected(piece.text);
    out += *value;
  }
  return out;
}

std::vector<std::string> RuntimeTemplate::names() const {
  std::vector<std::string> names;
  for (const auto& piece : pieces_) {
    const bool seen = std::find(names.begin(), names.end(), piece.text) != names.end();
    if (piece.is_name && !seen) names.push_back(piece.text);
  }
  return names;
}

std::vector<std::string> RuntimeTemplate::literals() const {
  std::vector<std::string> literals;
  for (const auto& piece : pieces_)
    if (!piece.is_name) literals.push_back(piece.text);
  return literals;
}

}  // namespace gvm::config
