#pragma once
// One framing over one stream: whole messages in, whole messages out. Two kinds: WebSocket and
// length-prefixed. On the lane's thread. At most one read() and one write() or close() at a time; a
// read may run beside a write.
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "serve/metrics.h"
#include "serve/options.h"

namespace gvm::serve {

namespace asio = boost::asio;

class Stream;

// How a read ended. After `violation` and `oversize` the peer is still connected and is told why.
enum class ReadEnd : std::uint8_t { frame, closed, vanished, violation, oversize };

// RFC 6455, 7.4.1, and 1013 of the IANA registry
enum class CloseCode : std::uint16_t {
  going_away = 1001,
  protocol_error = 1002,
  invalid_payload = 1007,
  policy_violation = 1008,
  too_big = 1009,
  internal_error = 1011,
  try_again_later = 1013,
};

struct Incoming {
  ReadEnd end = ReadEnd::frame;
  std::string frame;
  std::string detail;                          // of a violation, for the log
  CloseCode code = CloseCode::protocol_error;  // of a violation
};

struct CloseReason {
  CloseCode code = CloseCode::going_away;
  std::string text;         // one sentence; cut to what a close frame holds
  std::string fatal_reply;  // for the framing without close codes; may be empty
};

// What a channel tells its session while a read is under way.
class ChannelEvents {
 public:
  // A close frame came: the session is over before the close handshake is.
  virtual void on_close_frame() = 0;
  // Something other than a message came (ping, pong).
  virtual void on_control() = 0;

 protected:
  ~ChannelEvents() = default;
};

class Channel {
 public:
  virtual ~Channel() = default;

  virtual void set_events(ChannelEvents* events) = 0;
  virtual bool has_close_codes() const = 0;
  virtual asio::awaitable<Incoming> read() = 0;
  // False when the peer is gone.
  virtual asio::awaitable<bool> write(std::string message) = 0;
  // Sends the close frame, where the framing has one. Nothing is written after it; a read may go on
  // until the peer has closed.
  virtual asio::awaitable<void> close(CloseReason reason) = 0;

  // When the first bytes of an unfinished message came.
  std::optional<Clock::time_point> message_began() const { return message_began_; }

 protected:
  void note_partial() {
    if (!message_began_) message_began_ = Clock::now();
  }
  void note_whole() { message_began_.reset(); }

 private:
  std::optional<Clock::time_point> message_began_;
};

// Both refer to `stream`, which outlives them.
std::unique_ptr<Channel> make_framed_channel(Stream& stream, const ServerOptions& options,
                                             LaneCounters& counters);

}  // namespace gvm::serve
