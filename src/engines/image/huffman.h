#pragma once
// A zlib stream (RFC 1950, RFC 1951) whose blocks have codes of their own and no repetitions. For
// noise, where searching for repetitions takes long and finds nothing: three times as fast as zlib
// with Z_HUFFMAN_ONLY. Internal to image/.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gvm::image {

class HuffmanWriter {
 public:
  // Appends to `out`, which must outlive it.
  explicit HuffmanWriter(std::string& out);

  // One block: at most 2^28 bytes. The last one ends the stream.
  enum class Block : std::uint8_t { more, last };
  void add(std::string_view bytes, Block block);

 private:
  void put(std::uint64_t bits, unsigned count);
  void put_lengths(std::span<const unsigned char> lengths);
  void put_block(std::string_view bytes);
  void end_stream();

  std::string& out_;
  std::uint32_t checksum_;
  std::uint64_t held_ = 0;  // bits that are no whole byte yet, the first one lowest
  unsigned held_count_ = 0;
};

}  // namespace gvm::image
