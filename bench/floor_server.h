#pragma once
// Shared by the floors: a bare Beast WebSocket server, one thread per lane, one coroutine per
// connection. Prints "ready PORT" and serves until the process is killed.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace gvm::bench {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using WebSocket = beast::websocket::stream<tcp::socket, false>;
inline constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

// As the module sends: whole binary messages, at once.
inline WebSocket make_websocket(tcp::socket socket) {
  socket.set_option(tcp::no_delay(true));
  WebSocket ws(std::move(socket));
  ws.auto_fragment(false);
  ws.binary(true);
  return ws;
}

template <class Session>
asio::awaitable<void> accept_all(tcp::acceptor& acceptor,
                                 std::vector<std::unique_ptr<asio::io_context>>& lanes,
                                 Session session) {
  for (std::size_t next = 0;; ++next) {
    auto& lane = *lanes[next % lanes.size()];
    auto [error, socket] = co_await acceptor.async_accept(lane, kToken);
    if (error) continue;
    tcp::socket accepted(std::move(socket));
    asio::co_spawn(lane, session(std::move(accepted)), asio::detached);
  }
}

// `session(socket)` is the coroutine of one connection. `port` 0: any free one.
template <class Session>
void serve_floor(std::uint16_t port, std::size_t threads, Session session) {
  std::vector<std::unique_ptr<asio::io_context>> lanes;
  for (std::size_t i = 0; i < threads; ++i) lanes.push_back(std::make_unique<asio::io_context>(1));
  tcp::acceptor acceptor(*lanes[0], {asio::ip::address_v4::loopback(), port});
  asio::co_spawn(*lanes[0], accept_all(acceptor, lanes, session), asio::detached);
  std::printf("ready %u\n", unsigned{acceptor.local_endpoint().port()});
  std::fflush(stdout);
  std::vector<std::thread> running;
  for (auto& lane : lanes) {
    running.emplace_back([&lane] {
      const auto work = asio::make_work_guard(*lane);
      lane->run();
    });
  }
  for (auto& thread : running) thread.join();
}

}  // namespace gvm::bench
