#pragma once
// A client for tests that works on bytes: raw TCP or Unix sockets, the length-prefixed framing, and
// hand-made WebSocket frames. Every call that waits has a deadline and throws when it passes.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gvm::test {

class WireClient {
 public:
  static WireClient tcp(std::uint16_t port);
  static WireClient unix_socket(const std::string& path);
  // Takes over a connected socket.
  static WireClient of_descriptor(int fd);
  WireClient(WireClient&& other) noexcept;
  WireClient& operator=(WireClient&&) = delete;
  ~WireClient();

  void send(std::string_view bytes);
  // Sends what the kernel accepts without waiting longer than `span` for room; returns the number
  // of bytes.
  std::size_t send_what_fits(std::string_view bytes, std::chrono::milliseconds span);
  // Empty: the peer closed or reset the connection.
  std::string read_some();
  std::string read_exactly(std::size_t count);
  // Everything until the peer closes.
  std::string read_all();
  bool closed_within(std::chrono::milliseconds span);

  void send_frame(std::string_view message);
  // Empty once the connection is over.
  std::optional<std::string> receive_frame();

  // A correct upgrade; returns the answer's head.
  std::string upgrade();
  // A masked frame with any first byte (FIN, opcode).
  void send_ws_frame(unsigned char first_byte, std::string_view payload);

  void half_close();
  void close();
  void reset();

 private:
  explicit WireClient(int fd) : fd_(fd) {}
  // False when `span` passed.
  bool wait(short events, std::chrono::milliseconds span) const;

  int fd_;
  std::string buffered_;
};

}  // namespace gvm::test
