#pragma once
// Addresses at the borders of the forbidden ranges, in every form in which IPv6 can carry an IPv4
// address, and a second, independent implementation of what is forbidden. Included by tests and
// fuzz targets only.
#include <string>
#include <vector>

#include "policy/special_ranges.h"

namespace gvm::policy {

inline std::vector<Cidr> special_ranges() {
  std::vector<Cidr> out;
  for (const auto& special : kSpecialV4) out.push_back(special.range);
  for (const auto& special : kSpecialV6) out.push_back(special.range);
  return out;
}

inline IpAddress::Bytes16 bytes16_of(const IpAddress& address) {
  IpAddress::Bytes16 out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = address.byte(i);
  return out;
}

inline IpAddress::Bytes4 bytes_of(const IpAddress& address) {
  return {address.byte(0), address.byte(1), address.byte(2), address.byte(3)};
}

inline IpAddress same_kind(const IpAddress& as, const IpAddress::Bytes16& bytes) {
  if (!as.is_v4()) return IpAddress::v6(bytes);
  return IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
}

inline IpAddress first_of(const Cidr& range) {
  return range.base;
}

inline IpAddress last_of(const Cidr& range) {
  auto bytes = bytes16_of(range.base);
  for (int bit = range.bits; bit < range.base.bits(); ++bit)
    bytes[static_cast<std::size_t>(bit) / 8] |= static_cast<unsigned char>(0x80 >> bit % 8);
  return same_kind(range.base, bytes);
}

// The address `step` (1 or -1) beside; wraps around.
inline IpAddress beside(const IpAddress& address, int step) {
  auto bytes = bytes16_of(address);
  for (std::size_t i = static_cast<std::size_t>(address.bits()) / 8; i-- > 0;) {
    bytes[i] = static_cast<unsigned char>(bytes[i] + step);
    if (bytes[i] != (step > 0 ? 0x00 : 0xFF)) break;
  }
  return same_kind(address, bytes);
}

inline std::vector<IpAddress> border_neighbours() {
  std::vector<IpAddress> out;
  for (const auto& range : special_ranges()) {
    out.push_back(beside(first_of(range), -1));
    out.push_back(beside(last_of(range), 1));
  }
  return out;
}

inline std::vector<IpAddress> embeddings_of(IpAddress::Bytes4 v4) {
  const auto [a, b, c, d] = v4;
  const auto inverted = [](unsigned char byte) { return static_cast<unsigned char>(~byte); };
  using V6 = IpAddress::Bytes16;
  return {
      IpAddress::v6(V6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}),
      IpAddress::v6(V6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d}),
      IpAddress::v6(V6{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, a, b, c, d}),
      IpAddress::v6(V6{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d}),
      // RFC 6052, 2.2, a /48: places the same address at both positions that the rules read.
      IpAddress::v6(V6{0, 0x64, 0xff, 0x9b, 0, 1, a, b, 0, c, d, 0, a, b, c, d}),
      IpAddress::v6(V6{0x20, 0x02, a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}),
      IpAddress::v6(V6{0x20, 0x01, 0, 0, 8, 8, 8, 8, 0, 0, 0, 0, inverted(a), inverted(b),
                       inverted(c), inverted(d)}),
      IpAddress::v6(V6{0x20, 0x01, 0, 0, a, b, c, d, 0, 0, 0, 0, 0xf7, 0xf7, 0xf7, 0xf7}),
      IpAddress::v6(V6{0x26, 0x06, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x5e, 0xfe, a, b, c, d}),
      IpAddress::v6(V6{0x26, 0x06, 0x28, 0, 0, 0, 0, 0, 2, 0, 0x5e, 0xfe, a, b, c, d}),
  };
}

// What is forbidden, implemented again from the text of the registries and not from the table. Both
// implementations must agree.
inline bool independently_forbidden_v4(const IpAddress& address) {
  const int a = address.byte(0);
  const int b = address.byte(1);
  const int c = address.byte(2);
  if (a == 0 || a == 10 || a == 127 || a >= 224) return true;
  if (a == 100) return b >= 64 && b <= 127;
  if (a == 168) return b == 63 && c == 129 && address.byte(3) == 16;
  if (a == 169) return b == 254;
  if (a == 172) return b >= 16 && b <= 31;
  if (a == 198) return b == 18 || b == 19 || (b == 51 && c == 100);
  if (a == 203) return b == 0 && c == 113;
  if (a != 192) return false;
  return b == 168 || (b == 0 && (c == 0 || c == 2)) || (b == 31 && c == 196) ||
         (b == 52 && c == 193) || (b == 88 && c == 99) || (b == 175 && c == 48);
}

inline bool independently_forbidden(const IpAddress& address) {
  if (address.is_v4()) return independently_forbidden_v4(address);
  const auto group = [&](std::size_t i) {
    return address.byte(2 * i) << 8 | address.byte(2 * i + 1);
  };
  const int head = group(0);
  if (head < 0x2000 || head > 0x3fff || head == 0x2002) return true;
  if (head == 0x2001 && (group(1) < 0x200 || group(1) == 0xdb8)) return true;
  if (head == 0x2620 && group(1) == 0x4f && group(2) == 0x8000) return true;
  if (head == 0x3fff && group(1) < 0x1000) return true;
  const bool isatap = (group(4) | 0x200) == 0x200 && group(5) == 0x5efe;
  if (!isatap) return false;
  return independently_forbidden_v4(
      IpAddress::v4({address.byte(12), address.byte(13), address.byte(14), address.byte(15)}));
}

}  // namespace gvm::policy
