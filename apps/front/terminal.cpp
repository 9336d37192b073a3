#include "apps/front/terminal.h"

#include <langinfo.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cmath>

#include "base/utf8.h"

namespace gvm::apps {
namespace {

constexpr std::string_view kGap = "  ";

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  // U+0080 to U+009F: some terminals treat them as control sequences.
  return character.size() == 2 && first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool knows_unicode() {
  static const bool knows = [] {
    std::setlocale(LC_CTYPE, "");
    return std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
  }();
  return knows;
}

}  // namespace

bool writes_to_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}

std::string printable(std::string_view text, Lines lines) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto [valid, length] = utf8::sequence_at(text, at);
    const auto character = text.substr(at, length);
    at += length;
    if (!valid) {
      out += utf8::kReplacement;
    } else if (is_control(character) && !(lines == Lines::keep && character == "\n")) {
      out += '?';
    } else {
      out += character;
    }
  }
  return out;
}

std::string bar(double share, std::size_t cells) {
  constexpr std::string_view kParts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  constexpr std::size_t kEighths = 8;
  const double filled = std::clamp(std::isfinite(share) ? share : 0, 0.0, 1.0);
  std::string out;
  if (!knows_unicode()) {
    out.assign(static_cast<std::size_t>(std::lround(filled * static_cast<double>(cells))), '#');
    return out;
  }
  const auto eighths =
      static_cast<std::size_t>(std::lround(filled * static_cast<double>(cells * kEighths)));
  for (std::size_t i = 0; i < eighths / kEighths; ++i) out += "█";
  return out += kParts[eighths % kEighths];
}

void TextTable::column(std::string title, Side side) {
  rows_.front().push_back(std::move(title));
  sides_.push_back(side);
}

void TextTable::row(std::vector<std::string> cells) {
  cells.resize(sides_.size());
  for (auto& cell : cells) cell = cell.empty() ? "-" : printable(cell);
  rows_.push_back(std::move(cells));
}

std::string TextTable::to_string() const {
  std::vector<std::size_t> widths(sides_.size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - width_of(row[i]), ' ');
      if (i > 0) line += kGap;
      line += sides_[i] == Side::left ? row[i] + space : space + row[i];
    }
    line.resize(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace gvm::apps
