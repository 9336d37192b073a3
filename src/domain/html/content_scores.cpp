#include "html/content_scores.h"

#include <algorithm>

namespace gvm::html {

namespace {

constexpr std::uint32_t kShortestLine = 20;  // units; shorter ones are labels
constexpr std::uint32_t kLongLine = 80;      // units from which a line counts in full
constexpr double kMostLinks = 0.5;           // of a line; more: navigation
constexpr double kDoubted = 0.25;            // what doubted text still counts
constexpr double kTableShare = 0.3;          // what the cells of a table of data count
constexpr std::size_t kLeastRows = 3;        // of such a table
constexpr double kLeastDataRows = 0.6;       // of its rows, with two cells and one without links
constexpr std::uint32_t kLongestCell = 80;   // units; longer ones are those of a layout

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
  find_data_tables();
  values_.reserve(page.lines().size());
  for (const Line& line : page.lines()) values_.push_back(value_of(line));
  add_up();
}

void ContentScores::find_data_tables() {
  in_data_table_.assign(document_.size(), false);
  data_before_.assign(document_.size() + 1, 0);
  for (NodeId id = 0; id < document_.size(); ++id) {
    data_before_[id + 1] = data_before_[id];
    if (document_.tag(id) != Tag::table || in_data_table_[id] || !is_data_table(id)) continue;
    ++data_before_[id + 1];
    std::fill(in_data_table_.begin() + id, in_data_table_.begin() + document_.end(id), true);
  }
}

// Tables in tables are a layout: each node is passed for the innermost one only.
bool ContentScores::is_data_table(NodeId table) const {
  std::size_t rows = 0;
  std::size_t data_rows = 0;
  std::size_t cells = 0;
  bool plain = false;
  const auto end_row = [&] {
    if (cells > 0) ++rows;
    if (cells > 1 && plain) ++data_rows;
    cells = 0;
    plain = false;
  };
  for (NodeId id = table + 1; id < document_.end(table); ++id) {
    const Tag tag = document_.tag(id);
    if (tag == Tag::table || heading_level(tag) != 0) return false;
    if (tag == Tag::tr) end_row();
    if ((tag != Tag::td && tag != Tag::th) || page_.units(id) == 0) continue;
    if (page_.units(id) > kLongestCell) return false;
    ++cells;
    plain = plain || page_.linked(id) == 0;
  }
  end_row();
  return rows >= kLeastRows &&
         static_cast<double>(data_rows) >= kLeastDataRows * static_cast<double>(rows);
}

double ContentScores::value_of(const Line& line) const {
  const Tag block = document_.tag(line.block);
  if (in_data_table_[line.first]) return line.units * kTableShare;
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
        bad = in_data_table_[line.first] ? 0 : line.linked;
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
