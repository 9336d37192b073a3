#pragma once
// Integers of calldata: 7-bit groups to and from 64-bit limbs, in linear time.
#include <string_view>

#include "base/integer.h"
#include "calldata/wire.h"

namespace gvm::calldata {

// `number` is one whole, minimal ULEB128 number; its low three bits are `type`, non_negative or
// negative.
Integer read_integer(std::string_view number, Type type);

// Bytes of an integer on the wire.
std::size_t integer_size(const Integer& integer);
// Writes them; returns the end.
char* write_integer(char* to, const Integer& integer);

inline std::size_t head_size(std::uint64_t payload) {
  std::size_t size = 1;
  for (payload >>= kHeadBits; payload != 0; payload >>= kGroupBits) ++size;
  return size;
}

inline std::size_t number_size(std::uint64_t number) {
  std::size_t size = 1;
  for (number >>= kGroupBits; number != 0; number >>= kGroupBits) ++size;
  return size;
}

inline char* write_number(char* to, std::uint64_t number) {
  for (; number > kGroupMask; number >>= kGroupBits) *to++ = static_cast<char>(number | kMoreBit);
  *to++ = static_cast<char>(number);
  return to;
}

inline char* write_head(char* to, Type type, std::uint64_t payload) {
  const std::uint64_t first = static_cast<unsigned>(type) | (payload & kHeadMask) << kTypeBits;
  const std::uint64_t rest = payload >> kHeadBits;
  if (rest == 0) {
    *to++ = static_cast<char>(first);
    return to;
  }
  *to++ = static_cast<char>(first | kMoreBit);
  return write_number(to, rest);
}

}  // namespace gvm::calldata
