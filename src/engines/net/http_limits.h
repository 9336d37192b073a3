#pragma once
// Limits of one HTTP exchange: time, speed, growth by decompression. The error of a limit names it.
#include <chrono>
#include <cstddef>

#include "base/size.h"

namespace gvm::net {

// An answer slower than this over a whole window ends with DEADLINE_EXCEEDED, ctx.timeout "speed".
struct MinimumSpeed {
  std::size_t bytes_per_second = 0;  // as they come over the wire; 0: no limit
  std::chrono::milliseconds window{30'000};
};

// Zero means "no limit of this kind".
struct HttpTimeouts {
  std::chrono::milliseconds connect{10'000};  // name, TCP and TLS
  std::chrono::milliseconds first_byte{0};  // from the request sent to the first byte of the answer
  // Between two bytes of the answer once it began, or of a large request.
  std::chrono::milliseconds idle{60'000};
  std::chrono::milliseconds total{120'000};  // everything
};

// How much larger than its compressed form an answer may be.
struct DecompressionLimit {
  std::size_t ratio = 200;       // decompressed : received; 0: no limit
  std::size_t floor = 1 * kMiB;  // an answer up to this size is never refused for its ratio
};

}  // namespace gvm::net
