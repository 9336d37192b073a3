#pragma once
// A network namespace in which every address is local, and sinks that count everything that arrives
// there by TCP or UDP, at any IPv4 or IPv6 address. Traffic counted here would otherwise have left
// the machine. Needs root.
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/fd.h"

namespace gvm::test {

// Moves this thread, and those it starts from now on, into a network namespace with loopback only;
// moves it back when destroyed. Throws when it is not permitted.
class OwnNetwork {
 public:
  OwnNetwork();
  ~OwnNetwork();
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;

 private:
  Fd before_;
};

class AnyAddressSinks {
 public:
  // In the namespace of process `inside`; 0: that of this thread.
  AnyAddressSinks(pid_t inside, const std::vector<std::uint16_t>& tcp,
                  const std::vector<std::uint16_t>& udp);

  // Sends a test packet to each sink from inside its namespace; each must count it.
  void knock(const std::string& address) const;
  // Connections and datagrams since the last call, as "tcp 80".
  std::vector<std::string> take();

 private:
  struct Sink {
    Fd socket;
    std::uint16_t port;
    bool is_tcp;
  };
  pid_t inside_;
  std::vector<Sink> sinks_;
};

}  // namespace gvm::test
