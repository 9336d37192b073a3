#pragma once
// The shown text of a page as lines: the pieces between the borders of blocks, each with what tells
// running text from navigation. A page is measured once; what is chosen from it is chosen by these.
#include <cstdint>
#include <vector>

#include "html/document.h"

namespace gvm::html {

// Amounts of text are in units: a letter is one, a character of Chinese, Japanese or Korean, which
// says about as much as two letters, is two; a run of white space is one.
struct Line {
  NodeId first = 0;  // its first and last text node
  NodeId last = 0;
  NodeId block = 0;  // the block around it
  std::uint32_t units = 0;
  std::uint32_t linked = 0;  // units inside of links
  std::uint32_t stops = 0;   // marks that end or part sentences
  bool repeated = false;     // the same text stood before, as captions of galleries do
};

class PageLines {
 public:
  explicit PageLines(const Document& document);

  NodeId top() const { return top_; }  // the body, else the root
  const std::vector<Line>& lines() const { return lines_; }
  // Whether nothing of it is shown; told of the outermost element only.
  bool is_hidden(NodeId id) const { return hidden_[id]; }

  std::uint32_t units(NodeId id) const { return text_[document_.end(id)] - text_[id]; }
  // Of all that stands before it.
  std::uint32_t units_before(NodeId id) const { return text_[id]; }
  std::uint32_t linked(NodeId id) const { return links_[document_.end(id)] - links_[id]; }
  std::uint32_t plain(NodeId id) const { return units(id) - linked(id); }
  // The share of links in its text, 0 to 1.
  double link_share(NodeId id) const;

 private:
  void measure();
  void add_text(NodeId id, bool in_link);
  void end_line();
  void mark_repeated();
  std::uint64_t fingerprint(const Line& line) const;

  const Document& document_;
  NodeId top_;
  std::vector<std::uint32_t> text_;   // units before each node
  std::vector<std::uint32_t> links_;  // of them inside links
  std::vector<bool> hidden_;
  std::vector<Line> lines_;
  std::vector<NodeId> open_;  // the blocks around, while measuring
  Line line_;
};

// Ends and starts a line: blocks, cells, and elements that HTML does not know.
bool separates_lines(const Document& document, NodeId id);

}  // namespace gvm::html
