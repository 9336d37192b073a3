#include "policy/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace gvm::policy {
namespace {

IpAddress from_v4(const in_addr& address) {
  IpAddress::Bytes4 bytes{};
  std::memcpy(bytes.data(), &address, bytes.size());
  return IpAddress::v4(bytes);
}

IpAddress from_v6(const in6_addr& address) {
  IpAddress::Bytes16 bytes{};
  std::memcpy(bytes.data(), &address, bytes.size());
  return IpAddress::v6(bytes);
}

bool shares_bits(const IpAddress& a, const IpAddress& b, int bits) {
  std::size_t i = 0;
  for (; bits >= 8; bits -= 8, ++i) {
    if (a.byte(i) != b.byte(i)) return false;
  }
  return bits == 0 || (a.byte(i) ^ b.byte(i)) >> (8 - bits) == 0;
}

bool zero_behind(const IpAddress& address, int bits) {
  for (int i = bits; i < address.bits(); ++i) {
    if ((address.byte(static_cast<std::size_t>(i) / 8) >> (7 - i % 8) & 1) != 0) return false;
  }
  return true;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (bracketed) text = text.substr(1, text.size() - 2);
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (text.size() >= buffer.size() || text.contains('\0')) return std::nullopt;
  std::ranges::copy(text, buffer.begin());
  in_addr four{};
  if (!bracketed && inet_pton(AF_INET, buffer.data(), &four) == 1) return from_v4(four);
  in6_addr six{};
  if (inet_pton(AF_INET6, buffer.data(), &six) == 1) return from_v6(six);
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::from(const sockaddr& address) {
  if (address.sa_family == AF_INET)
    return from_v4(reinterpret_cast<const sockaddr_in&>(address).sin_addr);
  if (address.sa_family == AF_INET6)
    return from_v6(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  return std::nullopt;
}

std::uint16_t IpAddress::port_of(const sockaddr& address) {
  if (address.sa_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.sa_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

bool IpAddress::is_unspecified() const {
  return std::ranges::all_of(bytes_, [](unsigned char byte) { return byte == 0; });
}

bool IpAddress::is_loopback() const {
  if (v4_) return bytes_[0] == 127;
  return bytes_[15] == 1 &&
         std::all_of(bytes_.begin(), bytes_.end() - 1, [](unsigned char b) { return b == 0; });
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), buffer.data(), buffer.size());
  return buffer.data();
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto base = IpAddress::parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  Cidr out{*base, base->bits()};
  if (slash == std::string_view::npos) return out;
  const auto length = text.substr(slash + 1);
  const auto [end, failure] =
      std::from_chars(length.data(), length.data() + length.size(), out.bits);
  if (failure != std::errc{} || end != length.data() + length.size()) return std::nullopt;
  if (out.bits < 0 || out.bits > base->bits() || !zero_behind(*base, out.bits)) return std::nullopt;
  return out;
}

bool Cidr::contains(const IpAddress& address) const {
  return address.is_v4() == base.is_v4() && shares_bits(address, base, bits);
}

std::string Cidr::to_string() const {
  return base.to_string() + "/" + std::to_string(bits);
}

}  // namespace gvm::policy
