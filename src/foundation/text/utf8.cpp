#include "text/utf8.h"

#include <simdjson.h>

namespace gvm::text {

std::size_t find_invalid_utf8(std::string_view text) {
  if (simdjson::validate_utf8(text.data(), text.size())) return kAllValid;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = first_code_point(text.substr(i));
    if (c.bytes == 0) return i;
    i += c.bytes;
  }
  return kAllValid;
}

}  // namespace gvm::text
