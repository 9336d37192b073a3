#include "serve/ws_handshake.h"

#include <array>
#include <bit>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <cstdint>

#include "base/encoding.h"

namespace gvm::serve {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kLongestKey = 24;  // 16 bytes in base64
constexpr unsigned kHttp11 = 11;
constexpr std::string_view kVersion = "13";

// SHA-1 of RFC 3174, which the handshake asks for as a check of understanding, not of secrecy.
// OpenSSL's would be its first use in a module that has sent nothing yet, and cost megabytes.
class Sha1 {
 public:
  std::string digest(std::string_view text) {
    std::string padded(text);
    padded += '\x80';
    padded.append((kBlock + kBlock - 8 - padded.size() % kBlock) % kBlock, '\0');
    const std::uint64_t bits = text.size() * 8;
    for (int shift = 56; shift >= 0; shift -= 8) padded += static_cast<char>(bits >> shift);
    for (std::size_t at = 0; at < padded.size(); at += kBlock) add_block(padded.data() + at);
    std::string out;
    for (const std::uint32_t word : state_)
      for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(word >> shift);
    return out;
  }

 private:
  static constexpr std::size_t kBlock = 64;

  void add_block(const char* block) {
    std::array<std::uint32_t, 80> w{};
    for (std::size_t i = 0; i < 16; ++i)
      for (std::size_t k = 0; k < 4; ++k)
        w[i] = w[i] << 8 | static_cast<unsigned char>(block[4 * i + k]);
    for (std::size_t i = 16; i < w.size(); ++i)
      w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    auto [a, b, c, d, e] = state_;
    for (std::size_t i = 0; i < w.size(); ++i) {
      const std::uint32_t next = std::rotl(a, 5) + mixed(i, b, c, d) + e + w[i];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    const std::array<std::uint32_t, 5> added{a, b, c, d, e};
    for (std::size_t i = 0; i < state_.size(); ++i) state_[i] += added[i];
  }

  static std::uint32_t mixed(std::size_t round, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    if (round < 20) return ((b & c) | (~b & d)) + 0x5A827999;
    if (round < 40) return (b ^ c ^ d) + 0x6ED9EBA1;
    if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC;
    return (b ^ c ^ d) + 0xCA62C1D6;
  }

  std::array<std::uint32_t, 5> state_{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
};

std::string_view value_of(const UpgradeRequest& request, http::field name) {
  const auto value = request[name];
  return {value.data(), value.size()};
}

}  // namespace

std::string websocket_accept(std::string_view key) {
  constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
  return base64_encode(Sha1().digest(std::string(key).append(kGuid)));
}

std::expected<std::string, HttpAnswer> websocket_answer(const UpgradeRequest& request,
                                                        std::string_view server) {
  const auto refuse = [](std::string_view why) { return std::unexpected(http_error(400, why)); };
  if (request.version() < kHttp11) return refuse("an upgrade request is of HTTP/1.1");
  if (request.method() != http::verb::get) return refuse("an upgrade request is a GET");
  if (request.count(http::field::host) == 0) return refuse("the header Host is missing");
  const auto key = value_of(request, http::field::sec_websocket_key);
  if (key.empty() || key.size() > kLongestKey)
    return refuse("the header Sec-WebSocket-Key is missing or too long");
  if (value_of(request, http::field::sec_websocket_version) != kVersion) {
    auto page = http_error(426, "the only version of the WebSocket protocol here is 13");
    page.extra_headers = "Sec-WebSocket-Version: 13\r\n";
    return std::unexpected(std::move(page));
  }
  std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: ";
  answer.append(websocket_accept(key)).append("\r\nServer: ").append(server).append("\r\n\r\n");
  return answer;
}

}  // namespace gvm::serve
