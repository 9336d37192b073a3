#pragma once
// The destination of a request, and whether it is allowed.
#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "egress/dial.h"
#include "egress/proxy.h"
#include "url/url.h"

namespace gvm::egress {

struct Destination {
  url::Url url;        // of a tunnel: its origin
  std::uint16_t port;  // effective

  std::string to_string() const;  // "host:port"
};

// "host:port" of CONNECT. Port 80 is a plain WebSocket, all others are TLS. Empty when it is
// malformed.
std::optional<Destination> of_tunnel(std::string_view authority);
// The absolute form of a plain request. Empty for any other scheme.
std::optional<Destination> of_request(std::string_view target);

struct Verdict {
  std::vector<Endpoint> endpoints;  // addresses, one of which is to be dialled; empty: refused
  RefusalReason reason = RefusalReason::rules;
  std::string detail;
};

// Checks the URL, resolves the host, and checks every address.
asio::awaitable<Verdict> judge(net::Resolver& resolver, std::shared_ptr<const SlotPolicy> policy,
                               Destination destination);

}  // namespace gvm::egress
