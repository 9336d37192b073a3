#pragma once
// The network objects of one lane: its resolver, and the client that refuses forbidden addresses.
// Another client serves trusted hosts and unfiltered requests of the operator's script.
#include "net/lane.h"
#include "net/resolver.h"
#include "scripted/http_clients.h"
#include "web/sender.h"

namespace gvm::web {

class OwnedLaneNetwork {
 public:
  // `open` is of that lane and outlives it.
  OwnedLaneNetwork(net::Lane& lane, net::HttpClient& open, net::HttpClientOptions http,
                   net::ResolverOptions resolver, std::shared_ptr<const policy::UrlRules> rules,
                   std::size_t proxies)
      : resolver_(lane.context(), std::move(resolver)),
        guarded_(lane.context(), guarded(std::move(http), std::move(rules))),
        network_{open, guarded_, resolver_, ProxyTurns(proxies)} {}

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

// Those of all lanes, under one configuration.
class LaneNetworks {
 public:
  struct Settings {
    net::ResolverOptions resolver;
    std::shared_ptr<const policy::UrlRules> rules;
    std::size_t proxies = 0;
  };
  LaneNetworks(net::Lanes& lanes, std::shared_ptr<scripted::HttpClients> open, Settings settings)
      : open_(std::move(open)), settings_(std::move(settings)), networks_(lanes) {}

  // On the lane's thread; made by the lane's first session.
  LaneNetwork& of(net::Lane& lane) {
    const auto make = [&] {
      return std::make_unique<OwnedLaneNetwork>(lane, open_->of(lane), open_->settings().options,
                                                settings_.resolver, settings_.rules,
                                                settings_.proxies);
    };
    return networks_.of(lane, make).network();
  }

 private:
  std::shared_ptr<scripted::HttpClients> open_;
  Settings settings_;
  net::PerLane<OwnedLaneNetwork> networks_;
};

}  // namespace gvm::web
