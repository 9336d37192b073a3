#pragma once
// What tools write for people: text that cannot steer a terminal, tables, bars.
#include <string>
#include <string_view>
#include <vector>

namespace gvm::apps {

bool writes_to_terminal();

// Control characters become '?' and what is no UTF-8 U+FFFD: names come from contracts too. Line
// ends stay when `lines` says so.
enum class Lines : bool { replace, keep };
std::string printable(std::string_view text, Lines lines = Lines::replace);

// `cells` wide at 1, in eighths of a cell where the terminal knows Unicode. A share above 1 is
// full.
std::string bar(double share, std::size_t cells);

// Columns as wide as their widest cell; numbers stand to the right.
class TextTable {
 public:
  enum class Side : bool { left, right };
  void column(std::string title, Side side = Side::right);
  // Empty cells are shown as "-".
  void row(std::vector<std::string> cells);
  std::string to_string() const;

 private:
  std::vector<Side> sides_;
  std::vector<std::vector<std::string>> rows_{{}};  // the titles first
};

}  // namespace gvm::apps
