#pragma once
// Where an exchange's connection goes: pinned addresses, a proxy, a local end, a Unix socket.
// Internal to net/.
//
// Pins are part of a pooled connection's identity: libcurl is told to connect to the pinned address
// in place of the host, or, with several, to a made-up name of exactly these addresses (so happy
// eyeballs stays libcurl's). A connection to other addresses is never taken from the pool.
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

  // Sets every option that depends on where `request` goes. A sentence when it cannot go there.
  std::optional<std::string> apply(const EasyHandle& easy, const HttpRequest& request,
                                   std::chrono::seconds dns_cache);
  // The connection of the request under way is not kept for another.
  void close_afterwards(const EasyHandle& easy);
  // The request that is about to be sent goes over no pooled connection.
  void use_fresh_connection(const EasyHandle& easy);
  // True when libcurl is about to ask for a name though the addresses are known.
  bool must_not_resolve() const { return several_pins_; }

 private:
  // A curl_slist of one text.
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
  bool closes_ = false;  // CURLOPT_FORBID_REUSE as it is set
  bool fresh_ = false;   // CURLOPT_FRESH_CONNECT as it is set
};

// The address of `address`; empty for other families than IPv4 and IPv6.
std::optional<asio::ip::address> address_of(const sockaddr& address);
// Whether `address` may be dialled for `request` as far as its pins go.
bool is_pinned(const HttpRequest& request, const sockaddr& address);

// The port that an absolute, canonical http or https URL leads to.
std::uint16_t port_of_url(std::string_view url);

}  // namespace gvm::net
