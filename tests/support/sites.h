#pragma once
// The sites of tests/data/sites on loopback: pages as frameworks make them, the npm packages that
// they load (scripts/setup-node.sh), answers that come late, and a WebSocket that sends messages.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/http_server.h"

namespace gvm::test {

class Sites {
 public:
  Sites();
  ~Sites();
  Sites(const Sites&) = delete;
  Sites& operator=(const Sites&) = delete;

  // Why they cannot be shown: what is to be done. Empty when all is there.
  static std::string missing();
  // The names of all sites, sorted.
  static std::vector<std::string> names();
  // What a person reads on it.
  static std::string text(std::string_view name);

  std::string url(std::string_view name) const;
  std::uint16_t port() const { return server_.port(); }

 private:
  class Feed;
  std::unique_ptr<Feed> feed_;
  HttpServer server_;
};

}  // namespace gvm::test
