#include "html/tables.h"

#include <algorithm>

#include "html/table_order.h"
#include "html/visible_text.h"

namespace gvm::html {

namespace {

bool is_row_group(Tag tag) {
  return tag == Tag::thead || tag == Tag::tbody || tag == Tag::tfoot;
}

// The remaining budget of all tables of one call.
struct Budget {
  std::size_t cells;
  std::size_t bytes;
  std::uint64_t steps;
  std::string_view exceeded = {};

  bool spend(std::size_t text_bytes) {
    if (cells == 0) return exceeded = "table_cells", false;
    if (bytes < text_bytes) return exceeded = "output_bytes", false;
    --cells;
    bytes -= text_bytes;
    return true;
  }
  // Tables in tables repeat the text of the inner ones.
  bool pass(std::uint64_t weight) {
    if (steps < weight) return exceeded = "steps", false;
    steps -= weight;
    return true;
  }
};

std::uint64_t maximum_of(const Limits& limits, std::string_view exceeded) {
  if (exceeded == "table_cells") return limits.table_cells;
  return exceeded == "steps" ? limits.steps : limits.output_bytes;
}

class Grid {
 public:
  Grid(const Document& document, Budget& budget)
      : document_(document),
        visibility_(document),
        budget_(budget),
        colspan_(document.atom("colspan")),
        rowspan_(document.atom("rowspan")) {}

  // Whether it fits the budget.
  bool read(NodeId table) {
    for (const NodeId id : shown_parts(document_, table)) {
      if (visibility_.hides(id)) continue;
      const Tag tag = document_.tag(id);
      if (tag == Tag::caption) out_.caption = visible_line(document_, id);
      if (tag == Tag::tr && !row(id, false)) return false;
      if (is_row_group(tag) && !group(id)) return false;
    }
    return true;
  }
  Table take() { return std::move(out_); }

 private:
  // A cell that extends down from a row above.
  struct Down {
    std::size_t rows = 0;  // still to fill; kForever: to the end of its group
    std::string text;
  };
  static constexpr std::size_t kForever = static_cast<std::size_t>(-1);

  bool group(NodeId id) {
    down_.clear();
    for (NodeId at = document_.first_child(id); at != kNoNode; at = document_.next_sibling(at)) {
      if (document_.tag(at) != Tag::tr || visibility_.hides(at)) continue;
      if (!row(at, document_.tag(id) == Tag::thead)) return false;
    }
    down_.clear();
    return true;
  }

  bool row(NodeId id, bool in_head) {
    cells_.clear();
    bool only_headers = true;
    bool any = false;
    for (NodeId at = document_.first_child(id); at != kNoNode; at = document_.next_sibling(at)) {
      const Tag tag = document_.tag(at);
      if ((tag != Tag::td && tag != Tag::th) || visibility_.hides(at)) continue;
      any = true;
      only_headers = only_headers && tag == Tag::th;
      if (!cell(at)) return false;
    }
    if (!fill_from_above(kMostColumns)) return false;
    if (cells_.empty()) return true;
    const bool is_header = in_head || (any && only_headers);
    if (is_header && out_.header_rows == out_.rows.size()) ++out_.header_rows;
    out_.rows.push_back(std::move(cells_));
    return true;
  }

  bool cell(NodeId id) {
    if (!fill_from_above(cells_.size())) return false;
    const std::size_t columns =
        std::max<std::size_t>(1, span_of(document_, id, colspan_, kMostColumns));
    const std::size_t rows = span_of(document_, id, rowspan_, kMostRows);
    if (!budget_.pass(document_.weight(id))) return false;
    const std::string text = visible_line(document_, id);
    for (std::size_t i = 0; i < columns && cells_.size() < kMostColumns; ++i) {
      if (rows != 1) {
        if (down_.size() <= cells_.size()) down_.resize(cells_.size() + 1);
        down_[cells_.size()] = {rows == 0 ? kForever : rows - 1, text};
        // The memory of what waits counts, too.
        if (!budget_.spend(text.size())) return false;
      }
      if (!place(text)) return false;
    }
    return true;
  }

  // Columns held by cells from above: directly here, and up to `least` columns.
  bool fill_from_above(std::size_t least) {
    while (cells_.size() < down_.size()) {
      Down& from = down_[cells_.size()];
      if (from.rows == 0) {
        const bool more = std::any_of(down_.begin() + static_cast<std::ptrdiff_t>(cells_.size()),
                                      down_.end(), [](const Down& d) { return d.rows != 0; });
        // At the end of a row the columns between are empty.
        if (cells_.size() >= least || !more) return true;
        if (!place({})) return false;
        continue;
      }
      if (from.rows != kForever) --from.rows;
      if (!place(from.text)) return false;
    }
    return true;
  }

  bool place(const std::string& text) {
    if (!budget_.spend(text.size())) return false;
    cells_.push_back(text);
    return true;
  }

  const Document& document_;
  Visibility visibility_;
  Budget& budget_;
  Atom colspan_;
  Atom rowspan_;
  std::vector<std::string> cells_;
  std::vector<Down> down_;
  Table out_;
};

}  // namespace

Result<std::vector<Table>> tables(const Document& document, NodeId root, const Limits* given) {
  const Limits& limits = given != nullptr ? *given : document.limits();
  Budget budget{limits.table_cells, limits.output_bytes, limits.steps};
  std::vector<Table> out;
  for (NodeId id = root; id < document.end(root); ++id) {
    if (document.tag(id) != Tag::table) continue;
    Grid grid(document, budget);
    if (!grid.read(id)) {
      return fail(too_complex(budget.exceeded, maximum_of(limits, budget.exceeded)));
    }
    out.push_back(grid.take());
  }
  return out;
}

}  // namespace gvm::html
