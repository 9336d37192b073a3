#include "files/mode.h"

namespace gvm::files {

std::optional<Mode> Mode::parse(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const char first = text.front();
  text.remove_prefix(1);
  const bool both = text.starts_with('+');
  if (both) text.remove_prefix(1);
  if (!text.empty() && text != "b") return std::nullopt;
  switch (first) {
    case 'r':
      return Mode{.read = true, .write = both};
    case 'w':
      return Mode{.read = both, .write = true, .truncate = true, .create = true};
    case 'a':
      return Mode{.read = both, .write = true, .append = true, .create = true};
    default:
      return std::nullopt;
  }
}

}  // namespace gvm::files
