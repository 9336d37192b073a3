#pragma once
// Takes the frames of a WebSocket client apart (RFC 6455, section 5): unmasks them, joins the
// fragments of a message, and checks what a server must check. Pure: no I/O. The payload of a large
// frame is read straight into the string that becomes the message. Memory follows the bytes that
// came, never an announced length.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gvm::serve {

// RFC 6455, 11.8
enum class WsOpcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA,
};

class WsDecoder {
 public:
  enum class Status {
    need_more,
    message,
    ping,
    pong,
    close,
    violation,     // of the protocol; final
    invalid_text,  // a text message or a close reason that is no UTF-8; final
    too_large,     // a message over the limit; final
  };

  // A message has at most `max_message_bytes`, all its fragments together.
  explicit WsDecoder(std::size_t max_message_bytes) : max_message_(max_message_bytes) {}

  // Room for the next bytes of the stream, never empty; valid until commit(). Call it after next()
  // said need_more.
  std::span<char> prepare();
  // `count` bytes of what prepare() gave are filled.
  void commit(std::size_t count);
  // What comes next in the stream. `payload` becomes the message, or what a ping or a pong carried,
  // or the status code of a close frame as it was sent: two bytes, or none.
  Status next(std::string& payload);

  // next() gave one of the final answers.
  bool failed() const { return ended_ != Status::need_more; }
  // What is wrong, for the log; after violation and invalid_text.
  std::string_view problem() const { return problem_; }
  // Part of a message or of a frame is here and the rest is not.
  bool mid_message() const { return in_message_ || in_frame_ || begin_ != end_; }

 private:
  bool read_header();
  const char* header_problem(unsigned char first, unsigned char second) const;
  void begin_frame(const unsigned char* header, std::size_t header_bytes);
  void take_from_scratch();
  Status take_message(std::string& payload);
  Status take_control(std::string& payload);
  Status fail(Status status, const char* problem);
  bool is_control() const { return static_cast<std::uint8_t>(opcode_) >= 0x8; }

  std::size_t max_message_;
  std::string scratch_;    // small reads: headers, control frames and small messages
  std::size_t begin_ = 0;  // unread part of scratch_
  std::size_t end_ = 0;
  std::string message_;
  std::size_t filled_ = 0;    // of message_
  std::string control_;       // payload of a control frame; one may stand between two fragments
  std::uint64_t length_ = 0;  // of the current frame's payload
  std::uint64_t taken_ = 0;   // of it
  std::array<unsigned char, 4> mask_{};
  WsOpcode opcode_ = WsOpcode::binary;
  bool fin_ = false;
  bool in_frame_ = false;
  bool in_message_ = false;           // a fragment with more to follow has begun
  bool text_ = false;                 // the message
  bool direct_ = false;               // prepare() gave room in message_
  Status ended_ = Status::need_more;  // one of the final ones once it is
  const char* problem_ = "";
};

}  // namespace gvm::serve
