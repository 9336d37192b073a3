#include "image/pixels.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace gvm::image {
namespace {

using Level = std::int16_t;  // eight of them in a vector

constexpr unsigned kScaleBits = 8;
constexpr unsigned kScale = 1U << kScaleBits;

// Without a branch: in a noisy picture nobody can guess it.
Level difference_over(Level threshold, Level pixel, Level around) {
  const auto difference = static_cast<Level>(pixel - around);
  const auto size = static_cast<Level>(difference < 0 ? -difference : difference);
  return static_cast<Level>(size > threshold ? difference : 0);
}

unsigned char clamped(Level level) {
  return static_cast<unsigned char>(std::min<Level>(255, std::max<Level>(0, level)));
}

std::vector<std::uint16_t> weights_of(double sigma) {
  const int reach = static_cast<int>(std::ceil(3 * sigma));
  std::vector<double> exact;
  double all = 0;
  for (int i = -reach; i <= reach; ++i) {
    exact.push_back(std::exp(-0.5 * i * i / (sigma * sigma)));
    all += exact.back();
  }
  std::vector<std::uint16_t> weights;
  unsigned sum = 0;
  for (const double weight : exact) {
    weights.push_back(static_cast<std::uint16_t>(std::lround(weight * kScale / all)));
    sum += weights.back();
  }
  // What rounding left, positive or not, is the middle's.
  auto& middle = weights[static_cast<std::size_t>(reach)];
  middle = static_cast<std::uint16_t>(middle + kScale - sum);
  return weights;
}

void add_weighted(std::uint16_t* sums, const unsigned char* bytes, std::uint16_t weight,
                  std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    sums[i] = static_cast<std::uint16_t>(sums[i] + bytes[i] * weight);
}

void scale(const std::uint16_t* sums, unsigned char* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    out[i] = static_cast<unsigned char>((sums[i] + kScale / 2) >> kScaleBits);
}

}  // namespace

void sharpen(std::span<const unsigned char> pixels, std::span<unsigned char> mean, int threshold) {
  const auto over = static_cast<Level>(threshold);
  const unsigned char* in = pixels.data();
  unsigned char* out = mean.data();
  const std::size_t count = mean.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Level pixel = in[i], around = out[i];
    out[i] = clamped(static_cast<Level>(pixel + difference_over(over, pixel, around)));
  }
}

void smooth(std::span<const unsigned char> pixels, std::span<unsigned char> mean, int threshold) {
  const auto over = static_cast<Level>(threshold);
  const unsigned char* in = pixels.data();
  unsigned char* out = mean.data();
  const std::size_t count = mean.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Level pixel = in[i], around = out[i];
    out[i] = clamped(static_cast<Level>(around + difference_over(over, pixel, around)));
  }
}

void predict_from_left(std::span<const unsigned char> row, unsigned bands,
                       std::span<unsigned char> out) {
  const std::size_t first = std::min<std::size_t>(bands, row.size());
  std::copy_n(row.begin(), first, out.begin());
  const unsigned char* in = row.data();
  unsigned char* to = out.data();
  const std::size_t count = row.size();
  for (std::size_t i = first; i < count; ++i)
    to[i] = static_cast<unsigned char>(in[i] - in[i - bands]);
}

NarrowBlur::NarrowBlur(double sigma)
    : weights_(weights_of(sigma)), radius_(static_cast<std::uint32_t>(weights_.size() / 2)) {}

// Down first, into a row with its edges repeated; then across.
void NarrowBlur::row(const Picture& picture, std::uint32_t y, std::span<unsigned char> out) {
  const std::size_t bands = picture.bands, width = out.size(), edge = radius_ * bands;
  padded_.resize(width + 2 * edge);
  sums_.assign(width, 0);
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const std::int64_t at = std::int64_t{y} + static_cast<std::int64_t>(i) - radius_;
    const auto from =
        static_cast<std::size_t>(std::clamp<std::int64_t>(at, 0, std::int64_t{picture.height} - 1));
    add_weighted(sums_.data(), picture.pixels.get() + from * width, weights_[i], width);
  }
  scale(sums_.data(), padded_.data() + edge, width);
  for (std::size_t i = 0; i < edge; ++i) {
    padded_[i] = padded_[edge + i % bands];
    padded_[edge + width + i] = padded_[edge + width - bands + i % bands];
  }
  sums_.assign(width, 0);
  for (std::size_t i = 0; i < weights_.size(); ++i)
    add_weighted(sums_.data(), padded_.data() + i * bands, weights_[i], width);
  scale(sums_.data(), out.data(), width);
}

}  // namespace gvm::image
