#pragma once
// The ranges of the IANA special-purpose address registries, multicast and reserved space, and the
// address that clouds use for their metadata services. A test compares this list of ours with the
// published one in tests/data/address.
#include <array>
#include <cstdint>
#include <string_view>

#include "policy/ip_address.h"

namespace gvm::policy {

struct SpecialRange {
  Cidr range;
  std::string_view purpose;
};

constexpr SpecialRange special_v4(IpAddress::Bytes4 base, int bits, std::string_view purpose) {
  return {{IpAddress::v4(base), bits}, purpose};
}

// The first four of eight 16-bit groups; the others are given where they are not zero.
constexpr SpecialRange special_v6(std::array<std::uint16_t, 4> head, int bits,
                                  std::string_view purpose, unsigned char last = 0) {
  IpAddress::Bytes16 bytes{};
  for (std::size_t i = 0; i < head.size(); ++i) {
    bytes[2 * i] = static_cast<unsigned char>(head[i] >> 8);
    bytes[2 * i + 1] = static_cast<unsigned char>(head[i] & 0xFF);
  }
  bytes.back() = last;
  return {{IpAddress::v6(bytes), bits}, purpose};
}

inline constexpr std::array kSpecialV4 = {
    special_v4({0, 0, 0, 0}, 8, "this network"),
    special_v4({10, 0, 0, 0}, 8, "private"),
    special_v4({100, 64, 0, 0}, 10, "carrier-grade NAT"),
    special_v4({127, 0, 0, 0}, 8, "loopback"),
    special_v4({168, 63, 129, 16}, 32, "cloud services"),
    special_v4({169, 254, 0, 0}, 16, "link-local"),
    special_v4({172, 16, 0, 0}, 12, "private"),
    special_v4({192, 0, 0, 0}, 24, "protocol assignments"),
    special_v4({192, 0, 2, 0}, 24, "documentation"),
    special_v4({192, 31, 196, 0}, 24, "AS112"),
    special_v4({192, 52, 193, 0}, 24, "AMT relays"),
    special_v4({192, 88, 99, 0}, 24, "6to4 relays"),
    special_v4({192, 168, 0, 0}, 16, "private"),
    special_v4({192, 175, 48, 0}, 24, "AS112"),
    special_v4({198, 18, 0, 0}, 15, "benchmarking"),
    special_v4({198, 51, 100, 0}, 24, "documentation"),
    special_v4({203, 0, 113, 0}, 24, "documentation"),
    special_v4({224, 0, 0, 0}, 4, "multicast"),
    special_v4({240, 0, 0, 0}, 4, "reserved"),
};

inline constexpr std::array kSpecialV6 = {
    special_v6({0, 0, 0, 0}, 128, "loopback", 1),
    special_v6({0, 0, 0, 0}, 128, "unspecified"),
    special_v6({0x64, 0xff9b, 0, 0}, 96, "NAT64"),
    special_v6({0x64, 0xff9b, 1, 0}, 48, "local NAT64"),
    special_v6({0x100, 0, 0, 0}, 64, "discard only"),
    special_v6({0x100, 0, 0, 1}, 64, "dummy"),
    special_v6({0x2001, 0, 0, 0}, 23, "protocol assignments"),
    special_v6({0x2001, 0xdb8, 0, 0}, 32, "documentation"),
    special_v6({0x2002, 0, 0, 0}, 16, "6to4"),
    special_v6({0x2620, 0x4f, 0x8000, 0}, 48, "AS112"),
    special_v6({0x3fff, 0, 0, 0}, 20, "documentation"),
    special_v6({0x5f00, 0, 0, 0}, 16, "segment routing"),
    special_v6({0xfc00, 0, 0, 0}, 7, "unique local"),
    special_v6({0xfe80, 0, 0, 0}, 10, "link-local"),
    special_v6({0xfec0, 0, 0, 0}, 10, "site-local"),
    special_v6({0xff00, 0, 0, 0}, 8, "multicast"),
};

// The global unicast space: IPv6 addresses outside of it are not on the public Internet.
inline constexpr Cidr kGlobalUnicast = special_v6({0x2000, 0, 0, 0}, 3, {}).range;

}  // namespace gvm::policy
