#pragma once
// IP addresses and networks as plain values: no sockets, no I/O.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace gvm::policy {

class IpAddress {
 public:
  using Bytes4 = std::array<unsigned char, 4>;
  using Bytes16 = std::array<unsigned char, 16>;

  constexpr IpAddress() = default;  // 0.0.0.0
  static constexpr IpAddress v4(Bytes4 bytes) {
    IpAddress out;
    for (std::size_t i = 0; i < bytes.size(); ++i) out.bytes_[i] = bytes[i];
    return out;
  }
  static constexpr IpAddress v6(Bytes16 bytes) {
    IpAddress out;
    out.v4_ = false;
    out.bytes_ = bytes;
    return out;
  }
  // Dotted decimal, or IPv6 with or without brackets and without a zone: the forms that a WHATWG
  // URL and inet_ntop have. url::parse converts all other spellings to these.
  static std::optional<IpAddress> parse(std::string_view text);
  // Empty for families other than AF_INET and AF_INET6.
  static std::optional<IpAddress> from(const sockaddr& address);
  static std::uint16_t port_of(const sockaddr& address);  // 0 for other families

  constexpr bool is_v4() const { return v4_; }
  constexpr int bits() const { return v4_ ? 32 : 128; }
  constexpr unsigned char byte(std::size_t i) const { return bytes_[i]; }  // network order
  bool is_unspecified() const;                                             // 0.0.0.0 or ::
  bool is_loopback() const;                                                // 127.0.0.0/8 or ::1
  std::string to_string() const;

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  bool v4_ = true;
  Bytes16 bytes_{};  // of an IPv4 address the first four
};

// A network: the addresses that share the first `bits` of `base`.
struct Cidr {
  IpAddress base;
  int bits = 0;

  // "10.0.0.0/8", "2001:db8::/32", or an address alone. Bits behind the prefix must be zero.
  static std::optional<Cidr> parse(std::string_view text);
  bool contains(const IpAddress& address) const;
  std::string to_string() const;

  friend bool operator==(const Cidr&, const Cidr&) = default;
};

}  // namespace gvm::policy
