#include "serve/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "base/error_codes.h"
#include "serve/codes.h"
#include "serve/http_pages.h"
#include "serve/linger.h"
#include "serve/session.h"
#include "serve/ws_channel.h"

namespace gvm::serve {
namespace {

namespace http = beast::http;
using Parser = http::request_parser<http::empty_body>;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kFirstRead = 1024;

// A peer whose machine is gone sends no FIN: it is noticed after about a minute.
constexpr int kKeepaliveIdleSeconds = 30;
constexpr int kKeepaliveIntervalSeconds = 10;
constexpr int kKeepaliveProbes = 3;

// Closes a connection that does not become a session, or is not answered, in time.
class Handshake final : public Watched {
 public:
  Handshake(std::shared_ptr<Hub> hub, Stream& stream) : hub_(std::move(hub)), stream_(stream) {
    const auto limit = hub_->core().options.handshake_timeout;
    if (limit.count() > 0) due_ = Clock::now() + limit;
    hub_->add(*this);
    hub_->watch(due_);
  }
  ~Handshake() override { hub_->remove(*this); }
  Handshake(const Handshake&) = delete;
  Handshake& operator=(const Handshake&) = delete;

  // Everything is said; the peer has this long to close.
  void answered() {
    due_ = Clock::now() + hub_->core().options.close_timeout;
    hub_->watch(due_);
  }

  Clock::time_point on_tick(Clock::time_point now) override {
    if (now < due_) return due_;
    stream_.close();
    return Clock::time_point::max();
  }
  void drain() override {}
  void abort() override { stream_.close(); }

 private:
  std::shared_ptr<Hub> hub_;
  Stream& stream_;
  Clock::time_point due_ = Clock::time_point::max();
};

struct Opened {
  std::unique_ptr<Channel> channel;  // none: the connection is done
  Ticket place;
};

// Finds out what the peer speaks and answers what is no session.
class Opening {
 public:
  Opening(std::shared_ptr<Hub> hub, Stream& stream)
      : hub_(std::move(hub)), stream_(stream), handshake_(hub_, stream) {}

  asio::awaitable<Opened> run() {
    std::string first(kFirstRead, '\0');
    const auto into = asio::buffer(first);
    const auto [error, count] = co_await stream_.async_read_some(into, kToken);
    Opened opened;
    if (error || count == 0) co_return opened;
    first.resize(count);
    // Every HTTP method begins with a capital; a length that does is over kLargestMessageLimit.
    const bool is_http = first[0] >= 'A' && first[0] <= 'Z';
    stream_.unread(std::move(first));
    auto opening = is_http ? open_http() : open_framed();
    opened = co_await std::move(opening);
    co_return opened;
  }

 private:
  asio::awaitable<Opened> open_framed() {
    Opened opened;
    auto channel = make_framed_channel(stream_, core().options, hub_->counters());
    auto place = core().gate.begin_session(address());
    if (place) {
      hub_->counters().sessions_framed.add(1);
      opened.place = std::move(*place);
      opened.channel = std::move(channel);
      co_return opened;
    }
    count_refusal(place.error());
    const bool stopping = place.error() == Refusal::stopping;
    const Error error(stopping ? codes::kShuttingDown : codes::kTooManySessions, Fatality::fatal,
                      refusal_sentence(place.error()));
    CloseReason reason;
    reason.fatal_reply = core().service.fatal_reply(error);
    auto closing = channel->close(std::move(reason));
    co_await std::move(closing);
    auto ending = wait_for_close();
    co_await std::move(ending);
    co_return opened;
  }

  asio::awaitable<Opened> open_http() {
    Opened opened;
    auto parser = std::make_unique<Parser>();
    auto reading = read_header(*parser);
    const auto error = co_await std::move(reading);
    if (error) {
      if (error.category() != http::make_error_code(http::error::end_of_stream).category())
        co_return opened;
      const bool too_long =
          error == http::error::header_limit || error == http::error::buffer_overflow;
      auto page = too_long ? http_error(431, "the request's header is too long")
                           : http_error(400, "no HTTP request: " + error.message());
      auto sending = respond(std::move(page));
      co_await std::move(sending);
      co_return opened;
    }
    if (!beast::websocket::is_upgrade(parser->get())) {
      hub_->counters().http_requests.add(1);
      const auto& request = parser->get();
      const auto target = request.target();
      auto page =
          answer_http(core(), request.method(), std::string_view(target.data(), target.size()));
      auto sending = respond(std::move(page));
      co_await std::move(sending);
      co_return opened;
    }
    auto upgrading = open_websocket(std::move(parser));
    opened = co_await std::move(upgrading);
    co_return opened;
  }

  asio::awaitable<beast::error_code> read_header(Parser& parser) {
    parser.header_limit(static_cast<std::uint32_t>(core().options.max_http_header_bytes));
    beast::flat_buffer buffer(core().options.max_http_header_bytes + kFirstRead);
    const auto [error, count] = co_await http::async_read_header(stream_, buffer, parser, kToken);
    (void)count;
    stream_.unread(beast::buffers_to_string(buffer.data()));
    co_return error;
  }

  asio::awaitable<Opened> open_websocket(std::unique_ptr<Parser> parser) {
    Opened opened;
    // A body would be taken for frames.
    const bool has_body = parser->chunked() || parser->content_length().value_or(0) > 0;
    auto place = core().gate.begin_session(address());
    if (has_body || !place) {
      if (!has_body) count_refusal(place.error());
      auto page = has_body ? http_error(400, "an upgrade request has no body")
                           : http_refusal(place.error());
      auto sending = respond(std::move(page));
      co_await std::move(sending);
      co_return opened;
    }
    auto request = std::make_shared<UpgradeRequest>(parser->release());
    auto accepting =
        accept_websocket(stream_, std::move(request), core().options, hub_->counters());
    opened.channel = co_await std::move(accepting);
    if (opened.channel) {
      hub_->counters().sessions_websocket.add(1);
      opened.place = std::move(*place);
      co_return opened;
    }
    auto ending = wait_for_close();
    co_await std::move(ending);
    co_return opened;
  }

  asio::awaitable<void> respond(HttpAnswer page) {
    const auto text = http_response(core(), page);
    const auto bytes = asio::buffer(text);
    const auto [error, count] = co_await asio::async_write(stream_, bytes, kToken);
    (void)count;
    if (error) co_return;
    auto ending = wait_for_close();
    co_await std::move(ending);
  }

  asio::awaitable<void> wait_for_close() {
    handshake_.answered();
    auto lingering = linger(stream_);
    co_await std::move(lingering);
  }

  void count_refusal(Refusal refusal) {
    hub_->counters().refused[static_cast<std::size_t>(refusal)].add(1);
    core().log.warn("session refused",
                    {{"limit", Value::string(kRefusalNames[static_cast<std::size_t>(refusal)])}});
  }

  // The peer's IP address; empty for a Unix socket.
  std::string address() {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(stream_.socket().native_handle(), reinterpret_cast<sockaddr*>(&peer),
                      &size) != 0)
      return {};
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* bytes = nullptr;
    if (peer.ss_family == AF_INET) bytes = &reinterpret_cast<const sockaddr_in*>(&peer)->sin_addr;
    if (peer.ss_family == AF_INET6)
      bytes = &reinterpret_cast<const sockaddr_in6*>(&peer)->sin6_addr;
    if (bytes == nullptr) return {};
    return ::inet_ntop(peer.ss_family, bytes, text.data(), text.size()) == nullptr ? ""
                                                                                   : text.data();
  }

  Core& core() { return hub_->core(); }

  std::shared_ptr<Hub> hub_;
  Stream& stream_;
  Handshake handshake_;
};

void set_option(int fd, int level, int name, int value) {
  (void)::setsockopt(fd, level, name, &value,
                     sizeof value);  // fails on a Unix socket, where none is needed
}

void tune(Socket& socket) {
  const int fd = socket.native_handle();
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveIdleSeconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepaliveIntervalSeconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepaliveProbes);
}

asio::awaitable<Opened> open(std::shared_ptr<Hub> hub, Stream& stream) {
  auto opening = std::make_unique<Opening>(std::move(hub), stream);
  auto running = opening->run();
  auto opened = co_await std::move(running);
  co_return opened;
}

}  // namespace

asio::awaitable<void> serve_connection(std::shared_ptr<Hub> hub, Socket socket,
                                       [[maybe_unused]] Ticket ticket) {
  hub->counters().connections.add(1);
  tune(socket);
  auto stream = std::make_unique<Stream>(std::move(socket));
  auto opening = open(hub, *stream);
  auto opened = co_await std::move(opening);
  if (!opened.channel) co_return;
  const auto id = hub->core().next_session.fetch_add(1);
  auto session = std::make_shared<Session>(hub, std::move(stream), std::move(opened.channel), id);
  auto running = session->run(session);
  co_await std::move(running);
}

}  // namespace gvm::serve
