#pragma once
// The hashes of the audit. A record names the SHA-256 of the line before it. Texts have an HMAC
// under a salt of their own, which lies beside the texts: without the salt nobody can find out a
// short text by trying.
#include <string>
#include <string_view>

namespace gvm::audit {

inline constexpr std::size_t kSaltBytes = 16;

// Lower-case hexadecimal.
std::string sha256(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);
// Random bytes of the system.
std::string random_bytes(std::size_t count);

// What a record names before the first one.
inline constexpr std::string_view kNoHash =
    "0000000000000000000000000000000000000000000000000000000000000000";

}  // namespace gvm::audit
