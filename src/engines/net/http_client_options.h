#pragma once
// The settings of an HttpClient; they hold for its whole life.
#include <chrono>
#include <cstddef>
#include <string>

#include "net/address_policy.h"
#include "net/http_version.h"

namespace gvm::net {

struct HttpClientOptions {
  std::size_t max_connections = 1024;  // whole pool of a lane; further requests wait for a free one
  std::size_t max_connections_per_host = 0;  // 0: no limit
  // With more than this open, a connection is closed after its request.
  std::size_t max_idle_connections = 256;
  std::chrono::seconds dns_cache{60};
  std::chrono::seconds max_connection_age{118};  // idle longer: not reused
  std::string ca_file;                           // an extra CA bundle; empty: the system's store
  std::string user_agent = "genvm-modules";
  // Asked for every address before it is dialled, and again before each request on a pooled
  // connection. Empty: all allowed.
  AddressPolicy allow_address;
  AddressPolicy allow_proxy_address;  // the same for the addresses of proxies
  HttpVersion version = HttpVersion::best;
};

}  // namespace gvm::net
