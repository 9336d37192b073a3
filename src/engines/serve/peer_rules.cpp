#include "serve/peer_rules.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/ascii.h"

namespace gvm::serve {
namespace {

// ::ffff:a.b.c.d is a.b.c.d: so an IPv6 socket names its IPv4 peers.
policy::IpAddress unmapped(const policy::IpAddress& address) {
  constexpr std::size_t kZeros = 10;
  constexpr std::size_t kOnes = 12;
  if (address.is_v4()) return address;
  for (std::size_t i = 0; i < kOnes; ++i)
    if (address.byte(i) != (i < kZeros ? 0x00 : 0xff)) return address;
  return policy::IpAddress::v4(
      {address.byte(12), address.byte(13), address.byte(14), address.byte(15)});
}

bool listed(const std::vector<std::uint32_t>& list, std::uint32_t id) {
  return std::ranges::find(list, id) != list.end();
}

// Beside the one that SO_PEERCRED gives.
std::vector<gid_t> supplementary_groups(int socket) {
  constexpr std::size_t kMost = 65'536;  // NGROUPS_MAX
  std::vector<gid_t> groups(64);
  for (;;) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
      groups.resize(size / sizeof(gid_t));
      return groups;
    }
    if (groups.size() >= kMost) return {};
    groups.resize(kMost);
  }
}

bool in_groups(const PeerOptions& options, int socket, gid_t own) {
  if (options.gids.empty()) return false;
  if (listed(options.gids, own)) return true;
  const auto groups = supplementary_groups(socket);
  return std::ranges::any_of(groups, [&](gid_t group) { return listed(options.gids, group); });
}

bool user_is_allowed(const PeerOptions& options, int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return listed(options.uids, peer.uid) || in_groups(options, socket, peer.gid);
}

bool address_is_allowed(const PeerOptions& options, const sockaddr& peer) {
  const auto address = policy::IpAddress::from(peer);
  if (!address) return false;
  const auto plain = unmapped(*address);
  return std::ranges::any_of(options.addresses,
                             [&](const policy::Cidr& range) { return range.contains(plain); });
}

// No early end, and nothing that depends on where the texts differ.
bool same_text(std::string_view given, std::string_view wanted) {
  volatile unsigned char difference = given.size() == wanted.size() ? 0 : 1;
  if (wanted.empty()) return false;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto a = static_cast<unsigned char>(given[i]);
    const auto b = static_cast<unsigned char>(wanted[i % wanted.size()]);
    difference = static_cast<unsigned char>(difference | (a ^ b));
  }
  return difference == 0;
}

}  // namespace

std::optional<RefusalReason> judge_peer(const PeerOptions& options, int socket) {
  const bool by_user = !options.uids.empty() || !options.gids.empty();
  if (options.addresses.empty() && !by_user) return std::nullopt;
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  auto* address = reinterpret_cast<sockaddr*>(&peer);
  if (::getpeername(socket, address, &size) != 0) return RefusalReason::peer_address;
  if (address->sa_family == AF_UNIX)
    return user_is_allowed(options, socket) ? std::nullopt
                                            : std::optional(RefusalReason::peer_user);
  return address_is_allowed(options, *address) ? std::nullopt
                                               : std::optional(RefusalReason::peer_address);
}

bool is_token(std::string_view given, const Secret& token) {
  return same_text(given, token.reveal());
}

bool is_local_peer(int socket) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  auto* address = reinterpret_cast<sockaddr*>(&peer);
  if (::getpeername(socket, address, &size) != 0) return false;
  if (address->sa_family == AF_UNIX) return true;
  const auto ip = policy::IpAddress::from(*address);
  return ip && unmapped(*ip).is_loopback();
}

bool knows_token(const PeerOptions& options, std::string_view given) {
  bool known = false;
  for (const auto& token : options.tokens) known = same_text(given, token.reveal()) || known;
  return known;
}

std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size() ||
      lowered(authorization.substr(0, kScheme.size())) != kScheme)
    return {};
  authorization.remove_prefix(kScheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return authorization;
}

}  // namespace gvm::serve
