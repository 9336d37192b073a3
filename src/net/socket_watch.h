#pragma once
// libcurl's sockets as Asio descriptors. A socket stays registered with the reactor from its first
// use until libcurl closes it, however often libcurl looks away between requests: that saves two
// system calls a request. Internal to net/.
#include <curl/curl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <vector>

namespace gvm::net {

namespace asio = boost::asio;

class SocketWatch {
 public:
  // `on_ready(fd, CURL_CSELECT_* bits)` is called from the reactor, never from inside libcurl.
  using OnReady = std::function<void(curl_socket_t fd, int bits)>;

  SocketWatch(asio::io_context& context, OnReady on_ready);
  ~SocketWatch();
  SocketWatch(const SocketWatch&) = delete;
  SocketWatch& operator=(const SocketWatch&) = delete;

  // Opened by us for libcurl: close() will be called for it, so its registration may outlive
  // libcurl's interest.
  void opened(curl_socket_t fd);
  // libcurl's interest: CURL_POLL_IN, _OUT, _INOUT or _REMOVE.
  void want(curl_socket_t fd, int what);
  // Lets go of the socket, then closes it.
  void close(curl_socket_t fd);
  // Lets go of all sockets; none is watched again.
  void release_all();

 private:
  struct Entry;
  struct Slot {
    std::shared_ptr<Entry> entry;
    bool ours = false;
  };

  Slot& slot(curl_socket_t fd);
  void release(Slot& slot);
  void watch(const std::shared_ptr<Entry>& entry);
  void wait(const std::shared_ptr<Entry>& entry, int bit);
  void ready(const std::shared_ptr<Entry>& entry, int bit, const boost::system::error_code& ec);

  asio::io_context& context_;
  OnReady on_ready_;
  std::vector<Slot> slots_;  // by file descriptor
};

}  // namespace gvm::net
