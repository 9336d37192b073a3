// The length-prefixed framing: 4 bytes big-endian length, then the value (wire.md, "A second
// framing").
#include <array>

#include "serve/channel.h"
#include "serve/frame_decoder.h"
#include "serve/stream.h"

namespace gvm::serve {
namespace {

std::array<char, 4> length_prefix(std::size_t length) {
  return {static_cast<char>(length >> 24), static_cast<char>(length >> 16),
          static_cast<char>(length >> 8), static_cast<char>(length)};
}

class FramedChannel final : public Channel {
 public:
  FramedChannel(Stream& stream, std::size_t max_message, LaneCounters& counters)
      : stream_(stream), counters_(counters), decoder_(max_message) {}

  void set_events(ChannelEvents*) override {}
  bool has_close_codes() const override { return false; }

  asio::awaitable<Incoming> read() override {
    for (;;) {
      Incoming incoming;
      const auto status = decoder_.next(incoming.frame);
      if (status != FrameDecoder::Status::need_more) {
        incoming.end = status == FrameDecoder::Status::frame ? ReadEnd::frame : ReadEnd::oversize;
        note_whole();
        count_in(incoming);
        co_return incoming;
      }
      if (decoder_.mid_frame()) note_partial();
      const auto room = decoder_.prepare();
      const asio::mutable_buffer into(room.data(), room.size());
      auto receiving = stream_.receive(into);
      const auto received = co_await std::move(receiving);
      if (received.count == 0) {
        incoming.end = received.closed ? ReadEnd::closed : ReadEnd::vanished;
        co_return incoming;
      }
      decoder_.commit(received.count);
    }
  }

  asio::awaitable<bool> write(std::string message) override {
    counters_.frames_out.add(1);
    counters_.bytes_out.add(message.size());
    const auto prefix = length_prefix(message.size());
    auto sending = stream_.send(std::string_view(prefix.data(), prefix.size()), message);
    const bool sent = co_await std::move(sending);
    co_return sent;
  }

  asio::awaitable<void> close(CloseReason reason) override {
    if (!reason.fatal_reply.empty()) {
      auto writing = write(std::move(reason.fatal_reply));
      const bool written = co_await std::move(writing);
      (void)written;
    }
    stream_.shutdown_send();
  }

 private:
  void count_in(const Incoming& incoming) {
    counters_.frames_in.add(1);
    counters_.bytes_in.add(incoming.frame.size());
  }

  Stream& stream_;
  LaneCounters& counters_;
  FrameDecoder decoder_;
};

}  // namespace

std::unique_ptr<Channel> make_framed_channel(Stream& stream, const ServerOptions& options,
                                             LaneCounters& counters) {
  return std::make_unique<FramedChannel>(stream, options.max_message_bytes, counters);
}

}  // namespace gvm::serve
