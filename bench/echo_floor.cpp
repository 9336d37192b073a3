// The floor: a bare Beast WebSocket echo server, one thread a core, nothing else. `bench_echo_floor
// [PORT] [THREADS]` prints "ready PORT" and echoes until it is ended. What the module costs beyond
// this is the module's.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

asio::awaitable<void> echo(tcp::socket socket) {
  socket.set_option(tcp::no_delay(true));
  beast::websocket::stream<tcp::socket, false> ws(std::move(socket));
  ws.auto_fragment(false);
  ws.binary(true);
  const auto [refused] = co_await ws.async_accept(kToken);
  if (refused) co_return;
  beast::flat_buffer buffer;
  for (;;) {
    const auto [read_error, read] = co_await ws.async_read(buffer, kToken);
    if (read_error) co_return;
    const auto bytes = buffer.data();
    const auto [write_error, written] = co_await ws.async_write(bytes, kToken);
    if (write_error) co_return;
    buffer.consume(buffer.size());
  }
}

asio::awaitable<void> accept_all(tcp::acceptor& acceptor,
                                 std::vector<std::unique_ptr<asio::io_context>>& lanes) {
  for (std::size_t next = 0;; ++next) {
    auto& lane = *lanes[next % lanes.size()];
    auto [error, socket] = co_await acceptor.async_accept(lane, kToken);
    if (error) continue;
    tcp::socket accepted(std::move(socket));
    asio::co_spawn(lane, echo(std::move(accepted)), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  const std::size_t threads = argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 1;
  std::vector<std::unique_ptr<asio::io_context>> lanes;
  for (std::size_t i = 0; i < threads; ++i) lanes.push_back(std::make_unique<asio::io_context>(1));
  tcp::acceptor acceptor(*lanes[0], {asio::ip::address_v4::loopback(), port});
  asio::co_spawn(*lanes[0], accept_all(acceptor, lanes), asio::detached);
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
