#pragma once
// Test support of image/: pictures of tests/data/images, PNGs made byte by byte, and one call.
#include <zlib.h>

#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "image/filter.h"
#include "support/paths.h"

namespace gvm::image {

inline std::string picture_file(const std::string& name) {
  std::ifstream file(test::source_dir() + "/tests/data/images/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string big32(std::uint32_t number) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
  return out;
}

inline std::string png_chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto crc =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big32(static_cast<std::uint32_t>(data.size())) + body +
         big32(static_cast<std::uint32_t>(crc));
}

inline std::string png_begin(std::uint32_t width, std::uint32_t height, int bits = 8,
                             int colour = 2) {
  const std::string form{static_cast<char>(bits), static_cast<char>(colour), 0, 0, 0};
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", big32(width) + big32(height) + form);
}

// `level` gives the byte of a row, column and channel.
using Level = std::function<int(std::uint32_t, std::uint32_t, unsigned)>;
inline std::string png(std::uint32_t width, std::uint32_t height, const Level& level,
                       unsigned channels = 3) {
  std::string rows;
  for (std::uint32_t y = 0; y < height; ++y) {
    rows += '\0';
    for (std::uint32_t x = 0; x < width; ++x)
      for (unsigned c = 0; c < channels; ++c) rows += static_cast<char>(level(y, x, c));
  }
  uLongf size = compressBound(rows.size());
  std::string packed(size, '\0');
  compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
            reinterpret_cast<const Bytef*>(rows.data()), rows.size(), 1);
  packed.resize(size);
  return png_begin(width, height, 8, channels == 1 ? 0 : 2) + png_chunk("IDAT", packed) +
         png_chunk("IEND", "");
}

inline Result<std::string> filtered(const std::string& bytes, std::vector<Step> steps,
                                    std::uint64_t seed = 1, const Limits& limits = {},
                                    Deadline deadline = Deadline::never()) {
  const std::atomic<bool> stop = false;
  return filter(bytes, {std::move(steps), seed}, limits, deadline, stop);
}

}  // namespace gvm::image
