#include "provider/check_picture.h"

#include <array>
#include <cstdint>

namespace gvm::provider {
namespace {

constexpr std::size_t kRows = 7;
constexpr std::size_t kColumns = 5;
constexpr std::size_t kScale = 8;   // pixels a dot
constexpr std::size_t kMargin = 2;  // dots around the word

// Five columns a row, the leftmost in the highest of the five bits.
using Glyph = std::array<std::uint8_t, kRows>;
constexpr std::array<Glyph, kPictureWord.size()> kGlyphs = {{
    {0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04},  // T
    {0x0e, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e},  // I
    {0x0e, 0x11, 0x10, 0x17, 0x11, 0x11, 0x0e},  // G
    {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f},  // E
    {0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11},  // R
}};

constexpr std::size_t kWidth = (kGlyphs.size() * (kColumns + 1) + 2 * kMargin) * kScale;
constexpr std::size_t kHeight = (kRows + 2 * kMargin) * kScale;

bool is_black(std::size_t x, std::size_t y) {
  const std::size_t column = x / kScale;
  const std::size_t row = y / kScale;
  if (column < kMargin || row < kMargin || row >= kMargin + kRows) return false;
  const std::size_t letter = (column - kMargin) / (kColumns + 1);
  const std::size_t dot = (column - kMargin) % (kColumns + 1);
  if (letter >= kGlyphs.size() || dot >= kColumns) return false;
  return (kGlyphs[letter][row - kMargin] >> (kColumns - 1 - dot) & 1U) != 0;
}

// One byte a pixel; each line begins with its filter, none.
std::string pixels() {
  std::string out;
  out.reserve((kWidth + 1) * kHeight);
  for (std::size_t y = 0; y < kHeight; ++y) {
    out.push_back('\0');
    for (std::size_t x = 0; x < kWidth; ++x) out.push_back(is_black(x, y) ? '\0' : '\xff');
  }
  return out;
}

void put_be(std::string& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
}

void put_le16(std::string& out, std::size_t number) {
  out.push_back(static_cast<char>(number & 0xffU));
  out.push_back(static_cast<char>(number >> 8 & 0xffU));
}

// RFC 2083, 15: CRC-32 of a chunk's type and data.
std::uint32_t crc_of(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? 0xedb88320U ^ crc >> 1 : crc >> 1;
  }
  return ~crc;
}

std::uint32_t adler_of(std::string_view bytes) {
  constexpr std::uint32_t kModulus = 65'521;
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const char byte : bytes) {
    a = (a + static_cast<unsigned char>(byte)) % kModulus;
    b = (b + a) % kModulus;
  }
  return b << 16 | a;
}

// RFC 1950 and 1951: zlib data of stored blocks.
std::string stored(std::string_view bytes) {
  constexpr std::size_t kLargestBlock = 65'535;
  std::string out = "\x78\x01";
  const std::uint32_t sum = adler_of(bytes);
  while (!bytes.empty()) {
    const std::string_view block = bytes.substr(0, kLargestBlock);
    bytes.remove_prefix(block.size());
    out.push_back(bytes.empty() ? '\1' : '\0');
    put_le16(out, block.size());
    put_le16(out, ~block.size());
    out += block;
  }
  put_be(out, sum);
  return out;
}

void put_chunk(std::string& out, std::string_view type, std::string_view data) {
  put_be(out, static_cast<std::uint32_t>(data.size()));
  const std::string body = std::string(type) + std::string(data);
  out += body;
  put_be(out, crc_of(body));
}

}  // namespace

std::string check_picture() {
  std::string header;
  put_be(header, kWidth);
  put_be(header, kHeight);
  header += std::string("\x08\x00\x00\x00\x00", 5);  // eight bits of grey, no interlacing
  std::string out = "\x89PNG\r\n\x1a\n";
  put_chunk(out, "IHDR", header);
  put_chunk(out, "IDAT", stored(pixels()));
  put_chunk(out, "IEND", "");
  return out;
}

}  // namespace gvm::provider
