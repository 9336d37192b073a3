#pragma once
// The addresses of this machine's interfaces, loopback included; for policy::AddressRules.
#include "net/resolver.h"

namespace gvm::net {

Addresses interface_addresses();

// The same where netlink sockets are forbidden (a service unit may do so): by SIOCGIFCONF and
// /proc/self/net/if_inet6.
Addresses interface_addresses_without_netlink();

}  // namespace gvm::net
