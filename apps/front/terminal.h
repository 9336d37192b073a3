#pragma once
// Output of the tools for people: text without control sequences, tables, bars.
#include <string>
#include <string_view>
#include <vector>

namespace gvm::apps {

bool writes_to_terminal();

// Control characters become '?' and invalid UTF-8 becomes U+FFFD, because names may come from
// contracts. Line ends stay when `lines` is true.
enum class Lines : bool { replace, keep };
std::string printable(std::string_view text, Lines lines = Lines::replace);

// A bar that is `cells` wide for 1, drawn in eighths of a cell where the terminal knows Unicode. A
// share above 1 is drawn as 1.
std::string bar(double share, std::size_t cells);

// Columns are as wide as their widest cell; numbers are aligned to the right.
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
