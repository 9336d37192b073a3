#include "html/content_scores.h"

#include <algorithm>

namespace gvm::html {

namespace {

constexpr std::uint32_t kShortestLine = 20;  // units; shorter ones are labels
constexpr std::uint32_t kLongLine = 80;      // units from which a line counts in full
constexpr double kMostLinks = 0.5;           // of a line; more: navigation
constexpr double kDoubted = 0.25;            // what doubted text still counts

// Of a short line: how likely it is running text.
double share_of_short(Tag block, bool has_stops) {
  switch (block) {
    case Tag::p:
    case Tag::blockquote:
    case Tag::pre:
      return has_stops ? 0.5 : 0.3;
    case Tag::td:
    case Tag::dd:
      return has_stops ? 0.5 : 0.05;
    default:
      return has_stops ? 0.3 : 0.05;
  }
}

bool is_label(Tag block) {
  return heading_level(block) != 0 || block == Tag::button || block == Tag::figcaption ||
         block == Tag::label || block == Tag::option;
}

}  // namespace

ContentScores::ContentScores(const Document& document, const PageLines& page)
    : document_(document),
      page_(page),
      marks_(document.size(), Mark::none),
      good_(document.size() + 1, 0),
      bad_(document.size() + 1, 0) {
  values_.reserve(page.lines().size());
  for (const Line& line : page.lines()) values_.push_back(value_of(line));
  add_up();
}

double ContentScores::value_of(const Line& line) const {
  const Tag block = document_.tag(line.block);
  if (line.repeated || is_label(block) || line.units < kShortestLine) return 0;
  const double links = static_cast<double>(line.linked) / line.units;
  if (links > kMostLinks) return 0;
  const double value = line.units * (1 - links);
  return line.units < kLongLine ? value * share_of_short(block, line.stops > 0) : value;
}

void ContentScores::mark(NodeId id, Mark mark) {
  std::fill(marks_.begin() + id, marks_.begin() + document_.end(id), mark);
}

void ContentScores::add_up() {
  const std::vector<Line>& lines = page_.lines();
  std::size_t next = 0;
  for (NodeId id = 0; id < document_.size(); ++id) {
    double good = 0;
    double bad = 0;
    if (next < lines.size() && lines[next].first == id) {
      const Line& line = lines[next];
      if (marks_[id] == Mark::none) {
        good = values_[next];
        bad = line.linked;
      } else if (marks_[id] == Mark::doubted) {
        good = values_[next] * kDoubted;
        bad = line.units;
      }
      ++next;
    }
    good_[id + 1] = good_[id] + good;
    bad_[id + 1] = bad_[id] + bad;
  }
}

}  // namespace gvm::html
