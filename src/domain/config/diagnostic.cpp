#include "config/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace gvm::config {

namespace {

constexpr std::size_t kLongestQuote = 40;     // characters of a value repeated in a message
constexpr std::size_t kLongestCompared = 64;  // longer names are not compared with known ones

// Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours
// cost 1 each.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

std::string position(const Diagnostic& d) {
  if (d.mark.line == 0) return d.file;
  return fmt::format("{}:{}:{}", d.file, d.mark.line, d.mark.column);
}

}  // namespace

std::string Diagnostic::to_string() const {
  if (key.empty()) return fmt::format("{}: {}", position(*this), message);
  return fmt::format("{}: {}: {}", position(*this), key, message);
}

void sort_by_position(std::vector<Diagnostic>& diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const auto& a, const auto& b) {
    return std::tie(a.mark, a.key) < std::tie(b.mark, b.key);
  });
}

std::string to_string(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const auto& d : diagnostics) out += d.to_string() + "\n";
  return out;
}

namespace {

// The closest of `known` within `limit` edits.
std::string_view closest(std::string_view name, const std::vector<std::string_view>& known,
                         std::size_t limit) {
  if (name.size() > kLongestCompared) return {};
  std::string_view best;
  std::size_t best_distance = limit + 1;
  for (const auto candidate : known) {
    const auto distance = edit_distance(name, candidate);
    if (distance < best_distance) std::tie(best, best_distance) = std::pair(candidate, distance);
  }
  return best;
}

}  // namespace

std::string_view nearest(std::string_view name, const std::vector<std::string_view>& known) {
  return closest(name, known, std::max<std::size_t>(1, name.size() / 3));
}

std::string_view misspelled(std::string_view name, const std::vector<std::string_view>& known) {
  constexpr std::size_t kShort = 3;
  return closest(name, known, name.size() <= kShort ? 1 : 2);
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  std::size_t characters = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues = (byte & 0xC0) == 0x80;
    if (!continues && ++characters > kLongestQuote) return out + "...\"";
    if (byte < 0x20 || byte == 0x7F)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  return out + "\"";
}

}  // namespace gvm::config
