#pragma once
// Where a request wants to go, and where it may.
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
  std::vector<Endpoint> endpoints;  // to dial one of; empty: refused
  RefusalReason reason = RefusalReason::rules;
  std::string detail;
};

// Rules for the URL, then resolution, then rules for every address.
asio::awaitable<Verdict> judge(net::Resolver& resolver, std::shared_ptr<const SlotPolicy> policy,
                               Destination destination);

}  // namespace gvm::egress
