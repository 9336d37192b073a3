// Any bytes: decode() refuses them with a typed error, or its result encodes to the same bytes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error_codes.h"
#include "base/json.h"
#include "calldata/debug.h"
#include "calldata/decode.h"
#include "calldata/encode.h"
#include "calldata/tagged.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::size_t depth_of(const gvm::Value& value) {
  std::size_t deepest = 0;
  if (const auto* items = value.as_array()) {
    for (const auto& item : *items) deepest = std::max(deepest, depth_of(item));
    return deepest + 1;
  }
  if (const auto* map = value.as_map()) {
    for (const auto& [key, item] : *map) deepest = std::max(deepest, depth_of(item));
    return deepest + 1;
  }
  return 0;
}

bool is_decode_error(const gvm::Error& error) {
  return error.code() == gvm::codes::kMalformedCalldata || error.code() == gvm::codes::kTooDeep ||
         error.code() == gvm::codes::kTooLarge;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view frame(reinterpret_cast<const char*>(data), size);
  auto value = gvm::calldata::decode(frame);
  if (!value) {
    require(is_decode_error(value.error()) && value.error().fatal());
    return 0;
  }
  require(depth_of(*value) <= gvm::kMaxDepth);
  require(gvm::calldata::encode(*value) == frame);
  require(gvm::calldata::from_tagged(gvm::calldata::to_tagged(*value)) == *value);
  require(gvm::calldata::to_debug_string(*value, 100).size() <= 100);
  gvm::json::write(*value);
  const gvm::Value copy = *value;
  require(std::move(*value).to_owned() == copy);
  return 0;
}
