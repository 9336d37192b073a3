#pragma once
// Where a module listens: `host:port`, `[v6]:port` or `unix:///path` (wire.md, "Transport" and "A
// second framing").
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gvm::serve {

struct ListenAddress {
  std::string host;  // empty for a Unix socket
  std::uint16_t port = 0;
  std::string path;  // absolute; empty for TCP

  bool is_unix() const { return !path.empty(); }
  std::string to_string() const;
};

// INVALID_CONFIG says what is wrong with `text`.
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace gvm::serve
