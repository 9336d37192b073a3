#pragma once
// Judges a peer by what the kernel says of it, and the token that it shows. Thread safe.
#include <optional>
#include <string_view>

#include "serve/metrics.h"
#include "serve/peer_options.h"

namespace gvm::serve {

// Why the peer of this connected socket is refused; empty: it is not. An IPv4 address in an IPv6
// socket counts as IPv4. For a Unix socket user and groups are those at the time of connect() (or
// of socketpair()), the supplementary groups among them.
std::optional<RefusalReason> judge_peer(const PeerOptions& options, int socket);

// `given` is one of the tokens. Takes the same time for each text of its length.
bool knows_token(const PeerOptions& options, std::string_view given);

// The same for one token. An empty one is nobody's.
bool is_token(std::string_view given, const Secret& token);

// The peer of this connected socket is on this machine: a Unix socket or an address of loopback.
bool is_local_peer(int socket);

// The token of "Bearer TOKEN" (RFC 6750, 2.1); empty for every other form.
std::string_view bearer_token(std::string_view authorization);

}  // namespace gvm::serve
