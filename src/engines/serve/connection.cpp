#include "serve/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <iterator>

#include "base/error_codes.h"
#include "serve/codes.h"
#include "serve/http_pages.h"
#include "serve/linger.h"
#include "serve/page_call.h"
#include "serve/page_service.h"
#include "serve/peer_rules.h"
#include "serve/plain_request.h"
#include "serve/session.h"
#include "serve/ws_channel.h"
#include "serve/ws_handshake.h"

namespace gvm::serve {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using Parser = http::request_parser<http::empty_body>;

constexpr std::size_t kOneRead = 1024;  // most upgrade requests fit
constexpr std::string_view kPlainText =
    "this port speaks TLS and got plain text: use wss://, https:// or tls://";

// Closes a connection that does not become a session, or is not answered, in time.
class Handshake final : public TrackedConnection {
 public:
  Handshake(std::shared_ptr<ConnectionRegistry> registry, Stream& stream, Door door)
      : registry_(std::move(registry)), stream_(stream), makes_way_(door == Door::admin) {
    const auto limit = registry_->core().options.handshake_timeout;
    if (limit.count() > 0) due_ = Clock::now() + limit;
    registry_->add(*this);
    registry_->watch(due_);
  }
  ~Handshake() override { registry_->remove(*this); }
  Handshake(const Handshake&) = delete;
  Handshake& operator=(const Handshake&) = delete;

  // The peer has asked something.
  void asked() { makes_way_ = false; }

  // A page is being made: the peer waits, not the server. Until writes().
  void waits_for(PageCall& page) {
    page_ = &page;
    due_ = Clock::time_point::max();
  }

  // The page is made; the peer has this long to read it.
  void writes() {
    page_ = nullptr;
    const auto limit = registry_->core().options.write_timeout;
    if (limit.count() > 0) due_ = Clock::now() + limit;
    registry_->watch(due_);
  }

  // The answer is written; the peer has this long to close.
  void answered() {
    due_ = Clock::now() + registry_->core().options.close_timeout;
    registry_->watch(due_);
  }

  Clock::time_point on_tick(Clock::time_point now) override {
    if (now < due_) return due_;
    stream_.close();
    return Clock::time_point::max();
  }
  void drain() override {}
  void abort() override {
    makes_way_ = false;
    if (page_ != nullptr) page_->cancel();
    stream_.close();
  }
  Clock::time_point waits_since() const override {
    return makes_way_ ? began_ : Clock::time_point::max();
  }

 private:
  std::shared_ptr<ConnectionRegistry> registry_;
  Stream& stream_;
  const Clock::time_point began_ = Clock::now();
  bool makes_way_;
  Clock::time_point due_ = Clock::time_point::max();
  PageCall* page_ = nullptr;
};

// Of the framing that has no status to tell it by.
std::string_view code_of(RefusalReason refusal) {
  if (refusal == RefusalReason::stopping) return codes::kShuttingDown;
  if (refusal == RefusalReason::peer_address || refusal == RefusalReason::peer_user)
    return codes::kPeerForbidden;
  if (refusal == RefusalReason::memory) return codes::kOverloaded;
  return codes::kTooManySessions;
}

struct Opened {
  std::unique_ptr<Channel> channel;  // none: the connection is done
  Admission place;
  Token token = Token::not_needed;
};

// Finds out what the peer speaks and answers what is no session.
class Opening {
 public:
  Opening(std::shared_ptr<ConnectionRegistry> registry, Stream& stream, Door door)
      : registry_(std::move(registry)),
        stream_(stream),
        door_(door),
        handshake_(registry_, stream, door) {}

  asio::awaitable<Opened> run() {
    if (speaks_tls()) {
      auto securing = secure();
      const bool secured = co_await std::move(securing);
      if (!secured) co_return Opened();
    }
    std::string first;
    auto reading = read_more(first);
    const auto received = co_await std::move(reading);
    Opened opened;
    if (received.count == 0) co_return opened;
    if (door_ == Door::admin && !is_http(first)) {
      registry_->counters().violations.add(1);
      auto ending = wait_for_close();
      co_await std::move(ending);
      co_return opened;
    }
    auto opening = is_http(first) ? open_http(std::move(first)) : open_framed(std::move(first));
    opened = co_await std::move(opening);
    co_return opened;
  }

 private:
  bool speaks_tls() {
    const auto& options = core().options;
    return options.tls && (door_ == Door::sessions || options.admin.tls);
  }

  // False: the connection is done.
  asio::awaitable<bool> secure() {
    auto shaking_hands = stream_.secure(core().options.tls->get());
    const auto end = co_await std::move(shaking_hands);
    registry_->counters().tls[static_cast<std::size_t>(end.outcome)].add(1);
    if (end.outcome == TlsOutcome::secured) co_return true;
    if (end.outcome == TlsOutcome::left) co_return false;
    const bool is_plain = end.outcome == TlsOutcome::plain_text;
    const std::string_view why = is_plain ? kPlainText : std::string_view(end.problem);
    core().sampled.warn("TLS handshake refused", {{"reason", Value::string(std::string(why))}},
                        why);
    auto ending = is_plain ? answer_plain_text() : wait_for_close();
    co_await std::move(ending);
    co_return false;
  }

  // Tells a peer in its own form that the port is not for plain text.
  asio::awaitable<void> answer_plain_text() {
    std::string first;
    auto reading = read_more(first);
    const auto received = co_await std::move(reading);
    if (received.count == 0) co_return;
    if (is_http(first)) {
      auto sending = respond(http_error(400, kPlainText));
      co_await std::move(sending);
      co_return;
    }
    auto channel = make_framed_channel(stream_, core().options, registry_->counters());
    CloseReason reason;
    reason.fatal_reply = core().service.fatal_reply(
        Error(codes::kTlsNeeded, Fatality::fatal, std::string(kPlainText)));
    auto closing = channel->close(std::move(reason));
    co_await std::move(closing);
    auto ending = wait_for_close();
    co_await std::move(ending);
  }

  // Every HTTP method begins with a capital; a length that does is over kLargestMessageLimit.
  static bool is_http(const std::string& first) { return first[0] >= 'A' && first[0] <= 'Z'; }

  // Appends what comes next to `bytes`, which stays in place meanwhile.
  asio::awaitable<Stream::Received> read_more(std::string& bytes) {
    const std::size_t filled = bytes.size();
    bytes.resize(filled + kOneRead);
    const asio::mutable_buffer into(bytes.data() + filled, kOneRead);
    auto receiving = stream_.receive(into);
    const auto received = co_await std::move(receiving);
    bytes.resize(filled + received.count);
    co_return received;
  }

  asio::awaitable<Opened> open_framed(std::string first) {
    Opened opened;
    stream_.unread(std::move(first));
    auto channel = make_framed_channel(stream_, core().options, registry_->counters());
    auto place = begin_session();
    if (place) {
      registry_->counters().sessions_framed.add(1);
      opened.token = needs_token() ? Token::needed : Token::not_needed;
      opened.place = std::move(*place);
      opened.channel = std::move(channel);
      co_return opened;
    }
    count_refusal(place.error());
    const Error error(code_of(place.error()), Fatality::fatal, refusal_sentence(place.error()));
    CloseReason reason;
    reason.fatal_reply = core().service.fatal_reply(error);
    auto closing = channel->close(std::move(reason));
    co_await std::move(closing);
    auto ending = wait_for_close();
    co_await std::move(ending);
    co_return opened;
  }

  asio::awaitable<Opened> open_http(std::string head) {
    Opened opened;
    auto parser = std::make_unique<Parser>();
    auto reading = read_header(*parser, std::move(head));
    const auto error = co_await std::move(reading);
    handshake_.asked();
    if (error) {
      const bool too_long = error == http::error::header_limit;
      auto page = too_long ? http_error(431, "the request's header is too long")
                           : http_error(400, "no HTTP request: " + error.message());
      auto sending = respond(std::move(page));
      co_await std::move(sending);
      co_return opened;
    }
    const bool is_admin = door_ == Door::admin;
    if (const auto refused = is_admin ? std::nullopt : judged_peer()) {
      count_refusal(*refused);
      auto sending = respond(http_refusal(*refused));
      co_await std::move(sending);
      co_return opened;
    }
    auto* pages = is_admin ? nullptr : dynamic_cast<PageService*>(&core().service);
    const bool is_upgrade = beast::websocket::is_upgrade(parser->get());
    if (pages != nullptr || is_admin || !is_upgrade) {
      registry_->counters().http_requests.add(1);
      auto answering =
          pages != nullptr ? answer_by(*pages, parser->get()) : answer_plain_request(parser->get());
      co_await std::move(answering);
      co_return opened;
    }
    auto upgrading = open_websocket(std::move(parser));
    opened = co_await std::move(upgrading);
    co_return opened;
  }

  std::optional<RefusalReason> judged_peer() {
    return judge_peer(core().options.peers, stream_.socket().native_handle());
  }

  asio::awaitable<void> answer_by(PageService& pages, const Parser::value_type& request) {
    const auto method = request.method_string();
    const auto target = request.target();
    auto page = pages.page(registry_->lane(), std::string(method.data(), method.size()),
                           std::string(target.data(), target.size()));
    auto answering = answer_page(std::move(page));
    co_await std::move(answering);
  }

  asio::awaitable<void> answer_plain_request(const Parser::value_type& request) {
    auto answer = answer_plain(core(), {.method = request.method(),
                                        .target = text_of(request.target()),
                                        .watcher = watcher(request),
                                        .door = door_});
    if (answer.refused) count_refusal(*answer.refused);
    auto answering =
        answer.later ? answer_page(std::move(*answer.later)) : respond(std::move(answer.now));
    co_await std::move(answering);
  }

  static std::string_view text_of(beast::string_view text) { return {text.data(), text.size()}; }

  // Views into the request. Two tokens are no token.
  Watcher watcher(const Parser::value_type& request) {
    const auto [first, last] = request.equal_range(http::field::authorization);
    const bool several = first != last && std::next(first) != last;
    const auto shown = first == last ? beast::string_view() : first->value();
    const bool is_forwarded = request.count(http::field::forwarded) > 0 ||
                              request.count("X-Forwarded-For") > 0 ||
                              request.count("X-Real-IP") > 0 || request.count(http::field::via) > 0;
    return {.authorization = several ? std::string_view("several") : text_of(shown),
            .host = text_of(request[http::field::host]),
            .is_local = is_local_peer(stream_.socket().native_handle()),
            .is_forwarded = is_forwarded};
  }

  asio::awaitable<void> answer_page(asio::awaitable<HttpAnswer> page) {
    const auto call = std::make_unique<PageCall>(stream_);
    handshake_.waits_for(*call);
    auto running = call->run(std::move(page));
    auto answer = co_await std::move(running);
    handshake_.writes();
    if (!answer) answer = http_error(500, "the page failed by an exception");
    auto sending = respond(std::move(*answer));
    co_await std::move(sending);
  }

  // `head`: what has come already. What stands behind the header is put back.
  asio::awaitable<beast::error_code> read_header(Parser& parser, std::string head) {
    parser.header_limit(static_cast<std::uint32_t>(core().options.max_http_header_bytes));
    beast::error_code error;
    for (;;) {
      head.erase(0, parser.put(asio::buffer(head), error));
      if (error != http::error::need_more) break;
      auto reading = read_more(head);
      const auto received = co_await std::move(reading);
      if (received.count == 0) co_return http::error::partial_message;
    }
    stream_.unread(std::move(head));
    co_return error;
  }

  asio::awaitable<Opened> open_websocket(std::unique_ptr<Parser> parser) {
    Opened opened;
    auto admitted = admit(*parser);
    parser.reset();
    if (!admitted) {
      auto sending = respond(std::move(admitted.error()));
      co_await std::move(sending);
      co_return opened;
    }
    auto greeting = stream_.send(admitted->answer, {});
    const bool sent = co_await std::move(greeting);
    if (!sent) co_return opened;
    registry_->counters().sessions_websocket.add(1);
    opened.channel = make_websocket_channel(stream_, core().options, registry_->counters());
    opened.place = std::move(admitted->place);
    opened.token = admitted->token;
    co_return opened;
  }

  struct Admitted {
    std::string answer;
    Admission place;
    Token token;
  };

  // The answer to an upgrade request and a place for its session, or the page that refuses it.
  std::expected<Admitted, HttpAnswer> admit(const Parser& parser) {
    // A body would be taken for frames.
    if (parser.chunked() || parser.content_length().value_or(0) > 0)
      return std::unexpected(http_error(400, "an upgrade request has no body"));
    auto answer = websocket_answer(parser.get(), server_name());
    if (!answer) return std::unexpected(std::move(answer.error()));
    const auto token = token_of(parser.get());
    if (!token) return refuse(token.error());
    auto place =
        origins_allowed(parser.get()) ? begin_session() : std::unexpected(RefusalReason::origin);
    if (!place) return refuse(place.error());
    return Admitted{std::move(*answer), std::move(*place), *token};
  }

  std::unexpected<HttpAnswer> refuse(RefusalReason reason) {
    count_refusal(reason);
    return std::unexpected(http_refusal(reason));
  }

  bool needs_token() { return !core().options.peers.tokens.empty(); }

  // A wrong token is refused at once; without one the hello must show it.
  std::expected<Token, RefusalReason> token_of(const UpgradeRequest& request) {
    if (!needs_token()) return Token::not_needed;
    const auto [first, last] = request.equal_range(http::field::authorization);
    if (first == last) return Token::needed;
    const std::string_view value(first->value().data(), first->value().size());
    const bool only_one = std::next(first) == last;
    if (only_one && knows_token(core().options.peers, bearer_token(value))) return Token::shown;
    return std::unexpected(RefusalReason::peer_token);
  }

  std::expected<Admission, RefusalReason> begin_session() {
    if (const auto refused = judged_peer()) return std::unexpected(*refused);
    if (!core().load.check_session()) return std::unexpected(RefusalReason::memory);
    return core().limits.begin_session(address());
  }

  std::string server_name() { return core().options.program + "/" + core().options.version; }

  // Every page that a browser on this machine shows can reach a port of this machine, and the
  // browser names the page in the header Origin (RFC 6455, 10.2).
  bool origins_allowed(const UpgradeRequest& request) {
    const auto& allowed = core().options.allowed_origins;
    const auto [first, last] = request.equal_range(http::field::origin);
    return std::all_of(first, last, [&](const auto& header) {
      const std::string_view origin(header.value().data(), header.value().size());
      return std::ranges::find(allowed, origin) != allowed.end();
    });
  }

  asio::awaitable<void> respond(HttpAnswer page) {
    const auto text = http_response(core(), page);
    auto sending = stream_.send(text, {});
    const bool sent = co_await std::move(sending);
    if (!sent) co_return;
    auto ending = wait_for_close();
    co_await std::move(ending);
  }

  asio::awaitable<void> wait_for_close() {
    handshake_.answered();
    auto lingering = linger(stream_);
    co_await std::move(lingering);
  }

  void count_refusal(RefusalReason reason) {
    const auto index = static_cast<std::size_t>(reason);
    registry_->counters().refused[index].add(1);
    const bool watches = reason == RefusalReason::admin_token || reason == RefusalReason::watcher;
    core().sampled.warn(watches ? "watching refused" : "session refused",
                        {{"limit", Value::string(kRefusalNames[index])}}, kRefusalNames[index]);
  }

  // The peer's IP address, if sessions of one address are limited; empty for a Unix socket.
  std::string address() {
    if (core().options.max_sessions_per_address == 0) return {};
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

  Core& core() { return registry_->core(); }

  std::shared_ptr<ConnectionRegistry> registry_;
  Stream& stream_;
  const Door door_;
  Handshake handshake_;
};

asio::awaitable<Opened> open(std::shared_ptr<ConnectionRegistry> registry, Stream& stream,
                             Door door) {
  auto opening = std::make_unique<Opening>(std::move(registry), stream, door);
  auto running = opening->run();
  auto opened = co_await std::move(running);
  co_return opened;
}

}  // namespace

asio::awaitable<void> serve_connection(std::shared_ptr<ConnectionRegistry> registry, Socket socket,
                                       [[maybe_unused]] Admission admission, Door door) {
  registry->counters().connections.add(1);
  auto stream = std::make_unique<Stream>(std::move(socket));
  auto opening = open(registry, *stream, door);
  auto opened = co_await std::move(opening);
  if (!opened.channel) co_return;
  const auto id = registry->core().next_session.fetch_add(1);
  auto session = std::make_shared<Session>(registry, std::move(stream), std::move(opened.channel),
                                           id, opened.token);
  auto running = session->run(session);
  co_await std::move(running);
}

}  // namespace gvm::serve
