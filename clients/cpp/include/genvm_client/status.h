#pragma once
// /health and /metrics of a module, which answers HTTP on the port of its sessions.
#include <cstdlib>
#include <string>

#include "genvm_client/json.h"
#include "genvm_client/socket.h"

namespace genvm {

struct Health {
  bool serving = false;  // false while the module shuts down or is unhealthy
  Value fields;          // the whole object
};

namespace detail {

struct Page {
  int status = 0;
  std::string body;
};

// The module closes the connection after the answer, which has a Content-Length.
inline Page get_page(const Endpoint& from, std::string_view path, const Deadline& deadline,
                     const Secure& secure) {
  constexpr std::size_t kLargestPage = std::size_t{16} << 20;
  const std::string what(path);
  const auto wire = connect(from, secure, deadline);
  wire->send("GET " + what + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", deadline);
  std::string all;
  std::string chunk(std::size_t{64} << 10, '\0');
  while (const auto count = wire->receive(chunk.data(), chunk.size(), deadline)) {
    all.append(chunk, 0, count);
    if (all.size() > kLargestPage) throw ProtocolError(what + " is too large");
  }
  const auto end = all.find("\r\n\r\n");
  if (end == std::string::npos || all.rfind("HTTP/1.1 ", 0) != 0 || all.size() < 12)
    throw ProtocolError(what + " is no HTTP answer");
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const auto at = all.find(kLength);
  const std::size_t body = end + 4;
  const bool whole = at != std::string::npos && at < end &&
                     all.compare(at + kLength.size(), all.find('\r', at + 2) - at - kLength.size(),
                                 std::to_string(all.size() - body)) == 0;
  if (!whole) throw ProtocolError(what + " is cut off");
  return {std::atoi(all.c_str() + 9), all.substr(body)};
}

}  // namespace detail

// ConnectError, ConnectionLost, DeadlineExceeded, or ProtocolError when what answers is no module.
// `secure`: for tls://.
inline Health health(const std::string& address, Milliseconds timeout = Milliseconds(10'000),
                     const Secure& secure = {}) {
  const auto page =
      detail::get_page(Endpoint::parse(address), "/health", Deadline(timeout), secure);
  auto fields = parse_json(page.body);
  const bool known = page.status == 200 || page.status == 503;
  if (!known || !fields || fields->find("program") == nullptr)
    throw ProtocolError("/health is not that of a module");
  return {page.status == 200, std::move(*fields)};
}

// The page in Prometheus' text form.
inline std::string metrics(const std::string& address, Milliseconds timeout = Milliseconds(10'000),
                           const Secure& secure = {}) {
  auto page = detail::get_page(Endpoint::parse(address), "/metrics", Deadline(timeout), secure);
  if (page.status != 200) throw ProtocolError("/metrics is not that of a module");
  return std::move(page.body);
}

}  // namespace genvm
