#pragma once
// What the load generator sends, and how it reads what comes back.
#include <cstring>
#include <string>
#include <string_view>

#include "base/value.h"
#include "calldata/encode.h"

namespace gvm::bench {

inline constexpr std::string_view kPrompt =
    "What is the capital of France? Answer in one short sentence.";

inline std::string encode(const Value& value) {
  return gvm::calldata::encode(value).value();
}

inline std::string genvm_hello() {
  return encode(Value::fields(
      "cookie", Value::string("bench"), "host_data",
      Value::fields("node_address", Value::string("0x1111"), "tx_id", Value::string("0x2222"))));
}

inline std::string genvm_prompt(std::string_view text) {
  Value payload = Value::fields("response_format", Value::string("text"), "prompt",
                                Value::string(std::string(text)), "images", Value::array());
  return encode(
      Value::fields("Prompt", Value::fields("payload", std::move(payload), "remaining_fuel_as_gen",
                                            Value::integer(1'000'000))));
}

inline std::string genvm_request(const std::string& url) {
  Value payload = Value::fields("method", Value::string("GET"), "url", Value::string(url),
                                "headers", Value::map());
  return encode(Value::fields("Request", std::move(payload)));
}

inline std::string http_get() {
  return "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n";
}

inline std::string http_call() {
  const std::string body =
      R"({"max_tokens":8000,"messages":[{"content":[{"text":")" + std::string(kPrompt) +
      R"(","type":"text"}],"role":"user"}],"model":"mock","stream":false,"temperature":0.7})";
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
         "k\r\nContent-Type: "
         "application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// A client frame (RFC 6455, 5.2) with the masking key 0: legal, and leaves the payload as it is.
inline std::string frame(std::string_view payload) {
  std::string out = "\x82";
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  return out + std::string(4, '\0') + std::string(payload);
}

// Bytes of the first whole server frame in `data`, 0 when there is none yet. `payload` is what it
// carries.
inline std::size_t take_frame(std::string_view data, std::string_view& payload) {
  if (data.size() < 2) return 0;
  std::size_t length = static_cast<unsigned char>(data[1]);
  std::size_t head = 2;
  if (length == 126) {
    if (data.size() < 4) return 0;
    length = static_cast<std::size_t>(static_cast<unsigned char>(data[2]) << 8 |
                                      static_cast<unsigned char>(data[3]));
    head = 4;
  }
  if (data.size() < head + length) return 0;
  payload = data.substr(head, length);
  return head + length;
}

inline std::size_t take_http(std::string_view data, std::string_view& payload) {
  const auto head = data.find("\r\n\r\n");
  if (head == data.npos) return 0;
  const auto at = data.find("Content-Length: ");
  const std::size_t length = std::strtoul(data.data() + at + 16, nullptr, 10);
  if (data.size() < head + 4 + length) return 0;
  payload = data.substr(head + 4, length);
  return head + 4 + length;
}

inline std::string upgrade_request() {
  return "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
}

// The length-prefixed framing: four bytes, big-endian, then the message.
inline std::string prefixed(std::string_view payload) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(payload.size() >> shift);
  return out.append(payload);
}

inline std::size_t take_prefixed(std::string_view data, std::string_view& payload) {
  if (data.size() < 4) return 0;
  std::size_t length = 0;
  for (int i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(data[i]);
  if (data.size() < 4 + length) return 0;
  payload = data.substr(4, length);
  return 4 + length;
}

}  // namespace gvm::bench
