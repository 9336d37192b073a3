#pragma once
// Options of the sockets that sessions use.

namespace gvm::serve {

// No delay for small messages, and a probe that notices after about a minute a peer whose machine
// is gone without a FIN. A listening socket hands them on to the connections it accepts, which
// saves five system calls for each. Does nothing on a Unix socket, where none is needed.
void set_tcp_options(int fd);

}  // namespace gvm::serve
