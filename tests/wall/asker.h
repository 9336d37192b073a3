#pragma once
// An HTTP client that works on bytes, for requests to a mock upstream without the module.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/value.h"
#include "support/wire_client.h"

namespace gvm::wall {

struct HttpAnswer {
  int status = 0;
  std::string head = {};
  std::string body = {};
  Value json() const;  // throws when the body is not JSON
};

// Keeps its connection open. Throws when the upstream takes longer than half a minute, or sends
// nothing.
class Asker {
 public:
  explicit Asker(std::uint16_t port) : client_(test::WireClient::tcp(port)) {}
  HttpAnswer post(std::string_view path, std::string_view body, std::string_view headers = {});
  HttpAnswer get(std::string_view path);
  void send(std::string_view path, std::string_view body, std::string_view headers = {});
  HttpAnswer receive();  // framed by Content-Length
  test::WireClient& wire() { return client_; }

 private:
  test::WireClient client_;
  std::string buffered_;
};

// A prompt in OpenAI's form, and its path.
inline constexpr std::string_view kChat = "/v1/chat/completions";
std::string chat(std::string_view text, std::string_view model = "m");

}  // namespace gvm::wall
