// Plain requests in absolute form, one per connection. They are parsed and written again, so that
// neither side can smuggle a second request past the policy.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>
#include <functional>
#include <string>
#include <vector>

#include "egress/request.h"

namespace gvm::egress {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kPieceBytes = 32 * kKiB;

// RFC 9110, 7.6.1: headers for this connection only, and headers named by Connection. Alt-Svc would
// make the browser try QUIC; Proxy-Authenticate would make it log in at this proxy.
template <class Fields>
void drop_hop_by_hop(Fields& fields) {
  std::vector<std::string> named;
  const auto options = fields[http::field::connection];
  for (const auto& option : http::token_list(options)) named.emplace_back(option);
  for (const auto& name : named) fields.erase(name);
  for (const auto* name :
       {"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Proxy-Authenticate",
        "Proxy-Authentication-Info", "TE", "Upgrade", "Alt-Svc"})
    fields.erase(name);
}

// Relays a body in pieces. `count` is called with the size of each; false ends the relay.
template <bool isRequest>
asio::awaitable<bool> pass_body(Socket& from, Socket& to, beast::flat_buffer& buffer,
                                http::parser<isRequest, http::buffer_body>& parser,
                                std::function<bool(std::size_t)> count) {
  auto& message = parser.get();
  http::serializer<isRequest, http::buffer_body> serializer(message);
  message.body().data = nullptr;
  message.body().more = !parser.is_done();
  const auto [header_error, header_bytes] =
      co_await http::async_write_header(to, serializer, kToken);
  if (header_error || !count(header_bytes)) co_return false;
  std::vector<char> piece(kPieceBytes);
  while (!parser.is_done() || !serializer.is_done()) {
    std::size_t filled = 0;
    if (!parser.is_done()) {
      message.body().data = piece.data();
      message.body().size = piece.size();
      const auto [error, bytes] = co_await http::async_read_some(from, buffer, parser, kToken);
      (void)bytes;
      if (error && error != http::error::need_buffer) co_return false;
      filled = piece.size() - message.body().size;
    }
    message.body().data = filled == 0 ? nullptr : piece.data();
    message.body().size = filled;
    message.body().more = !parser.is_done();
    const auto [error, bytes] = co_await http::async_write(to, serializer, kToken);
    if (error && error != http::error::need_buffer) co_return false;
    if (!count(bytes)) co_return false;
  }
  co_return true;
}

}  // namespace

asio::awaitable<bool> Connection::forward_request(Request& request) {
  auto& message = request.parser.get();
  const auto url = of_request(view_of(message.target()))->url;
  const auto target = url.request_target();
  const auto host = url.host();
  drop_hop_by_hop(message);
  message.target(beast::string_view(target.data(), target.size()));
  message.set(http::field::host, beast::string_view(host.data(), host.size()));
  message.keep_alive(false);
  std::function<bool(std::size_t)> count = [this](std::size_t bytes) {
    expect_within(limits_.idle);
    return slot_->count_out(bytes);
  };
  auto passing =
      pass_body<true>(client_, upstream_, request.buffer, request.parser, std::move(count));
  const bool passed = co_await std::move(passing);
  co_return passed;
}

asio::awaitable<bool> Connection::forward_answer(bool is_head) {
  beast::flat_buffer buffer;
  for (;;) {
    http::response_parser<http::buffer_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
    parser.body_limit(boost::none);
    parser.skip(is_head);
    const auto [error, bytes] = co_await http::async_read_header(upstream_, buffer, parser, kToken);
    if (error || !slot_->count_in(bytes)) co_return false;
    expect_within(limits_.idle);
    auto& message = parser.get();
    const int status = message.result_int();
    // 101 was not asked for; 407 would be attributed to this proxy.
    if (status == 101 || status == 407) co_return false;
    if (status < 200) continue;
    drop_hop_by_hop(message);
    message.version(11);
    message.keep_alive(false);
    std::function<bool(std::size_t)> count = [this](std::size_t n) {
      expect_within(limits_.idle);
      return slot_->count_in(n);
    };
    auto passing = pass_body<false>(upstream_, client_, buffer, parser, std::move(count));
    const bool passed = co_await std::move(passing);
    co_return passed;
  }
}

asio::awaitable<void> Connection::forward(std::unique_ptr<Request> request) {
  const bool is_head = request->parser.get().method() == http::verb::head;
  auto sending = forward_request(*request);
  // A server may answer and close before it has read the whole request.
  (void)co_await std::move(sending);
  auto answering = forward_answer(is_head);
  const bool answered = co_await std::move(answering);
  if (!answered) co_return;
  auto ending = linger();
  co_await std::move(ending);
}

}  // namespace gvm::egress
