#pragma once
// Decodes calldata bytes to a Value, strictly (wire.md, "Calldata"): everything that decodes is
// canonical, so encode() gives the same bytes.
#include <string_view>

#include "base/error.h"
#include "base/size.h"
#include "base/value.h"

namespace gvm::calldata {

struct Limits {
  std::size_t max_bytes = 64 * kMiB;  // the whole frame
  std::size_t max_depth = kMaxDepth;  // nested arrays and maps; never more than kMaxDepth
  std::size_t max_values =
      1'000'000;  // elements of all arrays and maps together: 56 bytes of memory each
  std::size_t max_integer_bytes = 64 * kKiB;  // of one integer as encoded: 138,000 decimal digits
};

// Strings, bytes and map keys are borrowed from `frame`, which must live as long as the result (see
// Value::to_owned). Fatal errors: MALFORMED_CALLDATA, TOO_DEEP, TOO_LARGE; the detail says what is
// wrong at which byte, and so does ctx.offset. Allocates at most 56 bytes for each element that the
// frame has room for.
Result<Value> decode(std::string_view frame, const Limits& limits = {});

}  // namespace gvm::calldata
