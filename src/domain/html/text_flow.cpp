#include "html/text_flow.h"

#include <algorithm>

namespace gvm::html {

namespace {

constexpr int kMostLineBreaks = 2;  // in a row: one empty line

int breaks_around(Display display) {
  if (display == Display::paragraph) return 2;
  return display == Display::block ? 1 : 0;
}

}  // namespace

void TextFlow::begin(Display display, Spaces spaces) {
  const bool in_row = !boxes_.empty() && boxes_.back().display == Display::row;
  if (display == Display::cell && !in_row && !boxes_.empty() && !boxes_.back().row_of_cells) {
    begin_row();
    boxes_.back().row_of_cells = true;
  } else if (display != Display::cell && display != Display::inline_) {
    close_row_of_cells();
  }
  boxes_.push_back({display, spaces});
  if (display == Display::row) begin_row();
  if (display == Display::cell) begin_cell();
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

void TextFlow::begin_row() {
  require_breaks(1);
  rows_.push_back({.tabs_before = tabs_});
}

void TextFlow::begin_cell() {
  if (rows_.empty()) return;
  Row& row = rows_.back();
  if (row.first) {
    row.first = false;
    return;
  }
  if (row.has_text) breaks_ = 0;  // those of paragraphs in the cell before
  space_ = false;
  ++tabs_;
}

void TextFlow::end_row() {
  if (rows_.empty()) return;
  const Row row = rows_.back();
  rows_.pop_back();
  if (row.has_text && tabs_ > 0) {
    trim_line();
    out_.append(static_cast<std::size_t>(tabs_), '\t');
  }
  tabs_ = row.has_text ? 0 : row.tabs_before;
  if (row.has_text) breaks_ = 0;
  require_breaks(1);
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
  for (auto row = rows_.rbegin(); row != rows_.rend() && !row->has_text; ++row)
    row->has_text = true;
}

std::string TextFlow::take() {
  trim_line();
  while (out_.ends_with('\n')) out_.pop_back();
  return std::move(out_);
}

}  // namespace gvm::html
