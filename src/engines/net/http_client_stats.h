#pragma once
#include <cstddef>

namespace gvm::net {

// Counters for /metrics; read from other threads.
struct HttpClientStats {
  std::size_t active = 0;
  std::size_t opened_connections = 0;
  std::size_t reused_connections = 0;
};

}  // namespace gvm::net
