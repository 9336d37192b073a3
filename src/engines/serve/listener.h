#pragma once
// The listening socket, TCP or Unix. Owned by the server, used on the first lane's thread.
#include <sys/types.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "serve/inherited.h"
#include "serve/listen_address.h"

namespace gvm::serve {

namespace asio = boost::asio;

// How a socket file is made.
struct UnixFile {
  unsigned mode = 0600;
  std::string group = {};  // name or number; empty: that of the process
};

class Listener {
 public:
  using Acceptor =
      asio::basic_socket_acceptor<asio::generic::stream_protocol, asio::io_context::executor_type>;

  // LISTEN_FAILED says why not. A Unix socket file that nobody listens on any more is replaced.
  static Result<std::unique_ptr<Listener>> open(asio::io_context& context,
                                                const ListenAddress& address, int backlog,
                                                const UnixFile& file);
  // Takes over an inherited socket that listens already. Its file, if it has one, is not ours.
  static Result<std::unique_ptr<Listener>> adopt(asio::io_context& context,
                                                 const InheritedSocket& socket);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  Acceptor& acceptor() { return acceptor_; }
  // With the port the kernel chose.
  const ListenAddress& address() const { return address_; }
  // Stops listening and removes the socket file, if it is still ours.
  void close();

 private:
  Listener(asio::io_context& context, ListenAddress address)
      : acceptor_(context), address_(std::move(address)) {}
  Result<void> open_tcp(int backlog);
  Result<void> open_unix(int backlog, const UnixFile& file);
  // Takes over `fd`, bound, and listens.
  Result<void> listen(int fd, int family, int backlog);

  Acceptor acceptor_;
  ListenAddress address_;
  bool owns_file_ = false;
  dev_t device_ = 0;  // of the socket file
  ino_t inode_ = 0;
};

}  // namespace gvm::serve
