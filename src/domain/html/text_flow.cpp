#include "html/text_flow.h"

#include <algorithm>

namespace gvm::html {

namespace {

constexpr int kMostLineBreaks = 2;  // in a row: one empty line
constexpr std::size_t kForever = static_cast<std::size_t>(-1);
// Bytes of a row of data; what is longer is a layout, whose cells keep their lines.
constexpr std::size_t kLongestRow = 1000;

int breaks_around(Display display) {
  if (display == Display::paragraph) return 2;
  return display == Display::block ? 1 : 0;
}

}  // namespace

void TextFlow::begin(Display display, Spaces spaces, CellSpan span) {
  const bool in_row = !boxes_.empty() && boxes_.back().display == Display::row;
  if (display == Display::cell && !in_row && !boxes_.empty() && !boxes_.back().row_of_cells) {
    begin_row();
    boxes_.back().row_of_cells = true;
  } else if (display != Display::cell && display != Display::inline_) {
    close_row_of_cells();
  }
  if (display == Display::row) begin_row();
  boxes_.push_back({display, spaces});
  if (display == Display::cell) begin_cell(span);
  if (const int breaks = breaks_around(display)) require_breaks(breaks);
}

void TextFlow::end() {
  if (boxes_.empty()) return;
  close_row_of_cells();
  const Display display = boxes_.back().display;
  boxes_.pop_back();
  if (display == Display::row) end_row();
  if (const int breaks = breaks_around(display)) require_breaks(breaks);
}

void TextFlow::close_row_of_cells() {
  if (boxes_.empty() || !boxes_.back().row_of_cells) return;
  boxes_.back().row_of_cells = false;
  end_row();
}

// In the innermost box, which keeps how far cells reach down.
void TextFlow::begin_row() {
  require_breaks(1);
  Row row{.tabs_before = tabs_, .begin = 0, .down = {}};
  if (!boxes_.empty()) row.down = std::move(boxes_.back().down);
  rows_.push_back(std::move(row));
}

void TextFlow::begin_cell(CellSpan span) {
  if (rows_.empty()) return;
  Row& row = rows_.back();
  finish_cell(row);
  pass_columns(row, row.column);
  next_cell(row);
  const std::size_t columns = std::min(span.columns, spare_cells_ + 1);
  const std::size_t rows = span.rows == 0 ? kForever : span.rows - 1;
  spare_cells_ -= columns - 1;
  row.wide = columns - 1;
  if (rows > 0) {
    if (row.down.size() < row.column + columns) row.down.resize(row.column + columns);
    std::fill_n(row.down.begin() + static_cast<std::ptrdiff_t>(row.column), columns, rows);
  }
  row.column += columns;
}

void TextFlow::next_cell(Row& row) {
  if (row.first) {
    row.first = false;
    return;
  }
  if (row.has_text) breaks_ = 0;  // those of paragraphs in the cell before
  space_ = false;
  ++tabs_;
}

// The other columns of the cell that ends.
void TextFlow::finish_cell(Row& row) {
  if (row.text_in_cell) ++row.cells_with_text;
  row.text_in_cell = false;
  for (; row.wide > 0; --row.wide) next_cell(row);
}

// Empty cells for the columns that cells from above take: here, and up to the column `least`.
void TextFlow::pass_columns(Row& row, std::size_t least) {
  while (row.column < row.down.size() && spare_cells_ > 0) {
    std::size_t& rows = row.down[row.column];
    if (rows == 0 && row.column >= least) return;
    if (rows != 0 && rows != kForever) --rows;
    --spare_cells_;
    next_cell(row);
    ++row.column;
  }
}

void TextFlow::end_row() {
  if (rows_.empty()) return;
  finish_cell(rows_.back());
  Row& open = rows_.back();
  std::size_t last = open.down.size();
  while (last > open.column && open.down[last - 1] == 0) --last;
  pass_columns(open, last);
  Row row = std::move(rows_.back());
  rows_.pop_back();
  if (row.has_text && tabs_ > 0) {
    trim_line();
    out_.append(static_cast<std::size_t>(tabs_), '\t');
  }
  if (row.cells_with_text > 1 && !row.keeps) put_on_one_line(row);
  tabs_ = row.has_text ? 0 : row.tabs_before;
  if (row.has_text) breaks_ = 0;
  require_breaks(1);
  if (!boxes_.empty()) boxes_.back().down = std::move(row.down);
  if (!rows_.empty() && row.has_text) rows_.back().keeps = true;
}

// The lines of lists and paragraphs in cells are not lines of the table.
void TextFlow::put_on_one_line(const Row& row) {
  if (out_.size() - row.begin > kLongestRow) return;
  std::size_t to = row.begin;
  for (std::size_t from = row.begin; from < out_.size(); ++from) {
    const bool breaks = out_[from] == '\n';
    if (!breaks || (to > row.begin && out_[to - 1] != ' ')) out_[to++] = breaks ? ' ' : out_[from];
  }
  out_.resize(to);
}

void TextFlow::text(std::string_view text) {
  switch (spaces()) {
    case Spaces::collapse:
      return collapsed(text);
    case Spaces::keep:
      return kept(text);
    case Spaces::keep_lines:
      return lines(text);
  }
}

void TextFlow::collapsed(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t space = leading_space(text.substr(i))) {
      space_ = true;
      i += space;
      continue;
    }
    const std::size_t begin = i;
    while (i < text.size() && leading_space(text.substr(i)) == 0) ++i;
    flush();
    out_ += text.substr(begin, i - begin);
  }
}

void TextFlow::kept(std::string_view text) {
  if (text.empty()) return;
  flush();
  for (Row& row : rows_) row.keeps = row.keeps || text.find('\n') != std::string_view::npos;
  out_ += text;
}

void TextFlow::lines(std::string_view text) {
  for (;;) {
    const std::size_t end = text.find('\n');
    collapsed(text.substr(0, end));
    if (end == std::string_view::npos) return;
    line_break();
    text.remove_prefix(end + 1);
  }
}

void TextFlow::line_break() {
  breaks_ = std::min(kMostLineBreaks, breaks_ + 1);
}

void TextFlow::require_breaks(int count) {
  if (tabs_ == 0) breaks_ = std::max(breaks_, count);
}

void TextFlow::trim_line() {
  while (out_.ends_with(' ')) out_.pop_back();
}

// Writes what stands between the last text and the next one.
void TextFlow::flush() {
  if (breaks_ > 0 && !out_.empty()) {
    trim_line();
    const std::size_t last = out_.find_last_not_of('\n');
    const int there = static_cast<int>(out_.size() - (last == std::string::npos ? 0 : last + 1));
    if (breaks_ > there) out_.append(static_cast<std::size_t>(breaks_ - there), '\n');
  } else if (tabs_ == 0 && space_ && !out_.empty() && !out_.ends_with('\n') &&
             !out_.ends_with('\t')) {
    out_ += ' ';
  }
  out_.append(static_cast<std::size_t>(tabs_), '\t');
  breaks_ = 0;
  tabs_ = 0;
  space_ = false;
  if (!rows_.empty()) rows_.back().text_in_cell = true;
  for (auto row = rows_.rbegin(); row != rows_.rend() && !row->has_text; ++row) {
    row->has_text = true;
    row->begin = out_.size();
  }
}

std::string TextFlow::take() {
  trim_line();
  while (out_.ends_with('\n')) out_.pop_back();
  return std::move(out_);
}

}  // namespace gvm::html
