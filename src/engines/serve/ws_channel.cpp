#include "serve/ws_channel.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "serve/event.h"
#include "serve/stream.h"
#include "serve/ws_decoder.h"

namespace gvm::serve {
namespace {

constexpr std::size_t kLongestCloseText = 123;  // RFC 6455, 5.5: a control frame carries 125 bytes

// At most `kLongestCloseText` bytes, whole characters only.
std::string close_text(std::string_view text) {
  auto cut = std::min(text.size(), kLongestCloseText);
  while (cut > 0 && cut < text.size() && (text[cut] & 0xC0) == 0x80) --cut;
  return to_valid_utf8(text.substr(0, cut)).substr(0, kLongestCloseText);
}

// RFC 6455, 5.2. A server's frames are not masked; ours are never fragments.
std::string frame_head(WsOpcode opcode, std::size_t size) {
  constexpr std::size_t kLongestShort = 125;
  std::string head(1, static_cast<char>(0x80 | static_cast<unsigned char>(opcode)));
  const std::size_t length_bytes = size <= kLongestShort ? 0 : size <= 0xFFFF ? 2 : 8;
  head += static_cast<char>(length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127);
  for (std::size_t i = length_bytes; i-- > 0;) head += static_cast<char>(size >> (8 * i));
  return head;
}

ReadEnd end_of(WsDecoder::Status status) {
  return status == WsDecoder::Status::too_large ? ReadEnd::oversize : ReadEnd::violation;
}

class WsChannel final : public Channel {
 public:
  WsChannel(Stream& stream, const ServerOptions& options, LaneCounters& counters)
      : stream_(stream),
        counters_(counters),
        decoder_(options.max_message_bytes),
        sent_(stream.socket().get_executor()) {}

  void set_events(ChannelEvents* events) override { events_ = events; }
  bool has_close_codes() const override { return true; }

  asio::awaitable<Incoming> read() override {
    using Status = WsDecoder::Status;
    for (;;) {
      Incoming incoming;
      const Status status = decoder_.next(incoming.frame);
      if (status == Status::need_more) {
        auto receiving = receive();
        incoming.end = co_await std::move(receiving);
        if (incoming.end != ReadEnd::frame) co_return incoming;
      } else if (status == Status::message) {
        note_whole();
        counters_.frames_in.add(1);
        counters_.bytes_in.add(incoming.frame.size());
        co_return incoming;
      } else if (status == Status::ping || status == Status::pong) {
        auto answering = answer_control(status, std::move(incoming.frame));
        co_await std::move(answering);
      } else if (status == Status::close) {
        auto answering = answer_close(std::move(incoming.frame));
        co_await std::move(answering);
        incoming.end = ReadEnd::closed;
        co_return incoming;
      } else {
        incoming.end = end_of(status);
        incoming.detail = decoder_.problem();
        if (status == Status::invalid_text) incoming.code = CloseCode::invalid_payload;
        co_return incoming;
      }
    }
  }

  asio::awaitable<bool> write(std::string message) override {
    counters_.frames_out.add(1);
    counters_.bytes_out.add(message.size());
    auto sending = send(WsOpcode::binary, std::move(message));
    const bool sent = co_await std::move(sending);
    co_return sent;
  }

  asio::awaitable<void> close(CloseReason reason) override {
    const auto code = static_cast<std::uint16_t>(reason.code);
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
    // A peer that breaks the framing gets the code only; the log has the details.
    if (!decoder_.failed()) payload += close_text(reason.text);
    auto sending = send(WsOpcode::close, std::move(payload));
    const bool sent = co_await std::move(sending);
    (void)sent;
  }

 private:
  // `frame`: there are more bytes.
  asio::awaitable<ReadEnd> receive() {
    if (decoder_.mid_message()) note_partial();
    const auto room = decoder_.prepare();
    const asio::mutable_buffer into(room.data(), room.size());
    auto receiving = stream_.receive(into);
    const auto received = co_await std::move(receiving);
    if (received.count == 0) co_return ReadEnd::vanished;
    decoder_.commit(received.count);
    co_return ReadEnd::frame;
  }

  asio::awaitable<void> answer_control(WsDecoder::Status status, std::string payload) {
    const bool is_ping = status == WsDecoder::Status::ping;
    if (is_ping) counters_.pings.add(1);
    if (events_ != nullptr) events_->on_control();
    if (!is_ping) co_return;
    auto sending = send(WsOpcode::pong, std::move(payload));
    const bool sent = co_await std::move(sending);
    (void)sent;
  }

  // `payload`: the peer's status code, which is sent back; it ends the handshake that we began, or
  // answers the peer's.
  asio::awaitable<void> answer_close(std::string payload) {
    if (events_ != nullptr) events_->on_close_frame();
    auto sending = send(WsOpcode::close, std::move(payload));
    const bool sent = co_await std::move(sending);
    (void)sent;
  }

  // The reader answers pings while the worker sends replies: frames go out one after the other, and
  // none after a close frame. False when it was not sent.
  asio::awaitable<bool> send(WsOpcode opcode, std::string payload) {
    while (sending_) {
      auto waiting = sent_.wait();
      co_await std::move(waiting);
    }
    if (close_sent_) co_return false;
    close_sent_ = opcode == WsOpcode::close;
    sending_ = true;
    const std::string head = frame_head(opcode, payload.size());
    auto sending = stream_.send(head, payload);
    const bool sent = co_await std::move(sending);
    sending_ = false;
    sent_.set();
    co_return sent;
  }

  Stream& stream_;
  LaneCounters& counters_;
  WsDecoder decoder_;
  Event sent_;  // for who wants to send next
  bool sending_ = false;
  bool close_sent_ = false;
  ChannelEvents* events_ = nullptr;
};

}  // namespace

std::unique_ptr<Channel> make_websocket_channel(Stream& stream, const ServerOptions& options,
                                                LaneCounters& counters) {
  return std::make_unique<WsChannel>(stream, options, counters);
}

}  // namespace gvm::serve
