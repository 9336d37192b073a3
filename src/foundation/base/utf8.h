#pragma once
// The steps of UTF-8 scanning that the validator, the JSON writer and the calldata decoder share.
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gvm::utf8 {

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Sequence {
  bool valid;
  // Of the character; when invalid, of the maximal subpart (Unicode 15, 3.9): what one U+FFFD
  // stands for. Never 0.
  std::size_t length;
};

// Number of leading bytes below 0x80.
inline std::size_t ascii_prefix(std::string_view bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  const char* const data = bytes.data();
  std::size_t i = 0;
  for (; i + 32 <= bytes.size(); i += 32) {
    std::uint64_t words[4];
    std::memcpy(words, data + i, sizeof words);
    if (((words[0] | words[1] | words[2] | words[3]) & kHighBits) != 0) break;
  }
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, data + i, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  while (i < bytes.size() && static_cast<unsigned char>(data[i]) < 0x80) ++i;
  return i;
}

// The sequence that starts at bytes[at]; at < bytes.size(). RFC 3629, section 4.
Sequence sequence_at(std::string_view bytes, std::size_t at);

}  // namespace gvm::utf8
