#include "net/interface_addresses.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "net/http_dial.h"

namespace gvm::net {
namespace {

void add(Addresses& out, const asio::ip::address& address) {
  if (std::ranges::find(out, address) == out.end()) out.push_back(address);
}

void add(Addresses& out, const sockaddr& address) {
  if (const auto found = address_of(address)) add(out, *found);
}

// All IPv4 addresses, further ones of an interface too.
void add_v4(Addresses& out) {
  constexpr std::size_t kMostInterfaces = 4'096;
  const Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  std::vector<ifreq> found(kMostInterfaces);
  ifconf wanted{};
  wanted.ifc_len = static_cast<int>(found.size() * sizeof(ifreq));
  wanted.ifc_req = found.data();
  if (!any || ::ioctl(any.get(), SIOCGIFCONF, &wanted) != 0) return;
  found.resize(static_cast<std::size_t>(wanted.ifc_len) / sizeof(ifreq));
  for (const auto& one : found) add(out, one.ifr_addr);
}

std::optional<asio::ip::address_v6> v6_of(const std::string& digits) {
  asio::ip::address_v6::bytes_type bytes{};
  if (digits.size() != 2 * bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto pair = digits.substr(2 * i, 2);
    if (pair.find_first_not_of("0123456789abcdefABCDEF") != pair.npos) return std::nullopt;
    bytes[i] = static_cast<unsigned char>(std::stoul(pair, nullptr, 16));
  }
  return asio::ip::address_v6(bytes);
}

// Lines of "00000000000000000000000000000001 01 80 10 80 lo".
void add_v6(Addresses& out) {
  std::ifstream file("/proc/self/net/if_inet6");
  for (std::string line; std::getline(file, line);)
    if (const auto address = v6_of(line.substr(0, line.find(' ')))) add(out, *address);
}

}  // namespace

Addresses interface_addresses_without_netlink() {
  Addresses out;
  add_v4(out);
  add_v6(out);
  return out;
}

Addresses interface_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return interface_addresses_without_netlink();
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(list, &::freeifaddrs);
  Addresses out;
  for (const auto* entry = list; entry != nullptr; entry = entry->ifa_next)
    if (entry->ifa_addr != nullptr) add(out, *entry->ifa_addr);
  return out;
}

}  // namespace gvm::net
