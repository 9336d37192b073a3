#pragma once
// Sockets that the process got from whoever started it: `bind_address: fd://N`, or socket
// activation (sd_listen_fds(3): LISTEN_PID and LISTEN_FDS).
#include <vector>

#include "base/error.h"

namespace gvm::serve {

struct InheritedSocket {
  enum class Role { listening, connected };
  int fd = -1;
  int family = 0;  // AF_INET, AF_INET6 or AF_UNIX
  Role role = Role::listening;
};

// Looks at the descriptor, makes it non-blocking and keeps it from child processes. It stays open
// in every case. LISTEN_FAILED says why it cannot be used.
Result<InheritedSocket> inspect_inherited(int fd);

// The descriptors that socket activation has given to this process; empty when there is none.
// Removes the variables, so that no child takes them for its own.
std::vector<int> take_activation_descriptors();

}  // namespace gvm::serve
