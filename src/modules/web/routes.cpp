#include "web/routes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error_codes.h"

namespace gvm::web {
namespace {

constexpr std::string_view kDirectName = "direct";

std::unexpected<Error> bad_route(std::size_t index, std::string_view detail) {
  return fail(codes::kInvalidConfig, Fatality::fatal, fmt::format("routes[{}]: {}", index, detail));
}

}  // namespace

Routes::Routes() : direct_{{Route::kDirect}, {}} {}

Result<Routes> Routes::compile(std::vector<NamedProxy> proxies,
                               const std::vector<RouteSettings>& routes) {
  Routes compiled;
  compiled.proxies_ = std::move(proxies);
  for (std::size_t i = 0; i < routes.size(); ++i) {
    Rule rule;
    rule.route.source = routes[i].source;
    for (const auto& text : routes[i].hosts) {
      auto pattern = policy::UrlPattern::compile(text);
      if (!pattern) return bad_route(i, pattern.error().to_string());
      rule.hosts.push_back(std::move(*pattern));
    }
    for (const auto& name : routes[i].via) {
      const auto at = std::ranges::find(compiled.proxies_, name, &NamedProxy::name);
      if (name != kDirectName && at == compiled.proxies_.end())
        return bad_route(i, fmt::format("via: no proxy is named \"{}\"", name.substr(0, 64)));
      rule.route.via.push_back(name == kDirectName
                                   ? Route::kDirect
                                   : static_cast<std::size_t>(at - compiled.proxies_.begin()));
    }
    if (rule.route.via.empty()) rule.route.via.push_back(Route::kDirect);
    compiled.rules_.push_back(std::move(rule));
  }
  return compiled;
}

const Route& Routes::of(const url::Url& url) const {
  if (rules_.empty()) return direct_;
  const policy::UrlForms forms(url);
  for (const auto& rule : rules_) {
    const auto matches = [&](const policy::UrlPattern& pattern) {
      return pattern.matches(forms, policy::Match::either_form);
    };
    if (std::ranges::any_of(rule.hosts, matches)) return rule.route;
  }
  return direct_;
}

std::vector<std::size_t> ProxyTurns::order(const Route& route, Clock::time_point now) {
  std::vector<std::size_t> ways = route.via;
  const auto until = [&](std::size_t way) {
    return way == Route::kDirect ? Clock::time_point{} : proxies_[way].rests_until;
  };
  // "direct" behind proxies is the fallback: it takes no part in the rotation.
  const auto fallback = std::ranges::find(ways, Route::kDirect);
  if (fallback - ways.begin() > 1)
    std::rotate(ways.begin(),
                ways.begin() + static_cast<std::ptrdiff_t>(
                                   turn_++ % static_cast<std::size_t>(fallback - ways.begin())),
                fallback);
  std::ranges::stable_sort(ways, {}, [&](std::size_t way) { return std::max(until(way), now); });
  return ways;
}

void ProxyTurns::failed(std::size_t proxy, Clock::time_point now) {
  if (proxy == Route::kDirect) return;
  State& state = proxies_[proxy];
  Clock::duration rest = kFirstRest;
  for (unsigned i = 0; i < state.failures && rest < kLongestRest; ++i) rest *= 2;
  ++state.failures;
  state.rests_until =
      std::max(state.rests_until, now + std::min<Clock::duration>(rest, kLongestRest));
}

void ProxyTurns::worked(std::size_t proxy) {
  if (proxy != Route::kDirect) proxies_[proxy] = State{};
}

}  // namespace gvm::web
