#pragma once
// A WebSocket client for tests. Every call that waits has a deadline and throws when it passes. One
// thread.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gvm::test {

class WsClient {
 public:
  // Throws std::runtime_error with the HTTP status in it when the upgrade is refused.
  explicit WsClient(std::uint16_t port,
                    std::chrono::milliseconds timeout = std::chrono::seconds(20));
  ~WsClient();
  WsClient(const WsClient&) = delete;
  WsClient& operator=(const WsClient&) = delete;

  void send(std::string_view binary);
  void send_text(std::string_view text);
  // One message in several frames.
  void send_fragments(const std::vector<std::string>& parts);
  void ping(std::string_view payload);
  // False when none came within `span`.
  bool receive_pong(std::chrono::milliseconds span);

  // The next message; empty once the connection is over.
  std::optional<std::string> receive();
  // Waits for the end. The code of the close frame; 0 when the connection ended without one.
  std::uint16_t receive_close();
  std::string close_text() const;

  // Sends a close frame, without waiting.
  void send_close(std::uint16_t code);
  // FIN, without a close frame.
  void vanish();
  // RST.
  void reset();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gvm::test
