#pragma once
// A network namespace in which every address is local, and sinks that count whatever arrives there
// directly, by TCP or UDP, at any IPv4 or IPv6 address. What is counted here would have left the
// machine elsewhere. Needs root.
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/fd.h"

namespace gvm::test {

// This thread, and those it starts from now on, in a network namespace with loopback only. Goes
// back at its end. Throws when it is not permitted.
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
  // In the namespace of process `inside`; 0: this thread's own.
  AnyAddressSinks(pid_t inside, const std::vector<std::uint16_t>& tcp,
                  const std::vector<std::uint16_t>& udp);

  // Sends to each sink what it must count, from inside its namespace.
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
