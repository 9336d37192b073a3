#pragma once
// Writes Markdown line by line: prefixes of quotes and lists, emphasis and links that open where
// their text begins and close where it ends, escapes. It knows nothing about HTML.
#include <string>
#include <string_view>
#include <vector>

namespace gvm::html {

class MarkdownWriter {
 public:
  // At least one empty line before what comes next; `blank` false: a new line suffices.
  void block(bool blank = true);
  // White space is collapsed, specials are escaped.
  void text(std::string_view text);
  // As it is, on this line.
  void raw(std::string_view text);
  // Two spaces would be cut by editors: a backslash ends the line.
  void hard_break();

  // Emphasis and links. `close` is written when text was written since; else nothing is.
  void open(std::string open, std::string close);
  void close();

  // A quote or a list item: `first` starts its first line, `rest` the others.
  void push_prefix(std::string first, std::string rest);
  void pop_prefix();

  // Lines as they are, each behind the prefixes.
  void lines(std::string_view text);

  std::size_t size() const { return out_.size(); }
  std::string take();

 private:
  struct Inline {
    std::string open;
    std::string close;
    bool written = false;
  };
  struct Prefix {
    std::string first;
    std::string rest;
    bool used = false;
  };
  void begin_text();
  void begin_line();
  void end_inlines();
  bool at_line_start() const { return line_start_; }
  void append_escaped(std::string_view word, bool starts_line);

  std::string out_;
  std::vector<Inline> inlines_;
  std::vector<Prefix> prefixes_;
  int breaks_ = 0;          // wanted before the next text
  bool space_ = false;      // wanted before the next word
  bool line_start_ = true;  // nothing on this line but prefixes
};

}  // namespace gvm::html
