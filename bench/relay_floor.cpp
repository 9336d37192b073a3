// The floor of a relay: a bare Beast WebSocket server that makes one HTTP call per message on a
// connection kept open, reads the answer by its Content-Length, and always replies the same. Two
// lanes, as the module has on two cores; no calldata, no Lua, no routing, no ledger.
// `bench_relay_floor UPSTREAM_PORT [THREADS]` prints "ready PORT" and relays until it is killed.
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdlib>
#include <string>

#include "envelope/reply.h"
#include "floor_server.h"

namespace gvm::bench {
namespace {

namespace http = beast::http;

const std::string& answer() {
  static const std::string kAnswer = envelope::encode_ok(
      Value::fields("data", Value::string(std::string("The capital of France is Paris.")),
                    "consumed_gen", Value::integer(Integer())),
      envelope::Generation::a);
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

// One call per message after the hello.
asio::awaitable<void> relay(tcp::socket socket, std::uint16_t upstream_port) {
  tcp::socket upstream(socket.get_executor());
  const tcp::endpoint to(asio::ip::address_v4::loopback(), upstream_port);
  const auto [unreachable] = co_await upstream.async_connect(to, kToken);
  if (unreachable) co_return;
  upstream.set_option(tcp::no_delay(true));
  auto ws = make_websocket(std::move(socket));
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

}  // namespace
}  // namespace gvm::bench

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: bench_relay_floor UPSTREAM_PORT [THREADS]\n", stderr);
    return 64;
  }
  const auto upstream = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const std::size_t threads = argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 2;
  gvm::bench::serve_floor(0, threads, [upstream](gvm::bench::tcp::socket socket) {
    return gvm::bench::relay(std::move(socket), upstream);
  });
}
