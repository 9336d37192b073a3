// Everything that parse_json accepts is written and read back as the same value, with borrowed and
// with owned strings.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json.h"
#include "text/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gvm;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto copied = text::parse_json(text);
  const auto borrowed = text::parse_json(text, text::JsonStrings::borrow);
  if (copied.has_value() != borrowed.has_value()) std::abort();
  if (!copied) return 0;
  if (*copied != *borrowed) std::abort();
  const auto written = json::write(*copied);
  const auto again = text::parse_json(written);
  if (!again || json::write(*again) != written) std::abort();
  return 0;
}
