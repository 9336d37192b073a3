#include "client/connection.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <optional>

#include "base/deadline.h"
#include "base/error_codes.h"
#include "base/size.h"
#include "client/codes.h"
#include "client/transport.h"

namespace gvm::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

// A reply with two screenshots or long texts fits; a larger message does not come from a module.
constexpr std::size_t kLargestMessage = 256 * kMiB;

Error timed_out(std::string_view step) {
  return Error(codes::kDeadlineExceeded, Fatality::fatal, fmt::format("{} took too long", step));
}

Error lost(std::string_view step, const std::string& why) {
  return Error(codes::kConnectionLost, Fatality::fatal, fmt::format("{}: {}", step, why));
}

}  // namespace

class Connection::Impl {
 public:
  Impl() : stream_(context_) {}

  Result<void> open(const Target& target, std::chrono::milliseconds timeout,
                    const TlsTrust& trust) {
    const Deadline deadline = Deadline::in(timeout);
    if (auto connected = connect(target, deadline); !connected) return connected;
    if (target.tls)
      if (auto secured = secure(target, deadline, trust); !secured) return secured;
    websocket_ = target.framing == Target::Framing::websocket;
    if (!websocket_) return {};
    stream_.read_message_max(kLargestMessage);
    stream_.binary(true);
    const std::string host = target.host.empty() ? "localhost" : target.host + ":" + target.port;
    const std::string path = target.host.empty() ? "/" : target.path;
    beast::websocket::response_type response;
    auto error = run(deadline, [&](auto done) {
      stream_.async_handshake(response, host, path, [done](error_code e) { done(e, 0); });
    });
    if (!error) return fail(timed_out("the WebSocket handshake"));
    if (!*error) return {};
    const auto body = response.body();
    return fail(codes::kConnecting, Fatality::fatal,
                fmt::format("the WebSocket handshake failed: {}{}", error->message(),
                            response.result_int() >= 400
                                ? fmt::format(" (status {}: {})", response.result_int(), body)
                                : ""));
  }

  Result<void> send(std::string_view message, std::chrono::milliseconds timeout) {
    const Deadline deadline = Deadline::in(timeout);
    const std::array<unsigned char, 4> length = {static_cast<unsigned char>(message.size() >> 24),
                                                 static_cast<unsigned char>(message.size() >> 16),
                                                 static_cast<unsigned char>(message.size() >> 8),
                                                 static_cast<unsigned char>(message.size())};
    const std::array<asio::const_buffer, 2> framed = {asio::buffer(length), asio::buffer(message)};
    auto error = run(deadline, [&](auto done) {
      if (websocket_) {
        stream_.async_write(asio::buffer(message),
                            [done](error_code e, std::size_t n) { done(e, n); });
      } else {
        asio::async_write(stream_.next_layer(), framed,
                          [done](error_code e, std::size_t n) { done(e, n); });
      }
    });
    if (!error) return fail(timed_out("sending"));
    if (*error) return fail(lost("sending", error->message()));
    return {};
  }

  Result<std::string> receive(std::chrono::milliseconds timeout) {
    const Deadline deadline = Deadline::in(timeout);
    return websocket_ ? receive_websocket(deadline) : receive_prefixed(deadline);
  }

  void close() {
    if (!socket().is_open()) return;
    if (websocket_) {
      (void)run(Deadline::in(std::chrono::milliseconds(500)), [&](auto done) {
        stream_.async_close(beast::websocket::close_code::normal,
                            [done](error_code e) { done(e, 0); });
      });
    }
    error_code ignored;
    socket().close(ignored);
  }

 private:
  // Starts an operation and runs the context until it is done. Empty when the deadline passed
  // first; the socket is then closed.
  template <class Start>
  std::optional<error_code> run(Deadline deadline, Start start) {
    std::optional<error_code> result;
    start([&result](error_code error, std::size_t) { result = error; });
    context_.restart();
    context_.run_until(deadline.when());
    if (result) return result;
    error_code ignored;
    socket().close(ignored);
    context_.restart();
    context_.run();
    return std::nullopt;
  }

  Transport::Socket& socket() { return stream_.next_layer().socket(); }

  Result<void> secure(const Target& target, Deadline deadline, const TlsTrust& trust) {
    auto& transport = stream_.next_layer();
    if (auto used = transport.use_tls(trust, target.host); !used) return used;
    const auto error = run(deadline, [&](auto done) {
      transport.async_handshake([done](error_code e) { done(e, 0); });
    });
    if (!error) return fail(timed_out("the TLS handshake"));
    if (!*error) return {};
    const auto problem = transport.certificate_problem();
    return fail(codes::kConnecting, Fatality::fatal,
                fmt::format("{}:{}: the TLS handshake failed: {}", target.host, target.port,
                            problem.empty() ? error->message()
                                            : problem + " (--ca names the file of its authority)"));
  }

  Result<void> connect(const Target& target, Deadline deadline) {
    std::vector<asio::generic::stream_protocol::endpoint> endpoints;
    if (target.host.empty()) {
      endpoints.emplace_back(asio::local::stream_protocol::endpoint(target.path));
    } else {
      error_code error;
      asio::ip::tcp::resolver resolver(context_);
      for (const auto& found : resolver.resolve(target.host, target.port, error))
        endpoints.emplace_back(found.endpoint());
      if (error)
        return fail(codes::kConnecting, Fatality::fatal,
                    fmt::format("{}: {}", target.host, error.message()));
    }
    std::optional<error_code> last;
    for (const auto& endpoint : endpoints) {
      error_code ignored;
      socket().close(ignored);
      last = run(deadline, [&](auto done) {
        socket().async_connect(endpoint, [done](error_code e) { done(e, 0); });
      });
      if (last && !*last) {
        if (!target.host.empty()) socket().set_option(asio::ip::tcp::no_delay(true), ignored);
        return {};
      }
    }
    if (!last) return fail(timed_out("connecting"));
    return fail(codes::kConnecting, Fatality::fatal,
                fmt::format("{}: {}; is the module running?",
                            target.host.empty() ? target.path : target.host + ":" + target.port,
                            last->message()));
  }

  Result<std::string> receive_websocket(Deadline deadline) {
    beast::flat_buffer buffer;
    auto error = run(deadline, [&](auto done) {
      stream_.async_read(buffer, [done](error_code e, std::size_t n) { done(e, n); });
    });
    if (!error) return fail(timed_out("the reply"));
    if (*error == beast::websocket::error::closed) {
      const auto& reason = stream_.reason();
      return fail(lost("the module closed the session",
                       fmt::format("code {} {}", static_cast<unsigned>(reason.code),
                                   std::string_view(reason.reason))));
    }
    if (*error) return fail(lost("receiving", error->message()));
    return beast::buffers_to_string(buffer.data());
  }

  Result<std::string> receive_prefixed(Deadline deadline) {
    std::array<unsigned char, 4> head{};
    auto read = [&](asio::mutable_buffer into) {
      return run(deadline, [&](auto done) {
        asio::async_read(stream_.next_layer(), into,
                         [done](error_code e, std::size_t n) { done(e, n); });
      });
    };
    auto error = read(asio::buffer(head));
    if (!error) return fail(timed_out("the reply"));
    if (*error) return fail(lost("receiving", error->message()));
    const std::size_t length = std::size_t{head[0]} << 24 | std::size_t{head[1]} << 16 |
                               std::size_t{head[2]} << 8 | head[3];
    if (length > kLargestMessage)
      return fail(lost("receiving", fmt::format("a message of {} bytes", length)));
    std::string message(length, '\0');
    error = read(asio::buffer(message));
    if (!error) return fail(timed_out("the reply"));
    if (*error) return fail(lost("receiving", error->message()));
    return message;
  }

  asio::io_context context_{1};
  beast::websocket::stream<Transport> stream_;
  bool websocket_ = true;
};

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() {
  if (impl_) impl_->close();
}

Result<Connection> Connection::open(const Target& target, std::chrono::milliseconds timeout,
                                    const TlsTrust& trust) {
  auto impl = std::make_unique<Impl>();
  if (auto opened = impl->open(target, timeout, trust); !opened)
    return fail(std::move(opened).error());
  return Connection(std::move(impl));
}

Result<void> Connection::send(std::string_view message, std::chrono::milliseconds timeout) {
  return impl_->send(message, timeout);
}
Result<std::string> Connection::receive(std::chrono::milliseconds timeout) {
  return impl_->receive(timeout);
}
void Connection::close() {
  impl_->close();
}

}  // namespace gvm::client
