#pragma once
// The routes of requests: directly or through a proxy, and from which local address. The table is
// immutable and shared by all lanes; each lane has its own record of failing proxies.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "net/http_request.h"
#include "policy/url_pattern.h"

namespace gvm::web {

struct NamedProxy {
  std::string name;
  net::HttpProxy proxy;
};

struct RouteSettings {
  std::vector<std::string> hosts;  // patterns (policy/url_pattern.h)
  std::vector<std::string> via;    // names of proxies, or "direct"; empty: direct
  std::string source;              // a local address, or "if:NAME"; empty: any
};

struct Route {
  static constexpr std::size_t kDirect = static_cast<std::size_t>(-1);
  std::vector<std::size_t> via;  // indexes of proxies, or kDirect; never empty
  std::string source;
};

class Routes {
 public:
  // Everything direct.
  Routes();
  // INVALID_CONFIG naming the route and what is wrong with it.
  static Result<Routes> compile(std::vector<NamedProxy> proxies,
                                const std::vector<RouteSettings>& routes);

  // The first route one of whose patterns matches; else the direct one.
  const Route& of(const url::Url& url) const;
  const NamedProxy& proxy(std::size_t index) const { return proxies_[index]; }
  std::size_t proxies() const { return proxies_.size(); }

 private:
  struct Rule {
    std::vector<policy::UrlPattern> hosts;
    Route route;
  };
  std::vector<NamedProxy> proxies_;
  std::vector<Rule> rules_;
  Route direct_;
};

// Selects the next proxy of a route. One per lane. A proxy that failed is not used for a pause,
// which grows with consecutive failures. When all are paused, the one whose pause ends first is
// used nevertheless.
class ProxyTurns {
 public:
  static constexpr std::chrono::seconds kFirstRest{2};
  static constexpr std::chrono::seconds kLongestRest{120};

  explicit ProxyTurns(std::size_t proxies) : proxies_(proxies) {}

  // The route's ways in the order to try them: rotated from call to call among those that do not
  // rest, then the others.
  std::vector<std::size_t> order(const Route& route, Clock::time_point now = Clock::now());
  void failed(std::size_t proxy, Clock::time_point now = Clock::now());
  void worked(std::size_t proxy);

 private:
  struct State {
    unsigned failures = 0;  // in a row
    Clock::time_point rests_until{};
  };
  std::vector<State> proxies_;
  std::size_t turn_ = 0;
};

}  // namespace gvm::web
