#pragma once
// The loops over all bytes of pictures. Compiled for vectors (src/CMakeLists.txt): -O2 of g++ 12
// leaves them byte by byte. Internal to image/.
#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"
#include "image/picture.h"

namespace gvm::image {

// A pixel that differs from the one of `mean` at its place by more than `threshold` (levels) is
// moved away from it by the difference. The result lies in `mean`.
void sharpen(std::span<const unsigned char> pixels, std::span<unsigned char> mean, int threshold);
// A pixel that differs by at most `threshold` becomes the mean. The result lies in `mean`.
void smooth(std::span<const unsigned char> pixels, std::span<unsigned char> mean, int threshold);

// The bytes of a row less those of the pixel to the left. `out` has the row's size.
void predict_from_left(std::span<const unsigned char> row, unsigned bands,
                       std::span<unsigned char> out);

// A Gaussian mean with weights in 256ths, to three deviations; pixels beyond the edge are as those
// at the edge.
class NarrowBlur {
 public:
  static constexpr double kWidest = 3;  // sigma
  explicit NarrowBlur(double sigma);

  // Writes one row of the picture. `out` has a row's size.
  void row(const Picture& picture, std::uint32_t y, std::span<unsigned char> out);

 private:
  std::vector<std::uint16_t> weights_;  // their sum is 256
  std::uint32_t radius_;
  std::vector<unsigned char> padded_;
  std::vector<std::uint16_t> sums_;
};

}  // namespace gvm::image
