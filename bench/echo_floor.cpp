// The floor: a bare Beast WebSocket echo server, one thread per core, nothing else.
// `bench_echo_floor [PORT] [THREADS]` prints "ready PORT" and echoes until it is killed. Costs
// above this are those of the module.
#include <boost/beast/core/flat_buffer.hpp>
#include <cstdlib>

#include "floor_server.h"

namespace gvm::bench {
namespace {

asio::awaitable<void> echo(tcp::socket socket) {
  auto ws = make_websocket(std::move(socket));
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

}  // namespace
}  // namespace gvm::bench

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  const std::size_t threads = argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 1;
  gvm::bench::serve_floor(port, threads, gvm::bench::echo);
}
