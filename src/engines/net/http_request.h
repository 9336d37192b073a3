#pragma once
// One HTTP request, with the limits that hold for its exchange.
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "base/size.h"
#include "net/address_policy.h"
#include "net/http_header.h"
#include "net/http_limits.h"
#include "net/http_version.h"

namespace gvm::net {

struct HttpProxy {
  std::string url;  // http://, https:// or socks5://, host and port; without user info
  Secret username;
  Secret password;
  // The proxy checks and resolves names itself, so it gets the name. Otherwise it gets the pinned
  // address.
  bool filters = false;
};

// What to do when a pooled connection turns out to be closed before a byte of the answer came. The
// server may have processed the request nevertheless.
enum class Resend {
  always,       // send again on a new connection, without an error
  safe_method,  // only GET, HEAD, OPTIONS, PUT and DELETE; else the error says request_sent
  never,
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // absolute, http or https, canonical
  std::vector<HttpHeader> headers;
  std::vector<SecretHeader> secret_headers;
  std::string body;
  bool has_body = false;  // an empty body is sent as a body when this is set
  HttpTimeouts timeouts;
  std::size_t max_body = 32 * kMiB;      // of the answer, after decompression
  std::size_t max_headers = 256 * kKiB;  // of the answer
  std::size_t max_header_count = 1'000;  // of the answer
  DecompressionLimit decompression;
  MinimumSpeed min_speed;
  HttpVersion version = HttpVersion::best;
  Resend resend = Resend::always;

  // Not empty: exactly these addresses are dialled, by happy eyeballs, whatever the name resolves
  // to; a pooled connection to another address is not used. Each must still pass allow_address. A
  // proxy that does not filter is asked to connect to the first one, always by a tunnel.
  Addresses pinned_addresses;
  // Checked by allow_proxy_address instead of allow_address. When allow_address is set, a proxy
  // that does not filter needs pinned_addresses.
  std::optional<HttpProxy> proxy;
  std::string source;            // a local address, or "if:NAME" for an interface; empty: any
  std::string unix_socket_path;  // dialled instead of the URL's host; no address policy applies
};

}  // namespace gvm::net
