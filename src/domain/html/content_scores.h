#pragma once
// What the lines of a page are worth as content, summed over subtrees, while blocks are cut or
// doubted. The choice of the content reads these sums.
#include <cstdint>
#include <vector>

#include "html/page_lines.h"

namespace gvm::html {

enum class Mark : std::uint8_t {
  none,
  doubted,  // its names or its element speak against it, but it holds much of the text
  cut
};

class ContentScores {
 public:
  ContentScores(const Document& document, const PageLines& page);

  // Marks a subtree; sums see it after the next add_up().
  void mark(NodeId id, Mark mark);
  bool is_cut(NodeId id) const { return marks_[id] == Mark::cut; }
  void add_up();

  // Of running text that is not cut, in units, weighted by how much it looks like it.
  double good(NodeId id) const { return good_[document_.end(id)] - good_[id]; }
  // Of the lines that begin before this node.
  double good_before(NodeId id) const { return good_[id]; }
  // Whether it is, or holds, a table whose rows have more than links: standings, prices.
  bool holds_data_table(NodeId id) const {
    return data_before_[document_.end(id)] > data_before_[id];
  }
  // Units of links, and of all that is doubted.
  double bad(NodeId id) const { return bad_[document_.end(id)] - bad_[id]; }

 private:
  void find_data_tables();
  bool is_data_table(NodeId table) const;
  double value_of(const Line& line) const;

  const Document& document_;
  const PageLines& page_;
  std::vector<Mark> marks_;
  std::vector<double> values_;  // of the lines
  std::vector<double> good_;    // of the lines that begin before each node
  std::vector<double> bad_;
  std::vector<bool> in_data_table_;
  std::vector<std::uint32_t> data_before_;  // tables of data before each node
};

}  // namespace gvm::html
