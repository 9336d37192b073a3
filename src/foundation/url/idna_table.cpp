#include "url/idna_table.h"

#include <unicode/unistr.h>

#include <array>

namespace gvm::url {
namespace {

struct Mapping {
  UChar32 first;
  UChar32 last;
  UChar32 to;  // of `first`; 0: the character is ignored
};

constexpr std::array<Mapping, 12> kMappings = {{
    {0x04C0, 0x04C0, 0x04CF},  // letters whose lower case came after IDNA2003
    {0x10A0, 0x10C5, 0x2D00},
    {0x2132, 0x2132, 0x214E},
    {0x2183, 0x2183, 0x2184},
    {0x1E9E, 0x1E9E, 0x00DF},  // capital sharp s, formerly "ss"
    {0x180E, 0x180E, 0},       // default ignorables
    {0x206A, 0x206F, 0},
    {0x2F868, 0x2F868, 0x36FC},  // ideographs of Corrigendum #4
    {0x2F874, 0x2F874, 0x5F53},
    {0x2F91F, 0x2F91F, 0x243AB},
    {0x2F95F, 0x2F95F, 0x7AEE},
    {0x2F9BF, 0x2F9BF, 0x45D7},
}};

}  // namespace

std::string with_recent_mappings(std::string_view domain) {
  const auto text = icu::UnicodeString::fromUTF8(
      icu::StringPiece(domain.data(), static_cast<std::int32_t>(domain.size())));
  icu::UnicodeString mapped;
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 c = text.char32At(i);
    const Mapping* found = nullptr;
    for (const auto& mapping : kMappings) {
      if (c >= mapping.first && c <= mapping.last) found = &mapping;
    }
    if (found == nullptr)
      mapped.append(c);
    else if (found->to != 0)
      mapped.append(found->to + (c - found->first));
  }
  std::string out;
  mapped.toUTF8String(out);
  return out;
}

}  // namespace gvm::url
