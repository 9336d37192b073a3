#include "manager/http_server.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <vector>

#include "base/json.h"
#include "base/sampled_logger.h"
#include "serve/http_answer.h"
#include "serve/peer_rules.h"

namespace gvm::manager {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kAcceptBackoff{50};
constexpr std::chrono::milliseconds kLinger{1'000};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

using Parser = http::request_parser<http::string_body>;
using Socket = asio::generic::stream_protocol::socket;

class Connection;

struct Shared {
  std::shared_ptr<HttpHandler> handler;
  Access access;
  HttpLimits limits;
  log::Logger logger;
  std::unique_ptr<log::SampledLogger> sampled;
  std::size_t connections = 0;
  std::vector<Connection*> waiting = {};  // for a request to begin; the longest first
};

class Connection {
 public:
  Connection(std::shared_ptr<Shared> shared, Socket socket)
      : shared_(std::move(shared)), stream_(std::move(socket)) {
    ++shared_->connections;
  }
  ~Connection() { --shared_->connections; }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Makes room: the peer has asked nothing.
  void close() {
    std::erase(shared_->waiting, this);
    boost::system::error_code ignored;
    stream_.socket().close(ignored);
  }

  static asio::awaitable<void> run(std::unique_ptr<Connection> self) {
    bool more = true;
    while (more) {
      auto answering = self->answer_one();
      more = co_await std::move(answering);
    }
    auto lingering = self->linger();
    co_await std::move(lingering);
  }

 private:
  // Is in the list while it lives.
  class Waiting {
   public:
    explicit Waiting(Connection& of) : connection_(of) { of.shared_->waiting.push_back(&of); }
    ~Waiting() { std::erase(connection_.shared_->waiting, &connection_); }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    Connection& connection_;
  };

  asio::awaitable<beast::error_code> read_header(Parser& parser) {
    const Waiting waiting(*this);
    stream_.expires_after(first_ ? shared_->limits.header_timeout : shared_->limits.idle_timeout);
    first_ = false;
    const auto [error, count] = co_await http::async_read_header(stream_, buffer_, parser, kToken);
    (void)count;
    co_return error;
  }

  // False: the connection is done.
  asio::awaitable<bool> answer_one() {
    auto parser = std::make_unique<Parser>();
    parser->header_limit(static_cast<std::uint32_t>(shared_->limits.header_bytes));
    parser->body_limit(shared_->limits.body_bytes);
    auto heading = read_header(*parser);
    const beast::error_code error = co_await std::move(heading);
    if (error) {
      auto refusing = refuse(error);
      co_await std::move(refusing);
      co_return false;
    }
    const auto refusal = judge(parser->get());
    if (refusal) {
      shared_->sampled->warn("a request was refused",
                             {{"reason", Value::string(std::string(refusal->sentence))}},
                             refusal->sentence);
      auto sending = send(error_answer(refusal->status, refusal->sentence), false);
      co_await std::move(sending);
      co_return false;
    }
    auto reading = read_body(*parser);
    const bool whole = co_await std::move(reading);
    if (!whole) co_return false;
    Request request = parser->release();
    stream_.expires_never();
    if (shared_->handler->is_passed_on(request)) {
      auto early = beast::buffers_to_string(buffer_.data());
      auto passing = shared_->handler->pass_on(stream_, std::move(request), std::move(early));
      co_await std::move(passing);
      co_return false;
    }
    auto answering = shared_->handler->answer(request);
    Answer answer = co_await std::move(answering);
    auto sending = send(std::move(answer), request.keep_alive());
    const bool sent = co_await std::move(sending);
    co_return sent&& request.keep_alive();
  }

  std::optional<Access::Refusal> judge(const http::request_header<>& request) {
    const auto field = [&](http::field name) {
      const auto value = request[name];
      return std::string_view(value.data(), value.size());
    };
    const std::string_view target(request.target().data(), request.target().size());
    const bool is_forwarded = request.count(http::field::forwarded) > 0 ||
                              request.count("X-Forwarded-For") > 0 ||
                              request.count("X-Real-IP") > 0 || request.count(http::field::via) > 0;
    return shared_->access.judge(
        {.path = target.substr(0, target.find('?')),
         .authorization = field(http::field::authorization),
         .host = field(http::field::host),
         .origin = field(http::field::origin),
         .is_local = serve::is_local_peer(stream_.socket().native_handle()),
         .is_forwarded = is_forwarded});
  }

  asio::awaitable<bool> read_body(Parser& parser) {
    if (parser.is_done()) co_return true;
    stream_.expires_after(shared_->limits.body_timeout);
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      const auto bytes = asio::buffer(kContinue);
      const auto [error, count] = co_await asio::async_write(stream_, bytes, kToken);
      (void)count;
      if (error) co_return false;
    }
    const auto [error, count] = co_await http::async_read(stream_, buffer_, parser, kToken);
    (void)count;
    if (!error) co_return true;
    auto refusing = refuse(error);
    co_await std::move(refusing);
    co_return false;
  }

  // A peer that still sends would lose the answer to a reset.
  asio::awaitable<void> linger() {
    boost::system::error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    stream_.expires_after(kLinger);
    std::array<char, 16384> dropped;
    const auto into = asio::buffer(dropped);
    for (;;) {
      const auto [error, count] = co_await stream_.async_read_some(into, kToken);
      (void)count;
      if (error) co_return;
    }
  }

  // Peers that went away or were too slow get no answer.
  asio::awaitable<void> refuse(beast::error_code error) {
    if (error.category() != http::make_error_code(http::error::end_of_stream).category() ||
        error == http::error::end_of_stream || error == http::error::partial_message)
      co_return;
    Answer answer = error_answer(400, "no HTTP request: " + error.message());
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
      answer = error_answer(431, "the request's header is too long");
    if (error == http::error::body_limit)
      answer = error_answer(400, "the request's body is over " +
                                     std::to_string(shared_->limits.body_bytes) + " bytes");
    auto sending = send(std::move(answer), false);
    co_await std::move(sending);
  }

  asio::awaitable<bool> send(Answer answer, bool keep_alive) {
    const auto reason = http::obsolete_reason(static_cast<http::status>(answer.status));
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " ";
    text.append(reason.data(), reason.size());
    text += "\r\nContent-Type: " + answer.content_type;
    text += "\r\nContent-Length: " + std::to_string(answer.body.size());
    text += "\r\n";
    text += serve::kSecurityHeaders;
    if (answer.status == 401) text += "WWW-Authenticate: Bearer\r\n";
    if (!keep_alive) text += "Connection: close\r\n";
    text += answer.extra_headers + "\r\n" + answer.body;
    stream_.expires_after(shared_->limits.write_timeout);
    const auto bytes = asio::buffer(text);
    const auto [error, count] = co_await asio::async_write(stream_, bytes, kToken);
    (void)count;
    co_return !error;
  }

  std::shared_ptr<Shared> shared_;
  Stream stream_;
  beast::flat_buffer buffer_;
  bool first_ = true;
};

}  // namespace

Answer error_answer(unsigned status, std::string_view sentence) {
  Answer answer;
  answer.status = status;
  answer.body =
      json::write(Value::object({{"error", Value::string(std::string(sentence))}})) + "\n";
  return answer;
}

asio::awaitable<void> serve_http(std::shared_ptr<serve::Listener> listener,
                                 std::shared_ptr<HttpHandler> handler, Access access,
                                 HttpLimits limits, log::Logger logger) {
  auto sampled = std::make_unique<log::SampledLogger>(logger);
  auto shared = std::make_shared<Shared>(
      Shared{std::move(handler), std::move(access), limits, std::move(logger), std::move(sampled)});
  auto& acceptor = listener->acceptor();
  asio::steady_timer pause(acceptor.get_executor());
  while (acceptor.is_open()) {
    auto [error, accepted] = co_await acceptor.async_accept(kToken);
    if (error) {
      pause.expires_after(kAcceptBackoff);
      (void)co_await pause.async_wait(kToken);
      continue;
    }
    if (shared->connections >= limits.connections) {
      shared->logger.debug("too many connections: one is closed");
      if (shared->waiting.empty()) continue;
      shared->waiting.front()->close();
    }
    auto connection = std::make_unique<Connection>(shared, Socket(std::move(accepted)));
    asio::co_spawn(acceptor.get_executor(), Connection::run(std::move(connection)), asio::detached);
  }
}

}  // namespace gvm::manager
