#include "support/cdp_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace gvm::test {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using local = asio::local::stream_protocol;
using Error = boost::system::error_code;

constexpr std::size_t kLargestMessage = 64UL * 1024 * 1024;

// Runs one operation to its end.
template <class Start>
void finish(asio::io_context& context, std::chrono::steady_clock::time_point end,
            const std::string& what, Start&& start) {
  std::optional<Error> outcome;
  start([&outcome](Error error, auto...) { outcome = error; });
  while (!outcome && std::chrono::steady_clock::now() < end) {
    context.restart();
    context.run_one_until(end);
  }
  if (!outcome) throw std::runtime_error(what + ": timeout");
  if (*outcome) throw std::runtime_error(what + ": " + outcome->message());
}

}  // namespace

class CdpClient::Impl {
 public:
  Impl(const std::string& socket, const std::string& host, const std::string& path,
       std::chrono::milliseconds timeout)
      : timeout_(timeout), ws_(context_) {
    ws_.next_layer().connect(local::endpoint(socket));
    ws_.read_message_max(kLargestMessage);
    finish(context_, std::chrono::steady_clock::now() + timeout_, "handshake",
           [&](auto done) { ws_.async_handshake(host, path, done); });
  }

  std::string call(std::string_view method, std::string_view params, std::string_view session,
                   std::chrono::milliseconds timeout) {
    const auto end = std::chrono::steady_clock::now() + (timeout.count() > 0 ? timeout : timeout_);
    const auto id = std::to_string(++last_id_);
    std::string message = "{\"id\":" + id + ",\"method\":\"" + std::string(method) + "\",";
    if (!session.empty()) message += "\"sessionId\":\"" + std::string(session) + "\",";
    message += "\"params\":" + std::string(params) + "}";
    finish(context_, end, std::string(method),
           [&](auto done) { ws_.async_write(asio::buffer(message), done); });
    const std::string begin = "{\"id\":" + id + ",";
    for (;;) {
      beast::flat_buffer buffer;
      finish(context_, end, std::string(method), [&](auto done) { ws_.async_read(buffer, done); });
      auto reply = beast::buffers_to_string(buffer.data());
      if (reply.starts_with(begin)) return reply;
    }
  }

 private:
  std::chrono::milliseconds timeout_;
  asio::io_context context_{1};
  beast::websocket::stream<local::socket> ws_;
  int last_id_ = 0;
};

CdpClient::CdpClient(const std::string& socket, const std::string& host, const std::string& path,
                     std::chrono::milliseconds timeout)
    : impl_(std::make_unique<Impl>(socket, host, path, timeout)) {}

CdpClient::~CdpClient() = default;

std::string CdpClient::call(std::string_view method, std::string_view params,
                            std::string_view session, std::chrono::milliseconds timeout) {
  return impl_->call(method, params, session, timeout);
}

std::string json_field(std::string_view text, std::string_view key) {
  const std::string begin = "\"" + std::string(key) + "\":\"";
  const auto at = text.find(begin);
  if (at == text.npos) return {};
  const auto from = at + begin.size();
  auto to = from;
  while (to < text.size() && text[to] != '"') to += text[to] == '\\' ? 2 : 1;
  return std::string(text.substr(from, to - from));
}

std::string unix_http(const std::string& socket, std::string_view request,
                      std::chrono::milliseconds timeout) {
  asio::io_context context{1};
  local::socket connection(context);
  connection.connect(local::endpoint(socket));
  const auto end = std::chrono::steady_clock::now() + timeout;
  finish(context, end, "sending",
         [&](auto done) { asio::async_write(connection, asio::buffer(request), done); });
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  finish(context, end, "reading",
         [&](auto done) { http::async_read(connection, buffer, response, done); });
  std::ostringstream text;
  text << response;
  return text.str();
}

}  // namespace gvm::test
