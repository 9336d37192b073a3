#pragma once
// Skipping what most texts consist of, eight bytes at a time.
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gvm::text {

// Number of leading bytes from 0x20 to 0x7E.
inline std::size_t plain_ascii_prefix(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = kOnes * 0x80;
  const char* const data = text.data();
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, data + i, sizeof word);
    const auto below_space = (word - kOnes * 0x20) & ~word;
    const auto no_delete = word ^ (kOnes * 0x7F);
    const auto is_delete = (no_delete - kOnes) & ~no_delete;
    if (((word | below_space | is_delete) & kHighBits) != 0) break;
  }
  while (i < text.size() && data[i] >= 0x20 && data[i] < 0x7F) ++i;
  return i;
}

}  // namespace gvm::text
