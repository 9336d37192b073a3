// The floor of a relay: a bare Beast WebSocket server that makes one HTTP call a message on a
// connection kept open, reads it by its Content-Length and answers always the same. Two lanes, as
// the module has on two cores; no calldata, no Lua, no routing, no ledger.
// `bench_relay_floor UPSTREAM_PORT [THREADS]` prints "ready PORT" and relays until it is ended.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "envelope/reply.h"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

const std::string& answer() {
  static const std::string kAnswer = gvm::envelope::encode_ok(
      gvm::Value::fields("data", gvm::Value::string(std::string("The capital of France is Paris.")),
                         "consumed_gen", gvm::Value::integer(gvm::Integer())));
  return kAnswer;
}

http::request<http::string_body> make_request() {
  http::request<http::string_body> request(http::verb::post, "/v1/chat/completions", 11);
  request.set(http::field::host, "127.0.0.1");
  request.set(http::field::content_type, "application/json");
  request.set(http::field::authorization, "Bearer bench");
  request.body() =
      R"({"max_tokens":8000,"messages":[{"content":[{"text":"What is the capital of France?","type":"text"}],)"
      R"("role":"user"}],"model":"mock","stream":false,"temperature":0.7})";
  request.prepare_payload();
  return request;
}

// One call a message after the hello.
asio::awaitable<void> relay(tcp::socket socket, std::uint16_t upstream_port) {
  socket.set_option(tcp::no_delay(true));
  tcp::socket upstream(socket.get_executor());
  const tcp::endpoint to(asio::ip::address_v4::loopback(), upstream_port);
  const auto [unreachable] = co_await upstream.async_connect(to, kToken);
  if (unreachable) co_return;
  upstream.set_option(tcp::no_delay(true));
  beast::websocket::stream<tcp::socket, false> ws(std::move(socket));
  ws.auto_fragment(false);
  ws.binary(true);
  const auto [refused] = co_await ws.async_accept(kToken);
  if (refused) co_return;
  beast::flat_buffer message;
  beast::flat_buffer answered;
  const auto request = make_request();
  for (bool hello = true;; hello = false) {
    const auto [read_error, read] = co_await ws.async_read(message, kToken);
    if (read_error) co_return;
    message.consume(message.size());
    if (hello) continue;
    const auto [send_error, sent] = co_await http::async_write(upstream, request, kToken);
    if (send_error) co_return;
    http::response<http::string_body> response;
    const auto [answer_error, got] =
        co_await http::async_read(upstream, answered, response, kToken);
    if (answer_error) co_return;
    const auto [write_error, written] = co_await ws.async_write(asio::buffer(answer()), kToken);
    if (write_error) co_return;
  }
}

asio::awaitable<void> accept_all(tcp::acceptor& acceptor,
                                 std::vector<std::unique_ptr<asio::io_context>>& lanes,
                                 std::uint16_t upstream_port) {
  for (std::size_t next = 0;; ++next) {
    auto& lane = *lanes[next % lanes.size()];
    auto [error, socket] = co_await acceptor.async_accept(lane, kToken);
    if (error) continue;
    tcp::socket accepted(std::move(socket));
    asio::co_spawn(lane, relay(std::move(accepted), upstream_port), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: bench_relay_floor UPSTREAM_PORT [THREADS]\n", stderr);
    return 64;
  }
  const auto upstream_port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const std::size_t threads = argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 2;
  std::vector<std::unique_ptr<asio::io_context>> lanes;
  for (std::size_t i = 0; i < threads; ++i) lanes.push_back(std::make_unique<asio::io_context>(1));
  tcp::acceptor acceptor(*lanes[0], {asio::ip::address_v4::loopback(), 0});
  asio::co_spawn(*lanes[0], accept_all(acceptor, lanes, upstream_port), asio::detached);
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
