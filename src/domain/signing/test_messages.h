#pragma once
// What the tests of this folder share: the standard's vectors, and messages to sign.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "signing/message_text.h"
#include "support/paths.h"

namespace gvm::signing {

// A file of ../shared/data/rfc9421; empty where that folder is not there.
inline std::optional<std::string> vector_file(const std::string& name) {
  std::ifstream file(test::source_dir() + "/../shared/data/rfc9421/" + name, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

inline Message message_of(std::string_view text, std::string_view scheme = "https") {
  auto message = parse_message(text, scheme);
  EXPECT_TRUE(message) << (message ? "" : message.error().to_string());
  return message.value_or(Message());
}

// RFC 9421, B.2
inline constexpr const char* kTestRequest =
    "POST /foo?param=Value&Pet=dog HTTP/1.1\n"
    "Host: example.com\n"
    "Date: Tue, 20 Apr 2021 02:07:55 GMT\n"
    "Content-Type: application/json\n"
    "Content-Digest: "
    "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyeald"
    "VLvRwEmTHWXvJwew==:\n"
    "Content-Length: 18\n"
    "\n"
    "{\"hello\": \"world\"}\n";

// RFC 9421, B.1.4; a public example.
inline constexpr const char* kTestEd25519 =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
    "-----END PRIVATE KEY-----\n";
inline constexpr const char* kTestEd25519Public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n"
    "-----END PUBLIC KEY-----\n";

}  // namespace gvm::signing
