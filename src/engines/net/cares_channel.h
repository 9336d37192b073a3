#pragma once
// Connects c-ares to Asio: one channel, its sockets and its timer, on one io_context. Internal to
// net/.
#include <ares.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "net/resolver.h"

namespace gvm::net {

// The result of a query. The time to live is the shortest of all records of the answer.
struct DnsAnswer {
  int status = ARES_SUCCESS;  // of c-ares
  Addresses addresses = {};
  std::chrono::seconds ttl{0};
};

class CaresChannel {
 public:
  using Done = std::move_only_function<void(DnsAnswer)>;

  // Throws when c-ares cannot start or does not accept the servers: the start then fails.
  CaresChannel(asio::io_context& context, const ResolverOptions& options);
  // Every query still under way ends with ARES_EDESTRUCTION first.
  ~CaresChannel();
  CaresChannel(const CaresChannel&) = delete;
  CaresChannel& operator=(const CaresChannel&) = delete;

  // Queries both families at once. `done` may be called before this returns.
  void query(const std::string& host, Done done);

 private:
  struct Socket;

  static void on_socket(void* self, ares_socket_t fd, int readable, int writable);
  static void on_answer(void* done, int status, int timeouts, ares_addrinfo* found);
  void watch(ares_socket_t fd, bool readable, bool writable);
  void wait(const std::shared_ptr<Socket>& socket, bool for_write);
  void arm();

  asio::io_context& context_;
  std::shared_ptr<const char> alive_ =
      std::make_shared<const char>();  // timer handlers check that it still exists
  asio::steady_timer timer_;
  std::unordered_map<ares_socket_t, std::shared_ptr<Socket>> sockets_;
  ares_channel channel_ = nullptr;
};

}  // namespace gvm::net
