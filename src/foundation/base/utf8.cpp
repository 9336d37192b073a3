#include "base/utf8.h"

namespace gvm::utf8 {
namespace {

// The bytes that may follow a lead byte: how many, and the range of the first of them, which
// excludes overlong forms, surrogates and everything above U+10FFFF. All later ones are 80..BF.
struct Lead {
  std::uint8_t followers;
  std::uint8_t lowest = 0x80;
  std::uint8_t highest = 0xbf;
};

constexpr std::uint8_t kNoLead = 0xff;

constexpr Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {0};
  if (byte < 0xc2) return {kNoLead};
  if (byte < 0xe0) return {1};
  if (byte == 0xe0) return {2, 0xa0};
  if (byte == 0xed) return {2, 0x80, 0x9f};
  if (byte < 0xf0) return {2};
  if (byte == 0xf0) return {3, 0x90};
  if (byte == 0xf4) return {3, 0x80, 0x8f};
  if (byte < 0xf4) return {3};
  return {kNoLead};
}

}  // namespace

Sequence sequence_at(std::string_view bytes, std::size_t at) {
  const Lead lead = lead_of(static_cast<unsigned char>(bytes[at]));
  if (lead.followers == kNoLead) return {false, 1};
  for (std::size_t i = 1; i <= lead.followers; ++i) {
    if (at + i >= bytes.size()) return {false, i};
    const auto byte = static_cast<unsigned char>(bytes[at + i]);
    const auto lowest = i == 1 ? lead.lowest : 0x80;
    const auto highest = i == 1 ? lead.highest : 0xbf;
    if (byte < lowest || byte > highest) return {false, i};
  }
  return {true, std::size_t{1} + lead.followers};
}

}  // namespace gvm::utf8
