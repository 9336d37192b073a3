#pragma once
// The network objects of one lane: its resolver, and the client that refuses forbidden addresses.
// The lane's own client serves trusted hosts and unfiltered requests of the operator's script.
#include "net/lane.h"
#include "net/resolver.h"
#include "web/sender.h"

namespace gvm::web {

class OwnedLaneNetwork {
 public:
  OwnedLaneNetwork(net::Lane& lane, net::HttpClientOptions http, net::ResolverOptions resolver,
                   std::shared_ptr<const policy::UrlRules> rules, std::size_t proxies)
      : resolver_(lane.context(), std::move(resolver)),
        guarded_(lane.context(), guarded(std::move(http), std::move(rules))),
        network_{lane.http(), guarded_, resolver_, ProxyTurns(proxies)} {}

  LaneNetwork& network() { return network_; }

 private:
  static net::HttpClientOptions guarded(net::HttpClientOptions http,
                                        std::shared_ptr<const policy::UrlRules> rules) {
    http.allow_address = [rules](const sockaddr& address) {
      return rules->addresses().allows(address);
    };
    return http;
  }

  net::CaresResolver resolver_;
  net::HttpClient guarded_;
  LaneNetwork network_;
};

}  // namespace gvm::web
