// The form of a time that something is kept.
#include "config/days.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "config/reader.h"
#include "config/scalar.h"

namespace gvm::config {
namespace {

constexpr std::array<std::pair<char, int>, 3> kUnits = {{{'d', 1}, {'w', 7}, {'y', 365}}};
constexpr std::int64_t kMost = 1'000'000;

std::optional<int> parse_days(std::string_view text) {
  int factor = 1;
  for (const auto& [unit, days] : kUnits) {
    if (!text.ends_with(unit)) continue;
    factor = days;
    text.remove_suffix(1);
    break;
  }
  const auto count = parse_integer(text);
  if (!count || *count < 0 || *count > kMost) return std::nullopt;
  return static_cast<int>(*count) * factor;
}

std::string in_words(const Range& range) {
  if (!range.bounded()) return "a number of days, such as 90d, 12w or 1y";
  return fmt::format("a number of days from {:.0f} to {:.0f}, such as 90d, 12w or 1y", range.min,
                     range.max);
}

}  // namespace

void read(const Leaf& leaf, Days& out) {
  const auto days =
      leaf.node.kind == Node::Kind::scalar ? parse_days(leaf.node.text) : std::nullopt;
  const auto& range = leaf.rule.range;
  if (!days || (range.bounded() && (*days < range.min || *days > range.max)))
    return leaf.refuse(in_words(range));
  out.count = *days;
}

std::string expected(const LeafRule& rule, const Days&) {
  return in_words(rule.range);
}

std::string shown(const LeafRule&, const Days& value) {
  return fmt::format("{}d", value.count);
}

}  // namespace gvm::config
