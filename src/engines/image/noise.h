#pragma once
// Noise of a normal distribution that is the same on every machine. Internal to image/.
#include <cstdint>
#include <span>

namespace gvm::image {

// Adds to each byte; clipped to 0 and 255. `deviation` in levels.
void add_noise(std::span<unsigned char> bytes, double deviation, std::uint64_t seed);

}  // namespace gvm::image
