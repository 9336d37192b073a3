#pragma once
// The type numbers of calldata (wire.md, "Calldata"): the low three bits of the number a value
// starts with.
#include <cstdint>

namespace gvm::calldata {

enum class Type : std::uint8_t {
  atom = 0,
  non_negative = 1,
  negative = 2,
  bytes = 3,
  string = 4,
  array = 5,
  map = 6,
  reserved = 7,
};

enum class Atom : std::uint8_t { null = 0, false_ = 1, true_ = 2, address = 3 };

inline constexpr unsigned kTypeBits = 3;
inline constexpr unsigned kTypeMask = (1U << kTypeBits) - 1;
inline constexpr unsigned kGroupBits = 7;  // of a ULEB128 byte
inline constexpr std::uint8_t kGroupMask = 0x7f;
inline constexpr std::uint8_t kMoreBit = 0x80;
// Payload bits in the first byte, beside the type.
inline constexpr unsigned kHeadBits = kGroupBits - kTypeBits;
inline constexpr unsigned kHeadMask = (1U << kHeadBits) - 1;

}  // namespace gvm::calldata
