#pragma once
// Whom the session port is for. Everything empty: for whoever can reach it.
#include <cstdint>
#include <string>
#include <vector>

#include "base/secret.h"
#include "policy/ip_address.h"

namespace gvm::serve {

struct PeerOptions {
  // One of them must be shown: as `Authorization: Bearer TOKEN` of the WebSocket upgrade, or as the
  // field `token` of the hello. Not for /health and /metrics.
  std::vector<Secret> tokens;
  // Of TCP peers, and user and group of peers of a Unix socket. When only the other kind is listed,
  // no peer of this kind is let in.
  std::vector<policy::Cidr> addresses;
  std::vector<std::uint32_t> uids;
  std::vector<std::uint32_t> gids;
  // Name or number of the group that the socket file gets; empty: the process's own.
  std::string unix_group;
};

}  // namespace gvm::serve
