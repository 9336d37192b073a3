#include "policy/address.h"

#include <algorithm>
#include <utility>

#include "policy/embedded_v4.h"
#include "policy/special_ranges.h"

namespace gvm::policy {
namespace {

const Cidr* find(const std::vector<Cidr>& ranges, const IpAddress& address) {
  const auto found =
      std::ranges::find_if(ranges, [&](const Cidr& range) { return range.contains(address); });
  return found == ranges.end() ? nullptr : &*found;
}

const SpecialRange* find_special(const IpAddress& address) {
  const auto in = [&](const SpecialRange& special) { return special.range.contains(address); };
  if (address.is_v4()) {
    const auto* found = std::ranges::find_if(kSpecialV4, in);
    return found == kSpecialV4.end() ? nullptr : found;
  }
  const auto* found = std::ranges::find_if(kSpecialV6, in);
  return found == kSpecialV6.end() ? nullptr : found;
}

AddressDecision refused(AddressRule rule, const IpAddress& address, const Cidr& range) {
  return {.allowed = false,
          .rule = rule,
          .range = range,
          .purpose = {},
          .embedding = {},
          .judged = address};
}

AddressDecision allowed(AddressRule rule, const IpAddress& address, const Cidr& range) {
  auto out = refused(rule, address, range);
  out.allowed = true;
  return out;
}

Cidr only(const IpAddress& address) {
  return {address, address.bits()};
}

}  // namespace

std::string_view name_of(AddressRule rule) {
  switch (rule) {
    case AddressRule::open:
      return "public";
    case AddressRule::deny:
      return "deny_addresses";
    case AddressRule::listener:
      return "own listener";
    case AddressRule::allow:
      return "allow_addresses";
    case AddressRule::own:
      return "own address";
    case AddressRule::special:
      return "special-purpose range";
    case AddressRule::outside:
      return "outside of 2000::/3";
  }
  std::unreachable();
}

std::string AddressDecision::to_string() const {
  std::string out(name_of(rule));
  if (rule != AddressRule::open && rule != AddressRule::outside) out += " " + range.to_string();
  if (!purpose.empty()) out.append(" (").append(purpose).append(")");
  if (!embedding.empty()) out.append(", ").append(embedding).append(" ").append(judged.to_string());
  return out;
}

AddressRules::AddressRules(AddressRulesConfig config) : config_(std::move(config)) {}

AddressDecision AddressRules::judge(const IpAddress& address, std::uint16_t port) const {
  auto decision = judge_one(address, port);
  if (!decision.allowed || address.is_v4()) return decision;
  const EmbeddedV4s inner(address);
  for (const auto& embedded : inner.all()) {
    auto inside = judge_one(embedded.address, port);
    if (inside.allowed) continue;
    inside.embedding = embedded.form;
    return inside;
  }
  return decision;
}

AddressDecision AddressRules::judge_one(const IpAddress& address, std::uint16_t port) const {
  if (const auto* range = find(config_.deny, address))
    return refused(AddressRule::deny, address, *range);
  if (is_listener(address, port)) return refused(AddressRule::listener, address, only(address));
  if (const auto* range = find(config_.allow, address))
    return allowed(AddressRule::allow, address, *range);
  if (is_own(address)) return refused(AddressRule::own, address, only(address));
  if (const auto* special = find_special(address)) {
    auto decision = refused(AddressRule::special, address, special->range);
    decision.purpose = special->purpose;
    return decision;
  }
  if (!address.is_v4() && !kGlobalUnicast.contains(address))
    return refused(AddressRule::outside, address, kGlobalUnicast);
  return allowed(AddressRule::open, address, only(address));
}

// A listener on the unspecified address accepts connections to every address of this host. 0.0.0.0
// and all of 127.0.0.0/8 also lead to this host.
bool AddressRules::is_listener(const IpAddress& address, std::uint16_t port) const {
  if (port == 0) return false;
  return std::ranges::any_of(config_.listeners, [&](const ListeningAt& listener) {
    if (listener.port != port) return false;
    if (listener.address == address) return true;
    if (address.is_unspecified()) return true;
    return listener.address.is_unspecified() && (address.is_loopback() || is_own(address));
  });
}

bool AddressRules::is_own(const IpAddress& address) const {
  return std::ranges::find(config_.own, address) != config_.own.end();
}

bool AddressRules::allows(const sockaddr& address) const {
  const auto ip = IpAddress::from(address);
  return ip && allows(*ip, IpAddress::port_of(address));
}

}  // namespace gvm::policy
