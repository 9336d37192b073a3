#pragma once
// How a script opens a file: the modes of fopen and of Lua's io.open.
#include <optional>
#include <string_view>

namespace gvm::files {

struct Mode {
  bool read = false;
  bool write = false;
  bool append = false;    // every write goes to the end
  bool truncate = false;  // begins with an empty file
  bool create = false;

  // "r", "w", "a", each with "+" and "b" after it; empty for anything else.
  static std::optional<Mode> parse(std::string_view text);
};

}  // namespace gvm::files
