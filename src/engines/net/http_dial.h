#pragma once
// Where the connection of an exchange goes: pinned addresses, a proxy, a local address, a Unix
// socket. Internal to net/.
//
// Pins are part of a pooled connection's identity. libcurl is told to connect to the pinned address
// in place of the host or, with several pins, to an invented name that resolves to exactly these
// addresses, so that libcurl's happy eyeballs still work. A connection to other addresses is never
// taken from the pool.
#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/curl_handle.h"
#include "net/http_request.h"

namespace gvm::net {

namespace asio = boost::asio;

class Dial {
 public:
  Dial() = default;
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;

  // Sets every option that depends on the destination of `request`. Returns a sentence when the
  // request cannot be sent there.
  std::optional<std::string> apply(const EasyHandle& easy, const HttpRequest& request,
                                   std::chrono::seconds dns_cache);
  // The connection of the running request is closed afterwards.
  void close_afterwards(const EasyHandle& easy);
  // The next request must use a new connection.
  void use_fresh_connection(const EasyHandle& easy);
  // True when libcurl is about to resolve a name although the addresses are known.
  bool must_not_resolve() const { return several_pins_; }

 private:
  // A curl_slist with one entry.
  class OneText {
   public:
    curl_slist* set(std::string text);

   private:
    std::string text_;
    curl_slist node_{};
  };

  void set_pins(const EasyHandle& easy, const HttpRequest& request, std::chrono::seconds dns_cache);
  std::optional<std::string> set_proxy(const EasyHandle& easy, const HttpRequest& request);
  void set_source(const EasyHandle& easy, const HttpRequest& request);

  OneText connect_to_;
  OneText resolve_;
  bool several_pins_ = false;
  bool proxied_ = false;
  bool closes_ = false;  // the present value of CURLOPT_FORBID_REUSE
  bool fresh_ = false;   // the present value of CURLOPT_FRESH_CONNECT
};

// The IP address in `address`; empty for families other than IPv4 and IPv6.
std::optional<asio::ip::address> address_of(const sockaddr& address);
// True when the pins of `request` allow `address`.
bool is_pinned(const HttpRequest& request, const sockaddr& address);

// The port that an absolute, canonical http or https URL leads to.
std::uint16_t port_of_url(std::string_view url);

}  // namespace gvm::net
