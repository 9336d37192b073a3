#include "apps/front/mock_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <exception>
#include <memory>

#include "base/size.h"

namespace gvm::apps {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMostBody = 64 * kMiB;

using Parser = http::request_parser<http::string_body>;
using Response = http::response<http::string_body>;

MockRequest request_of(Parser& parser) {
  auto message = parser.release();
  MockRequest request;
  request.method = message.method_string();
  request.target = message.target();
  for (const auto& field : message) {
    std::string name = field.name_string();
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    request.headers.emplace_back(std::move(name), field.value());
  }
  request.body = std::move(message.body());
  return request;
}

Response response_of(MockReply reply, const MockRequest& request) {
  Response response;
  response.version(11);
  response.result(reply.status);
  for (const auto& [name, value] : reply.headers) response.set(name, value);
  response.keep_alive(true);
  if (request.method == "HEAD") {
    response.content_length(reply.body.size());
    return response;
  }
  response.body() = std::move(reply.body);
  response.prepare_payload();
  return response;
}

bool is_tunnel(const MockRequest& request) {
  return request.method == "CONNECT";
}

std::string host_of(const MockRequest& request) {
  for (const auto& [name, value] : request.headers)
    if (name == "host") return value;
  return {};
}

enum class Ended { closed, asked_for_tunnel };

// Answers until the peer is silent, or asks for a tunnel. `scheme`: of the URLs in a tunnel, where
// targets are paths; empty: there is none around it.
template <class Stream>
asio::awaitable<Ended> serve_requests(Stream& stream, std::string scheme,
                                      const MockServer::Answer& answer) {
  beast::flat_buffer buffer;
  for (;;) {
    Parser parser;
    parser.body_limit(kMostBody);
    auto reading = http::async_read(stream, buffer, parser, kToken);
    const auto [error, size] = co_await std::move(reading);
    if (error) co_return Ended::closed;
    MockRequest request = request_of(parser);
    const bool tunnel = is_tunnel(request);
    if (!scheme.empty()) request.target.insert(0, scheme + host_of(request));
    MockReply reply = tunnel ? MockReply() : answer(request);
    if (reply.drop) co_return Ended::closed;
    Response response = response_of(std::move(reply), request);
    if (tunnel) response.erase(http::field::content_length);
    auto writing = http::async_write(stream, response, kToken);
    const auto [failure, written] = co_await std::move(writing);
    if (failure) co_return Ended::closed;
    if (tunnel) co_return Ended::asked_for_tunnel;
  }
}

// OpenSSL's: the peer has said which host it wants.
int choose_certificate(SSL* connection, int*, void* authority) {
  const char* host = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
  if (host == nullptr) return SSL_TLSEXT_ERR_NOACK;
  try {
    static_cast<const MockAuthority*>(authority)->present(connection, host);
  } catch (const std::exception&) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  return SSL_TLSEXT_ERR_OK;
}

asio::awaitable<void> serve_tls(tcp::socket& socket, const MockAuthority& authority,
                                const MockServer::Answer& answer) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  SSL_CTX_set_tlsext_servername_callback(context.native_handle(), choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(context.native_handle(),
                                    const_cast<MockAuthority*>(&authority));
  asio::ssl::stream<tcp::socket&> stream(socket, context);
  auto shaking = stream.async_handshake(asio::ssl::stream_base::server, kToken);
  const auto [error] = co_await std::move(shaking);
  if (error) co_return;
  auto serving = serve_requests(stream, "https://", answer);
  co_await std::move(serving);
}

asio::awaitable<void> serve_tunnel(tcp::socket& socket, const MockAuthority& authority,
                                   const MockServer::Answer& answer) {
  constexpr char kHandshake = 0x16;  // the first byte of TLS: RFC 8446, 5.1
  char first = 0;
  auto peeking = socket.async_receive(asio::buffer(&first, 1), tcp::socket::message_peek, kToken);
  const auto [error, size] = co_await std::move(peeking);
  if (error) co_return;
  if (first == kHandshake) {
    auto serving = serve_tls(socket, authority, answer);
    co_await std::move(serving);
  } else {
    auto serving = serve_requests(socket, "http://", answer);
    co_await std::move(serving);
  }
}

asio::awaitable<void> serve(tcp::socket socket, const MockAuthority& authority,
                            const MockServer::Answer& answer) {
  auto serving = serve_requests(socket, std::string(), answer);
  const Ended ended = co_await std::move(serving);
  if (ended == Ended::closed) co_return;
  auto tunnel = serve_tunnel(socket, authority, answer);
  co_await std::move(tunnel);
}

asio::awaitable<void> accept(std::shared_ptr<tcp::acceptor> acceptor,
                             const MockAuthority& authority, const MockServer::Answer& answer) {
  for (;;) {
    auto accepting = acceptor->async_accept(kToken);
    auto [error, socket] = co_await std::move(accepting);
    if (error) co_return;
    asio::co_spawn(acceptor->get_executor(), serve(std::move(socket), authority, answer),
                   asio::detached);
  }
}

}  // namespace

MockServer::MockServer(Answer answer) : answer_(std::move(answer)) {
  const tcp::endpoint loopback(asio::ip::address_v4::loopback(), 0);
  auto acceptor = std::make_shared<tcp::acceptor>(context_, loopback);
  port_ = acceptor->local_endpoint().port();
  asio::co_spawn(context_, accept(std::move(acceptor), authority_, answer_), asio::detached);
  thread_ = std::thread([this] { context_.run(); });
}

MockServer::~MockServer() {
  context_.stop();
  thread_.join();
}

}  // namespace gvm::apps
