#pragma once
// What is done to a picture, step by step. Numbers outside the ranges are the caller's error: the
// steps take what they are given.
#include <cstdint>
#include <variant>
#include <vector>

namespace gvm::image {

// A pixel that differs from the Gaussian mean around it (standard deviation `sigma`, pixels) by
// more than `threshold` (levels, 0 to 255) is moved away from it by the difference.
struct Unsharpen {
  double sigma = 1;  // 0.1 to 20
  double threshold = 0;
};
// Adds noise of a normal distribution, its deviation in parts of the full scale.
struct Noise {
  double deviation = 0;  // 0 to 1
};
// Through a JPEG of that quality and back; the last step leaves the JPEG.
struct Jpeg {
  int quality = 75;  // 1 to 100
};
// A pixel that differs little from the Gaussian mean around it becomes that mean: faint noise
// goes, edges stay.
struct Denoise {
  double sigma = 1;  // 0.1 to 20
};
struct Blur {
  double sigma = 1;  // 0.1 to 20
};
// To exactly this size; with a height of 0 the longer side gets `width` and the shape stays.
struct Resize {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
};
// The part of the rectangle that lies in the picture.
struct Crop {
  std::uint32_t left = 0;
  std::uint32_t top = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
};
// Clockwise; what a turn other than by a right angle uncovers is white.
struct Rotate {
  double degrees = 0;
};
// So many levels in each channel.
struct Quantize {
  unsigned levels = 256;  // 2 to 256
};
struct Grayscale {};
// Nothing but pixels is kept in any case. There for pictures to which nothing else is done.
struct StripMetadata {};

using Step = std::variant<Unsharpen, Noise, Jpeg, Denoise, Blur, Resize, Crop, Rotate, Quantize,
                          Grayscale, StripMetadata>;

struct Recipe {
  std::vector<Step> steps;
  std::uint64_t seed = 0;  // of the noise: the same seed is the same noise on every machine
};

}  // namespace gvm::image
