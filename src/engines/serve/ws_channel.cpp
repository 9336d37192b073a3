#include "serve/ws_channel.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "base/encoding.h"
#include "serve/grow.h"
#include "serve/stream.h"

namespace gvm::serve {
namespace {

namespace websocket = beast::websocket;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kLongestCloseText = 123;  // RFC 6455, 5.5: a control frame carries 125 bytes

// At most `kLongestCloseText` bytes, whole characters only.
std::string close_text(std::string_view text) {
  auto cut = std::min(text.size(), kLongestCloseText);
  while (cut > 0 && cut < text.size() && (text[cut] & 0xC0) == 0x80) --cut;
  return to_valid_utf8(text.substr(0, cut)).substr(0, kLongestCloseText);
}

ReadEnd end_of(const beast::error_code& error) {
  if (error == websocket::error::closed) return ReadEnd::closed;
  if (error == websocket::error::message_too_big) return ReadEnd::oversize;
  if (error == websocket::condition::protocol_violation) return ReadEnd::violation;
  return ReadEnd::vanished;
}

class WsChannel final : public Channel {
 public:
  using Ws = websocket::stream<Stream&, false>;

  WsChannel(Stream& stream, const ServerOptions& options, LaneCounters& counters)
      : ws_(stream), counters_(counters) {
    ws_.auto_fragment(false);
    ws_.binary(true);
    ws_.read_message_max(options.max_message_bytes);
    ws_.control_callback([this](websocket::frame_type kind, beast::string_view) { control(kind); });
    ws_.set_option(websocket::stream_base::decorator(
        [name = options.program + "/" + options.version](websocket::response_type& response) {
          response.set(beast::http::field::server, name);
        }));
  }

  Ws& ws() { return ws_; }

  void set_events(ChannelEvents* events) override { events_ = events; }
  bool has_close_codes() const override { return true; }

  asio::awaitable<Incoming> read() override {
    Incoming incoming;
    std::size_t filled = 0;
    do {
      const std::size_t room = ws_.read_size_hint(next_room(filled));
      extend(incoming.frame, filled, room);
      const asio::mutable_buffer into(incoming.frame.data() + filled, room);
      const auto [error, count] = co_await ws_.async_read_some(into, kToken);
      filled += count;
      if (error) {
        incoming.end = end_of(error);
        if (incoming.end == ReadEnd::violation) incoming.detail = error.message();
        co_return incoming;
      }
      if (!ws_.is_message_done()) note_partial();
    } while (!ws_.is_message_done());
    note_whole();
    incoming.frame.resize(filled);
    counters_.frames_in.add(1);
    counters_.bytes_in.add(filled);
    co_return incoming;
  }

  asio::awaitable<bool> write(std::string message) override {
    const auto bytes = asio::buffer(message);
    const auto [error, count] = co_await ws_.async_write_some(true, bytes, kToken);
    counters_.frames_out.add(1);
    counters_.bytes_out.add(count);
    co_return !error;
  }

  asio::awaitable<void> close(CloseReason reason) override {
    if (!ws_.is_open()) co_return;
    const auto text = close_text(reason.text);
    const websocket::close_reason frame(static_cast<websocket::close_code>(reason.code),
                                        beast::string_view(text.data(), text.size()));
    const auto [ignored] = co_await ws_.async_close(frame, kToken);
    (void)ignored;
  }

 private:
  void control(websocket::frame_type kind) {
    if (kind == websocket::frame_type::ping) counters_.pings.add(1);
    if (events_ == nullptr) return;
    kind == websocket::frame_type::close ? events_->on_close_frame() : events_->on_control();
  }

  Ws ws_;
  LaneCounters& counters_;
  ChannelEvents* events_ = nullptr;
};

}  // namespace

asio::awaitable<std::unique_ptr<Channel>> accept_websocket(Stream& stream,
                                                           std::shared_ptr<UpgradeRequest> request,
                                                           const ServerOptions& options,
                                                           LaneCounters& counters) {
  auto channel = std::make_unique<WsChannel>(stream, options, counters);
  const auto [error] = co_await channel->ws().async_accept(*request, kToken);
  std::unique_ptr<Channel> accepted;
  if (!error) accepted = std::move(channel);
  co_return accepted;
}

}  // namespace gvm::serve
