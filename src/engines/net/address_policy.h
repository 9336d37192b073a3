#pragma once
// The addresses that connections may be made to.
#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <vector>

namespace gvm::net {

using Addresses = std::vector<boost::asio::ip::address>;

// True when a connection to the address is allowed.
using AddressPolicy = std::function<bool(const sockaddr& address)>;

}  // namespace gvm::net
