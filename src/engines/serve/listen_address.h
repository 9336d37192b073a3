#pragma once
// Where a module listens: `host:port`, `[v6]:port`, `unix:///path` (wire.md, "Transport" and "A
// second framing"), or `fd://N`, an inherited socket that listens or is connected.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gvm::serve {

struct ListenAddress {
  std::string host;  // empty for a Unix socket
  std::uint16_t port = 0;
  std::string path;  // absolute; empty for TCP
  int fd = -1;       // of an inherited socket; then host and path are empty

  bool is_unix() const { return !path.empty(); }
  bool is_inherited() const { return fd >= 0; }
  // Nobody from elsewhere reaches it: a Unix socket, localhost, or an address of loopback.
  bool is_of_this_machine() const;
  std::string to_string() const;
};

// INVALID_CONFIG says what is wrong with `text`.
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace gvm::serve
