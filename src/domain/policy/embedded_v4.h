#pragma once
// IPv4 addresses inside IPv6 addresses. The inner address also decides where packets to such an
// address go.
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "policy/ip_address.h"

namespace gvm::policy {

struct EmbeddedV4 {
  std::string_view form;  // "NAT64", "Teredo server", ...
  IpAddress address;
};

// All IPv4 addresses that one IPv6 address can carry: several forms may apply at once.
class EmbeddedV4s {
 public:
  explicit EmbeddedV4s(const IpAddress& address);
  std::span<const EmbeddedV4> all() const { return {found_.data(), count_}; }

 private:
  void add(std::string_view form, IpAddress::Bytes4 bytes);
  void find_by_prefix(const IpAddress& address);
  void find_isatap(const IpAddress& address);

  static constexpr std::size_t kMost = 4;
  std::array<EmbeddedV4, kMost> found_{};
  std::size_t count_ = 0;
};

}  // namespace gvm::policy
