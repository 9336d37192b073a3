#pragma once
// Numbers in bytes that came from outside. What is not there reads as zero, so that a reader can
// not go astray; has() says whether it is. Internal to image/.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gvm::image {

class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  bool has(std::size_t at, std::size_t count) const {
    return at <= bytes_.size() && count <= bytes_.size() - at;
  }
  Bytes from(std::size_t at) const { return Bytes(bytes_.substr(std::min(at, bytes_.size()))); }
  Bytes first(std::size_t count) const { return Bytes(bytes_.substr(0, count)); }
  std::string_view text(std::size_t at, std::size_t count) const {
    return has(at, count) ? bytes_.substr(at, count) : std::string_view();
  }
  // The position of a byte from `at` on; the end when there is none.
  std::size_t find(unsigned char byte, std::size_t at) const {
    return std::min(bytes_.find(static_cast<char>(byte), at), bytes_.size());
  }

  std::uint32_t at(std::size_t i) const {
    return i < bytes_.size() ? static_cast<unsigned char>(bytes_[i]) : 0U;
  }
  std::uint32_t big16(std::size_t i) const { return at(i) << 8U | at(i + 1); }
  std::uint32_t big32(std::size_t i) const { return big16(i) << 16U | big16(i + 2); }
  std::uint32_t little16(std::size_t i) const { return at(i + 1) << 8U | at(i); }
  std::uint32_t little24(std::size_t i) const { return at(i + 2) << 16U | little16(i); }
  std::uint32_t little32(std::size_t i) const { return little16(i + 2) << 16U | little16(i); }

 private:
  std::string_view bytes_;
};

}  // namespace gvm::image
