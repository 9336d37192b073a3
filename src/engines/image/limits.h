#pragma once
// What one call may take. A picture in memory has at most 3 bytes a pixel, and a filter holds two
// or three of it, so `pixels` bounds the memory of a call to about 150 MiB.
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/size.h"

namespace gvm::image {

struct Limits {
  std::size_t input_bytes = 16 * kMiB;
  std::size_t output_bytes = 16 * kMiB;
  std::uint64_t pixels = 16'777'216;  // of every picture on the way: width times height
  std::uint32_t side = 16'384;        // pixels
  unsigned scans = 100;               // of a progressive JPEG: each is a pass over all pixels
  std::size_t steps = 16;             // filters of one call
  std::chrono::milliseconds longest{30'000};  // one call, without its wait for a thread
};

}  // namespace gvm::image
