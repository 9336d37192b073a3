// Loops over pixels, against sums that anyone can check.
#include "image/pixels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace gvm::image {
namespace {

// A picture whose memory is a vector's.
struct Held {
  Held(std::uint32_t width, std::uint32_t height, unsigned bands)
      : library(**vips_library()), bytes(std::size_t{width} * height * bands) {
    picture.width = width;
    picture.height = height;
    picture.bands = bands;
    picture.pixels = {bytes.data(), Free{&library}};
  }
  ~Held() { (void)picture.pixels.release(); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  std::vector<unsigned char> row(double sigma, std::uint32_t y) const {
    std::vector<unsigned char> out(std::size_t{picture.width} * picture.bands);
    NarrowBlur blur(sigma);
    blur.row(picture, y, out);
    return out;
  }

  const VipsLibrary& library;
  std::vector<unsigned char> bytes;
  Picture picture{.pixels = {nullptr, Free{nullptr}}};
};

TEST(NarrowBlur, WhatIsFlatStays) {
  for (const unsigned bands : {1U, 3U}) {
    Held held(5, 4, bands);
    for (const int level : {0, 1, 127, 128, 254, 255}) {
      std::fill(held.bytes.begin(), held.bytes.end(), static_cast<unsigned char>(level));
      for (const double sigma : {0.1, 0.5, 1.0, 2.0, 3.0})
        for (const int byte : held.row(sigma, 3)) EXPECT_EQ(byte, level) << sigma;
    }
  }
}

// A white line, seen across: the weights, whose deviation is sigma.
TEST(NarrowBlur, SpreadsAsFarAsItsDeviationSays) {
  for (const double sigma : {0.8, 1.0, 1.5, 2.0, 3.0}) {
    Held held(41, 1, 1);
    held.bytes[20] = 255;
    const auto out = held.row(sigma, 0);
    double all = 0, squares = 0;
    for (int x = 0; x < 41; ++x) {
      all += out[static_cast<std::size_t>(x)];
      squares += out[static_cast<std::size_t>(x)] * (x - 20) * (x - 20);
    }
    EXPECT_NEAR(std::sqrt(squares / all), sigma, 0.05 * sigma);
    EXPECT_NEAR(all, 255, 8);
  }
}

TEST(NarrowBlur, TakesEachChannelForItselfAndBothDirections) {
  Held held(9, 9, 3);
  held.bytes[(std::size_t{4} * 9 + 4) * 3 + 1] = 200;  // green, in the middle
  const auto middle = held.row(1, 4), above = held.row(1, 3);
  for (std::size_t x = 0; x < 9; ++x) {
    EXPECT_EQ(middle[x * 3], 0);
    EXPECT_EQ(middle[x * 3 + 2], 0);
  }
  EXPECT_EQ(middle[3 * 3 + 1], middle[5 * 3 + 1]);
  EXPECT_EQ(middle[3 * 3 + 1], above[4 * 3 + 1]) << "across as down";
  EXPECT_GT(middle[4 * 3 + 1], middle[3 * 3 + 1]);
}

TEST(NarrowBlur, APictureOfOnePixelHasEdgesOnly) {
  Held held(1, 1, 3);
  held.bytes[0] = 10;
  held.bytes[1] = 20;
  held.bytes[2] = 30;
  EXPECT_EQ(held.row(3, 0), (std::vector<unsigned char>{10, 20, 30}));
}

// Every pair of levels, and thresholds at the ends of their range.
TEST(Pixels, SharpenAndSmoothFollowTheirDefinition) {
  for (const int threshold : {0, 1, 24, 254, 255}) {
    for (int pixel = 0; pixel < 256; ++pixel) {
      std::vector<unsigned char> pixels(256, static_cast<unsigned char>(pixel)), sharp(256);
      for (std::size_t i = 0; i < 256; ++i) sharp[i] = static_cast<unsigned char>(i);
      auto smoothed = sharp;
      sharpen(pixels, sharp, threshold);
      smooth(pixels, smoothed, threshold);
      for (int mean = 0; mean < 256; ++mean) {
        const bool over = std::abs(pixel - mean) > threshold;
        const int moved = std::clamp(over ? 2 * pixel - mean : pixel, 0, 255);
        ASSERT_EQ(sharp[static_cast<std::size_t>(mean)], moved);
        ASSERT_EQ(smoothed[static_cast<std::size_t>(mean)], over ? pixel : mean);
      }
    }
  }
}

TEST(Pixels, ARowIsPredictedFromItsLeft) {
  const std::vector<unsigned char> row = {1, 2, 3, 5, 1, 3};
  std::vector<unsigned char> out(6);
  predict_from_left(row, 3, out);
  EXPECT_EQ(out, (std::vector<unsigned char>{1, 2, 3, 4, 255, 0}));
  predict_from_left(row, 1, out);
  EXPECT_EQ(out, (std::vector<unsigned char>{1, 1, 1, 2, 252, 2}));
}

}  // namespace
}  // namespace gvm::image
