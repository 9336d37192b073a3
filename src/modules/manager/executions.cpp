#include "manager/executions.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <charconv>

#include "base/json.h"
#include "manager/codes.h"
#include "manager/signal.h"
#include "text/json.h"

namespace gvm::manager {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kConnect{5'000};
constexpr std::chrono::milliseconds kStatus{2'000};
constexpr std::size_t kMostStatusBytes = 4 * kMiB;

std::unexpected<Error> failed(std::string why) {
  return fail(codes::kExecutionsFailed, Fatality::fatal, std::move(why));
}

// Both directions of a connection that is passed on. When one side closes, both go.
struct Tunnel {
  Tunnel(asio::io_context& context, Stream& near)
      : client(near), upstream(context), ended(context) {}
  void close() {
    boost::system::error_code ignored;
    client.socket().close(ignored);
    upstream.socket().close(ignored);
  }
  Stream& client;
  Stream upstream;
  Signal ended;
  bool upgrade = false;
  bool client_ended = false;  // nothing more is read from it
};

// What comes from one side goes to the other one, the end too.
asio::awaitable<void> pump(Stream& from, Stream& to) {
  std::array<char, 65536> bytes;
  for (;;) {
    const auto into = asio::buffer(bytes);
    const auto [error, count] = co_await from.async_read_some(into, kToken);
    if (error) break;
    const auto part = asio::buffer(bytes.data(), count);
    const auto [failed_write, written] = co_await asio::async_write(to, part, kToken);
    (void)written;
    if (failed_write) co_return;
  }
  boost::system::error_code ignored;
  to.socket().shutdown(asio::socket_base::shutdown_send, ignored);
}

// An ordinary client may close its half and wait for the answer; a WebSocket that is closed is
// over.
asio::awaitable<void> pump_client(std::shared_ptr<Tunnel> tunnel) {
  auto pumping = pump(tunnel->client, tunnel->upstream);
  co_await std::move(pumping);
  if (tunnel->upgrade) tunnel->close();
}

// The request as it goes on: with the other's Host, and without what is between the client and us.
std::string rewritten(Request request, const std::string& authority, bool upgrade) {
  request.set(http::field::host, authority);
  request.erase(http::field::expect);
  request.erase(http::field::authorization);  // our token is nobody else's business
  if (!upgrade) {
    request.set(http::field::connection, "close");
    request.erase(http::field::transfer_encoding);
    if (!request.body().empty()) request.content_length(request.body().size());
  }
  std::string text(request.method_string());
  text += ' ';
  text.append(request.target().data(), request.target().size());
  text += " HTTP/1.1\r\n";
  for (const auto& field : request) {
    text.append(field.name_string().data(), field.name_string().size());
    text += ": ";
    text.append(field.value().data(), field.value().size());
    text += "\r\n";
  }
  return text + "\r\n" + request.body();
}

}  // namespace

std::string ExecutionsAddress::authority() const {
  if (!path.empty()) return "localhost";
  const bool v6 = host.find(':') != host.npos;
  return (v6 ? "[" + host + "]" : host) + ":" + port;
}

Result<ExecutionsAddress> parse_executions_address(std::string_view url) {
  const std::string text(url);
  ExecutionsAddress address;
  if (url.starts_with("unix:///")) {
    address.path = url.substr(std::string_view("unix://").size());
    return address;
  }
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme))
    return failed("--executions " + text + ": expected http://host:port or unix:///path");
  url.remove_prefix(kScheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  if (url.empty() || url.find_first_of("/?#@") != url.npos)
    return failed("--executions " + text + ": expected nothing but host and port");
  const auto colon = url.rfind(':');
  const bool has_port = colon != url.npos && url.find(']', colon) == url.npos;
  address.host = url.substr(0, has_port ? colon : url.npos);
  address.port = has_port ? url.substr(colon + 1) : "80";
  if (address.host.starts_with('[') && address.host.ends_with(']'))
    address.host = address.host.substr(1, address.host.size() - 2);
  unsigned port = 0;
  const char* const end = address.port.data() + address.port.size();
  const auto parsed = std::from_chars(address.port.data(), end, port);
  if (address.host.empty() || parsed.ec != std::errc() || parsed.ptr != end || port == 0 ||
      port > 65535)
    return failed("--executions " + text + ": expected http://host:port");
  return address;
}

asio::awaitable<beast::error_code> Executions::connect(Stream& upstream) {
  if (!address_.path.empty()) {
    upstream.expires_after(kConnect);
    const Stream::endpoint_type there(asio::local::stream_protocol::endpoint(address_.path));
    const auto [error] = co_await upstream.async_connect(there, kToken);
    co_return error;
  }
  asio::ip::tcp::resolver resolver(context_);
  const auto [failure, found] =
      co_await resolver.async_resolve(address_.host, address_.port, kToken);
  beast::error_code last = failure;
  for (const auto& entry : found) {
    const Stream::endpoint_type there(entry.endpoint());
    upstream.close();
    upstream.expires_after(kConnect);
    const auto [error] = co_await upstream.async_connect(there, kToken);
    last = error;
    if (!last) break;
  }
  co_return last;
}

asio::awaitable<Result<Value>> Executions::status() {
  Stream upstream(context_);
  auto connecting = connect(upstream);
  auto error = co_await std::move(connecting);
  if (error) co_return failed("nobody answers at --executions: " + error.message());
  upstream.expires_after(kStatus);
  const std::string text =
      "GET /status HTTP/1.1\r\nHost: " + address_.authority() + "\r\nConnection: close\r\n\r\n";
  const auto bytes = asio::buffer(text);
  const auto [write_error, written] = co_await asio::async_write(upstream, bytes, kToken);
  (void)written;
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMostStatusBytes);
  const auto [read_error, count] = co_await http::async_read(upstream, buffer, parser, kToken);
  (void)count;
  error = write_error ? write_error : read_error;
  if (error) co_return failed("no status from --executions: " + error.message());
  auto status = text::parse_json(parser.get().body());
  if (!status || status->as_map() == nullptr)
    co_return failed("the status of --executions is no JSON object");
  co_return std::move(*status);
}

asio::awaitable<void> Executions::pass_on(Stream& client, Request request, std::string early) {
  const bool upgrade = beast::websocket::is_upgrade(request);
  auto tunnel = std::make_shared<Tunnel>(context_, client);
  tunnel->upgrade = upgrade;
  auto connecting = connect(tunnel->upstream);
  const auto error = co_await std::move(connecting);
  std::string text;
  if (error) {
    logger_.debug("nobody answers at --executions", {{"error", Value::string(error.message())}});
    auto answer = error_answer(
        500, "the manager that runs executors (--executions) does not answer: " + error.message());
    text =
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nConnection: "
        "close\r\nContent-Length: " +
        std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
    const auto bytes = asio::buffer(text);
    (void)co_await asio::async_write(client, bytes, kToken);
    co_return;
  }
  tunnel->upstream.expires_never();
  client.expires_never();
  text = rewritten(std::move(request), address_.authority(), upgrade);
  if (upgrade) text += early;
  const auto bytes = asio::buffer(text);
  const auto [write_error, count] = co_await asio::async_write(tunnel->upstream, bytes, kToken);
  (void)count;
  if (write_error) co_return;
  // Without an upgrade, too: a client that goes away must end the request upstream.
  asio::co_spawn(context_, pump_client(tunnel), [tunnel](const std::exception_ptr&) {
    tunnel->client_ended = true;
    tunnel->ended.set();
  });
  auto pumping = pump(tunnel->upstream, client);
  co_await std::move(pumping);
  tunnel->close();
  while (!tunnel->client_ended) {
    auto waiting = tunnel->ended.wait(Deadline::never());
    co_await std::move(waiting);
  }
}

}  // namespace gvm::manager
