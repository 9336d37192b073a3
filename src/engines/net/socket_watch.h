#pragma once
// Registers libcurl's sockets as Asio descriptors. A socket stays registered with the reactor from
// its first use until libcurl closes it, even when libcurl stops watching it between requests. That
// saves two system calls per request. Internal to net/.
//
// The reactor watches a duplicate of the file descriptor. libcurl closes some sockets without a
// callback, and asks to end the watch only afterwards. By then another thread may have accepted a
// connection with the same number for the same reactor, and that connection would get no more
// events.
#include <curl/curl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gvm::net {

namespace asio = boost::asio;

// What tells a connection of this process from all others.
struct ConnectionKey {
  std::string_view remote_ip;
  int remote_port;
  int local_port;
};

class SocketWatch {
 public:
  // `on_ready(fd, CURL_CSELECT_* bits)` is called from the reactor, never from inside libcurl.
  using OnReady = std::function<void(curl_socket_t fd, int bits)>;

  SocketWatch(asio::io_context& context, OnReady on_ready);
  ~SocketWatch();
  SocketWatch(const SocketWatch&) = delete;
  SocketWatch& operator=(const SocketWatch&) = delete;

  // A socket made for libcurl, about to connect. False when it cannot be watched because no file
  // descriptors are left. libcurl closes sockets that never became a connection without calling
  // close().
  [[nodiscard]] bool opened(curl_socket_t fd);
  // The events libcurl waits for: CURL_POLL_IN, _OUT, _INOUT or _REMOVE.
  void want(curl_socket_t fd, int what);
  // The socket of an established connection: one known from earlier requests, or one of
  // `candidates`. It is known from now on: close() will be called for it, so its registration may
  // last longer than libcurl's interest.
  curl_socket_t connected(const ConnectionKey& route, const std::vector<curl_socket_t>& candidates);
  // The connection is between two requests.
  void idle(curl_socket_t fd);
  // Ends idle(). True when the connection was idle and has unread input, including its end. libcurl
  // 7.88 would take such bytes as the answer to the next request.
  bool end_idle(curl_socket_t fd);
  // Unregisters the socket, then closes it.
  void close(curl_socket_t fd);
  // Unregisters all sockets; none is registered again.
  void release_all();

 private:
  struct Entry;
  struct Slot {
    std::shared_ptr<Entry> entry;  // from opening to closing, as far as libcurl reports it
    std::uint64_t route = 0;       // key in connections_; 0: not connected
    bool idle = false;
  };

  Slot& slot(curl_socket_t fd);
  void release(Slot& slot);
  void forget(Slot& slot);
  void watch(const std::shared_ptr<Entry>& entry);
  void wait(const std::shared_ptr<Entry>& entry, int bit);
  void ready(const std::shared_ptr<Entry>& entry, int bit, const boost::system::error_code& ec);

  asio::io_context& context_;
  OnReady on_ready_;
  std::vector<Slot> slots_;                                       // by file descriptor
  std::unordered_map<std::uint64_t, curl_socket_t> connections_;  // by route
};

}  // namespace gvm::net
