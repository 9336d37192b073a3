#pragma once
// Makes text of a page's content as it comes in document order: lines, paragraphs, cells. It knows
// nothing of HTML: the reader of a document (visible_text) and the reader of what a browser shows
// (composed_text) both tell it boxes and texts, so that the same content gives the same text.
//
// A block stands on lines of its own, paragraphs are parted by an empty line. The cells of a row
// are parted by tabs, empty ones too, and each row is one line; a row without any text is left
// out. A cell of several columns or rows leaves empty cells, so that columns stay where they are.
// Runs of white space are one space, unless the box keeps them.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gvm::html {

// What CSS's `display` means for a text.
enum class Display : std::uint8_t { none, inline_, block, paragraph, row, cell };
// What `white-space` means: one space for a run; everything stays; only line breaks stay.
enum class Spaces : std::uint8_t { collapse, keep, keep_lines };

// Of a cell, in columns and rows; no rows: to the end of its group.
struct CellSpan {
  std::size_t columns = 1;
  std::size_t rows = 1;
};

// Bytes of white space at the start of `text` as it is collapsed: ASCII's and the no-break space.
inline std::size_t leading_space(std::string_view text) {
  if (text.empty()) return 0;
  const char c = text[0];
  if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
  return text.starts_with("\xC2\xA0") ? 2 : 0;
}

class TextFlow {
 public:
  // Not Display::none. Every begin() has its end().
  void begin(Display display, Spaces spaces, CellSpan span = {});
  void end();
  // In the innermost box.
  void text(std::string_view text);
  void line_break();
  // What follows is a paragraph of its own.
  void paragraph() { require_breaks(2); }
  Spaces spaces() const { return boxes_.empty() ? Spaces::collapse : boxes_.back().spaces; }
  // The text; spaces and line breaks at its end are removed.
  std::string take();

 private:
  struct Box {
    Display display;
    Spaces spaces;
    bool row_of_cells = false;  // its cells, which stand in no row, are in one that is open
    std::vector<std::size_t> down = {};  // of its rows: how far cells reach down, by column
  };
  struct Row {
    int tabs_before;    // that wait for a text, of the rows around
    std::size_t begin;  // of the row in the text, once it has any
    bool first = true;
    bool has_text = false;
    bool keeps = false;  // text whose line breaks stay, or rows of its own
    std::size_t cells_with_text = 0;
    bool text_in_cell = false;
    std::vector<std::size_t> down;  // rows that cells from above still take, by column
    std::size_t column = 0;         // of the next cell
    std::size_t wide = 0;           // columns that the last cell takes beyond the first
  };

  void begin_row();
  void end_row();
  void begin_cell(CellSpan span);
  void next_cell(Row& row);
  void pass_columns(Row& row, std::size_t least);
  void finish_cell(Row& row);
  void put_on_one_line(const Row& row);
  void close_row_of_cells();
  void collapsed(std::string_view text);
  void lines(std::string_view text);
  void kept(std::string_view text);
  // At least so many; not between the start of a cell and its text.
  void require_breaks(int count);
  void trim_line();
  void flush();

  std::string out_;
  std::vector<Box> boxes_;
  std::vector<Row> rows_;
  bool space_ = false;
  int breaks_ = 0;
  int tabs_ = 0;  // cells begun since the last text
  // Empty cells that spans may still add: what they add is not bounded by the document.
  std::size_t spare_cells_ = 1'000'000;
};

}  // namespace gvm::html
