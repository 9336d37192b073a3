#pragma once
// Which addresses a connection may be made to.
#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <vector>

namespace gvm::net {

using Addresses = std::vector<boost::asio::ip::address>;

// Decides whether an address may be talked to.
using AddressPolicy = std::function<bool(const sockaddr& address)>;

}  // namespace gvm::net
