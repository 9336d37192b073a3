#include "calldata/big_integer.h"

#include <array>
#include <vector>

#include "base/gmp_guard.h"

namespace gvm::calldata {
namespace {

constexpr unsigned kLimbBits = 64;
// With 9 bytes or fewer the payload has at most 60 bits.
constexpr std::size_t kSmallBytes = 9;
// Numbers below 2^512 need no heap for their limbs.
constexpr std::size_t kInlineLimbs = 9;

std::uint64_t group_of(char c) {
  return static_cast<unsigned char>(c) & kGroupMask;
}

std::int64_t small_payload(std::string_view number) {
  std::uint64_t bits = 0;
  unsigned shift = 0;
  for (const char c : number) {
    bits |= group_of(c) << shift;
    shift += kGroupBits;
  }
  return static_cast<std::int64_t>(bits >> kTypeBits);
}

std::size_t limbs_for(std::size_t bytes) {
  return (bytes * kGroupBits - kTypeBits) / kLimbBits + 1;
}

// Packs the payload's bits; returns the number of limbs written.
std::size_t pack(std::string_view number, std::uint64_t* limbs) {
  std::uint64_t low = group_of(number.front()) >> kTypeBits;
  unsigned bits = kHeadBits;  // in `low`
  std::size_t count = 0;
  for (const char c : number.substr(1)) {
    const std::uint64_t group = group_of(c);
    low |= group << bits;
    bits += kGroupBits;
    if (bits < kLimbBits) continue;
    limbs[count++] = low;
    bits -= kLimbBits;
    low = group >> (kGroupBits - bits);
  }
  limbs[count++] = low;
  return count;
}

// What follows the sign bit on the wire: the value itself when it is not negative, else -1 - value.
std::uint64_t small_payload(std::int64_t value) {
  return static_cast<std::uint64_t>(value < 0 ? ~value : value);
}

std::size_t bits_to_bytes(std::size_t payload_bits) {
  return (payload_bits + kTypeBits + kGroupBits - 1) / kGroupBits;
}

char* write_limbs(char* to, Type type, std::span<const mp_limb_t> limbs, std::size_t bytes) {
  std::uint64_t low = limbs[0];
  std::size_t next = 1;
  unsigned left = kLimbBits;  // bits of `low` not written yet
  const auto take = [&](unsigned wanted) {
    std::uint64_t group = low;
    if (left < wanted) {
      low = next < limbs.size() ? limbs[next++] : 0;
      group |= low << left;
      low >>= wanted - left;
      left = kLimbBits - (wanted - left);
    } else {
      low >>= wanted;
      left -= wanted;
    }
    return group & ((1U << wanted) - 1);
  };
  *to++ = static_cast<char>(take(kHeadBits) << kTypeBits | static_cast<unsigned>(type) | kMoreBit);
  for (std::size_t i = 1; i + 1 < bytes; ++i)
    *to++ = static_cast<char>(take(kGroupBits) | kMoreBit);
  *to++ = static_cast<char>(take(kGroupBits));
  return to;
}

std::size_t bit_length_of_complement(const Integer& negative) {
  // |value| - 1 is one bit shorter exactly when |value| is a power of two.
  const std::size_t bits = negative.bit_length();
  const auto limbs = negative.big_limbs();
  for (std::size_t i = 0; i + 1 < limbs.size(); ++i) {
    if (limbs[i] != 0) return bits;
  }
  const mp_limb_t top = limbs.back();
  return (top & (top - 1)) == 0 ? bits - 1 : bits;
}

}  // namespace

Integer read_integer(std::string_view number, Type type) {
  const bool negative = type == Type::negative;
  if (number.size() <= kSmallBytes) {
    const std::int64_t payload = small_payload(number);
    return Integer(negative ? ~payload : payload);
  }
  const std::size_t needed = limbs_for(number.size());
  if (needed <= kInlineLimbs) {
    std::array<std::uint64_t, kInlineLimbs> limbs;
    return Integer::from_limbs({limbs.data(), pack(number, limbs.data())}, negative);
  }
  std::vector<std::uint64_t> limbs(needed);
  return Integer::from_limbs({limbs.data(), pack(number, limbs.data())}, negative);
}

std::size_t integer_size(const Integer& integer) {
  if (const auto value = integer.to_i64()) return head_size(small_payload(*value));
  return bits_to_bytes(integer.is_negative() ? bit_length_of_complement(integer)
                                             : integer.bit_length());
}

char* write_integer(char* to, const Integer& integer) {
  if (const auto value = integer.to_i64()) {
    return write_head(to, *value < 0 ? Type::negative : Type::non_negative, small_payload(*value));
  }
  const std::size_t bytes = integer_size(integer);
  if (!integer.is_negative())
    return write_limbs(to, Type::non_negative, integer.big_limbs(), bytes);
  const GmpInteger payload;
  integer.to_mpz(payload.z);
  mpz_com(payload.z, payload.z);
  return write_limbs(to, Type::negative, {mpz_limbs_read(payload.z), mpz_size(payload.z)}, bytes);
}

}  // namespace gvm::calldata
