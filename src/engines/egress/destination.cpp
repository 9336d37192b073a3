#include "egress/destination.h"

#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>

namespace gvm::egress {
namespace {

// A host that the operator trusts may have any address, except one on which this module listens.
bool may_dial(const policy::AddressRules& rules, const Endpoint& endpoint, bool trusted,
              std::string& why) {
  const auto address = policy::IpAddress::from(*endpoint.data());
  if (!address) return false;
  const auto decision = rules.judge(*address, endpoint.port());
  const bool passes =
      decision.allowed || (trusted && decision.rule != policy::AddressRule::listener);
  if (!passes) why = decision.to_string();
  return passes;
}

std::optional<Destination> parsed(const std::string& text) {
  auto url = url::parse(text);
  if (!url) return std::nullopt;
  const auto port = url->effective_port();
  if (!port || url->hostname().empty()) return std::nullopt;
  return Destination{.url = std::move(*url), .port = *port};
}

}  // namespace

std::string Destination::to_string() const {
  constexpr std::size_t kMaxHost = 255;
  return std::string(url.hostname().substr(0, kMaxHost)) + ":" + std::to_string(port);
}

std::optional<Destination> of_tunnel(std::string_view authority) {
  const auto colon = authority.rfind(':');
  const bool plain = authority.find_first_of("/\\?#@ \t\r\n") == authority.npos;
  if (!plain || colon == authority.npos || colon + 1 == authority.size()) return std::nullopt;
  const bool is_http = authority.substr(colon + 1) == "80";
  return parsed((is_http ? "http://" : "https://") + std::string(authority) + "/");
}

std::optional<Destination> of_request(std::string_view target) {
  auto destination = parsed(std::string(target));
  if (destination && destination->url.scheme() != "http") return std::nullopt;
  return destination;
}

asio::awaitable<Verdict> judge(net::Resolver& resolver, std::shared_ptr<const SlotPolicy> policy,
                               Destination destination) {
  const policy::UrlRules& rules = *policy->rules;
  const auto decision = rules.judge(destination.url);
  Verdict verdict;
  if (!decision.allowed) {
    verdict.detail = std::string(name_of(decision.rule));
    if (!decision.entry.empty()) verdict.detail += ": " + decision.entry;
    co_return verdict;
  }
  net::Addresses addresses;
  if (const auto literal = policy::literal_address(destination.url)) {
    addresses.push_back(asio::ip::make_address(literal->to_string()));
  } else {
    const auto span = policy->limits.dns;
    const Deadline deadline = span.count() == 0 ? Deadline::never() : Deadline::in(span);
    auto resolving = resolver.resolve(policy::dns_name(destination.url), deadline);
    auto resolved = co_await std::move(resolving);
    if (!resolved) {
      verdict.reason = RefusalReason::dns;
      verdict.detail = resolved.error().to_string();
      co_return verdict;
    }
    addresses = std::move(*resolved);
  }
  verdict.reason = RefusalReason::address;
  for (const auto& address : addresses) {
    const Endpoint endpoint(address, destination.port);
    if (may_dial(rules.addresses(), endpoint, decision.trusted, verdict.detail))
      verdict.endpoints.push_back(endpoint);
  }
  co_return verdict;
}

}  // namespace gvm::egress
