#pragma once
// Which IP addresses may be talked to. Pure and immutable: shared by all lanes without locks.
//
// In this order, and the first that applies decides:
//   1. deny       the operator's policy.deny_addresses
//   2. listener   a port this module itself listens on, at any of the host's own addresses
//   3. allow      the operator's policy.allow_addresses
//   4. own        an address of one of this host's interfaces
//   5. special    a range of the special-purpose registries (special_ranges.h)
//   6. outside    IPv6 outside of 2000::/3, the only global unicast space
// What none of them refuses is public and allowed. An IPv4 address inside an IPv6 one (mapped,
// compatible, translated, NAT64, 6to4, Teredo, ISATAP) is judged as well, by the same rules: both
// must pass.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/ip_address.h"

namespace gvm::policy {

struct ListeningAt {
  IpAddress address;  // unspecified: every address of this host
  std::uint16_t port = 0;
};

struct AddressRulesConfig {
  std::vector<Cidr> deny = {};
  std::vector<Cidr> allow = {};
  std::vector<IpAddress> own = {};  // of this host's interfaces, see net::interface_addresses()
  std::vector<ListeningAt> listeners = {};
};

enum class AddressRule { open, deny, listener, allow, own, special, outside };
std::string_view name_of(AddressRule rule);  // "public", "deny_addresses", "own listener", ...

struct AddressDecision {
  bool allowed = false;
  AddressRule rule = AddressRule::outside;
  Cidr range;                  // the entry that decided; of no meaning for `open` and `outside`
  std::string_view purpose;    // of `special`: "loopback"
  std::string_view embedding;  // "NAT64" when an address inside decided; else empty
  IpAddress judged;            // the address that decided: the one given, or the one inside

  // One line for operators ("special: 127.0.0.0/8 (loopback), inside a NAT64 address"). Never shown
  // to contracts, because it would reveal facts about the internal network.
  std::string to_string() const;
};

class AddressRules {
 public:
  explicit AddressRules(AddressRulesConfig config = {});

  // `port` matters for listeners only. 0 means that it is unknown; listeners are then not checked.
  AddressDecision judge(const IpAddress& address, std::uint16_t port = 0) const;
  bool allows(const IpAddress& address, std::uint16_t port = 0) const {
    return judge(address, port).allowed;
  }
  // Usable as net::AddressPolicy. False for anything but IPv4 and IPv6.
  bool allows(const sockaddr& address) const;

 private:
  AddressDecision judge_one(const IpAddress& address, std::uint16_t port) const;
  bool is_listener(const IpAddress& address, std::uint16_t port) const;
  bool is_own(const IpAddress& address) const;

  AddressRulesConfig config_;
};

}  // namespace gvm::policy
