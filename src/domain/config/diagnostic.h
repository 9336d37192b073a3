#pragma once
// One thing that is wrong in a configuration file, and where.
#include <string>
#include <string_view>
#include <vector>

namespace gvm::config {

// Both count from 1. Line 0: the file as a whole (it cannot be read, or is empty).
struct Mark {
  int line = 0;
  int column = 0;
  friend auto operator<=>(const Mark&, const Mark&) = default;
};

struct Diagnostic {
  std::string file;
  Mark mark;
  std::string key;      // "backends.openai.host"; empty when no key is concerned
  std::string message;  // "got "four", expected an integer from 1 to 1024"; never a secret

  // "file:line:column: key: message".
  std::string to_string() const;
  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

// In the order of the file.
void sort_by_position(std::vector<Diagnostic>& diagnostics);

// A line a diagnostic, for a terminal.
std::string to_string(const std::vector<Diagnostic>& diagnostics);

// The known name closest to `name` by edit distance (a swap of neighbours counts once); empty when
// none is close enough to be what was meant.
std::string_view nearest(std::string_view name, const std::vector<std::string_view>& known);

// The known name that `name` is probably a typing error of: at most two edits away (one for names
// of up to three characters, which are two edits from anything). Empty when there is none.
std::string_view misspelled(std::string_view name, const std::vector<std::string_view>& known);

// `text` in quotes for a message: control characters escaped, at most 40 characters of it.
std::string in_quotes(std::string_view text);

}  // namespace gvm::config
