#include "support/ws_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <stdexcept>

namespace gvm::test {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;

constexpr std::size_t kLargestMessage = 64UL * 1024 * 1024;

}  // namespace

class WsClient::Impl {
 public:
  Impl(std::uint16_t port, std::chrono::milliseconds timeout) : timeout_(timeout) {
    auto& socket = ws_.next_layer();
    socket.connect({asio::ip::address_v4::loopback(), port});
    socket.set_option(tcp::no_delay(true));
    ws_.binary(true);
    ws_.auto_fragment(false);
    ws_.read_message_max(kLargestMessage);
    ws_.control_callback([this](websocket::frame_type kind, beast::string_view) {
      if (kind == websocket::frame_type::pong) ++pongs_;
      if (kind == websocket::frame_type::close) closed_ = true;
    });
    websocket::response_type response;
    const auto error =
        finish([&](auto done) { ws_.async_handshake(response, "localhost", "/", done); });
    if (!error) return;
    throw std::runtime_error("upgrade refused with " + std::to_string(response.result_int()) +
                             ": " + error.message());
  }

  void send(std::string_view bytes, bool fin = true) {
    const auto error = finish([&](auto done) {
      ws_.async_write_some(fin, asio::buffer(bytes), [done](auto ec, std::size_t) { done(ec); });
    });
    if (error) throw std::runtime_error("send: " + error.message());
  }

  void text(bool on) { on ? ws_.text(true) : ws_.binary(true); }

  void ping(std::string_view payload) {
    const websocket::ping_data data(beast::string_view(payload.data(), payload.size()));
    (void)finish([&](auto done) { ws_.async_ping(data, done); });
  }

  bool receive_pong(std::chrono::milliseconds span) {
    const int before = pongs_seen_;
    const bool came = run_until([&] { return pongs_ > before; }, span);
    pongs_seen_ = pongs_;
    return came;
  }

  std::optional<std::string> receive() {
    expect([&] { return !messages_.empty() || ended_; }, "receive");
    if (messages_.empty()) return {};
    auto message = std::move(messages_.front());
    messages_.pop_front();
    return message;
  }

  std::uint16_t receive_close() {
    expect([&] { return ended_; }, "receive_close");
    return closed_ ? static_cast<std::uint16_t>(ws_.reason().code) : 0;
  }

  std::string close_text() const {
    return {ws_.reason().reason.data(), ws_.reason().reason.size()};
  }

  void send_close(std::uint16_t code) {
    ws_.async_close(static_cast<websocket::close_code>(code), [](beast::error_code) {});
    context_.restart();
    context_.poll();
  }

  void vanish() { ws_.next_layer().close(); }

  void reset() {
    ws_.next_layer().set_option(asio::socket_base::linger(true, 0));
    ws_.next_layer().close();
  }

 private:
  // Runs one operation to its end.
  template <class Start>
  beast::error_code finish(Start&& start) {
    auto result = std::make_shared<std::optional<beast::error_code>>();
    start([result](beast::error_code ec) { *result = ec; });
    if (!run([&] { return result->has_value(); }, timeout_)) throw std::runtime_error("timed out");
    return **result;
  }

  template <class Ready>
  bool run(Ready&& ready, std::chrono::milliseconds span) {
    const auto end = std::chrono::steady_clock::now() + span;
    context_.restart();
    while (!ready()) {
      if (context_.run_one_until(end) == 0) {
        if (std::chrono::steady_clock::now() >= end) return ready();
        context_.restart();
      }
    }
    return true;
  }

  template <class Ready>
  bool run_until(Ready&& ready, std::chrono::milliseconds span) {
    if (!reading_) read();
    return run(ready, span);
  }

  template <class Ready>
  void expect(Ready&& ready, const char* what) {
    if (!run_until(ready, timeout_)) throw std::runtime_error(std::string(what) + " timed out");
  }

  void read() {
    reading_ = true;
    ws_.async_read(buffer_, [this](beast::error_code ec, std::size_t) {
      if (ec) {
        ended_ = true;
        return;
      }
      messages_.push_back(beast::buffers_to_string(buffer_.data()));
      buffer_.consume(buffer_.size());
      read();
    });
  }

  std::chrono::milliseconds timeout_;
  asio::io_context context_{1};
  websocket::stream<tcp::socket, false> ws_{context_};
  beast::flat_buffer buffer_;
  std::deque<std::string> messages_;
  int pongs_ = 0;
  int pongs_seen_ = 0;
  bool reading_ = false;
  bool ended_ = false;
  bool closed_ = false;  // a close frame came
};

WsClient::WsClient(std::uint16_t port, std::chrono::milliseconds timeout)
    : impl_(std::make_unique<Impl>(port, timeout)) {}

WsClient::~WsClient() = default;

void WsClient::send(std::string_view binary) {
  impl_->send(binary);
}

void WsClient::send_text(std::string_view text) {
  impl_->text(true);
  impl_->send(text);
  impl_->text(false);
}

void WsClient::send_fragments(const std::vector<std::string>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) impl_->send(parts[i], i + 1 == parts.size());
}

void WsClient::ping(std::string_view payload) {
  impl_->ping(payload);
}

bool WsClient::receive_pong(std::chrono::milliseconds span) {
  return impl_->receive_pong(span);
}

std::optional<std::string> WsClient::receive() {
  return impl_->receive();
}

std::uint16_t WsClient::receive_close() {
  return impl_->receive_close();
}

std::string WsClient::close_text() const {
  return impl_->close_text();
}

void WsClient::send_close(std::uint16_t code) {
  impl_->send_close(code);
}

void WsClient::vanish() {
  impl_->vanish();
}

void WsClient::reset() {
  impl_->reset();
}

}  // namespace gvm::test
