#pragma once
// Relays connections from a Unix socket outside to a loopback port inside.
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "apps/cell/loop.h"
#include "base/fd.h"

namespace gvm::cell {

class Relay;

class Forwarder {
 public:
  // Begins to accept. `loop` must outlive it.
  Forwarder(Loop& loop, Fd listener, std::uint16_t port);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

 private:
  friend class Relay;
  void accept();
  void drop(Relay* relay);

  Loop& loop_;
  Fd listener_;
  std::uint16_t port_;
  std::unordered_map<Relay*, std::unique_ptr<Relay>> relays_;
};

}  // namespace gvm::cell
