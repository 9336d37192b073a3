// Keys given as hex or base64.
#include "base/encoding.h"
#include "signing/key_material.h"
#include "signing/letters.h"

namespace gvm::signing {
namespace {

constexpr bool is_hex_digit(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

bool fits(Algorithm algorithm, std::size_t size) {
  constexpr std::size_t kScalar = 32;
  constexpr std::size_t kCompressedPoint = 33;
  constexpr std::size_t kPoint = 65;
  if (algorithm == Algorithm::hmac_sha256) return size >= KeyLimits::kShortestHmacBytes;
  if (algorithm == Algorithm::ed25519) return size == kScalar;
  return size == kScalar || size == kCompressedPoint || size == kPoint;
}

std::expected<Secret, const char*> decoded(std::optional<std::string> bytes,
                                           const char* otherwise) {
  if (!bytes) return std::unexpected(otherwise);
  return Secret(std::move(*bytes));
}

std::string_view stripped(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::expected<Secret, const char*> detect(Algorithm algorithm, std::string_view text) {
  const bool hex = text.size() % 2 == 0 && all_of(text, is_hex_digit);
  if (hex && fits(algorithm, text.size() / 2)) return decoded(hex_decode(text), "it is no hex");
  return decoded(base64_decode(text), "it is neither PEM, hex nor base64");
}

}  // namespace

std::expected<Secret, const char*> decode_key_text(Algorithm algorithm, std::string_view given) {
  const auto text = stripped(given);
  auto bytes = text.starts_with("hex:") ? decoded(hex_decode(text.substr(4)), "it is no hex")
               : text.starts_with("0x") ? decoded(hex_decode(text.substr(2)), "it is no hex")
               : text.starts_with("base64:")
                   ? decoded(base64_decode(text.substr(7)), "it is no base64")
                   : detect(algorithm, text);
  if (!bytes || fits(algorithm, bytes->reveal().size())) return bytes;
  if (algorithm == Algorithm::hmac_sha256)
    return std::unexpected("an HMAC secret has at least 14 bytes");
  return std::unexpected(algorithm == Algorithm::ed25519
                             ? "a raw Ed25519 key has 32 bytes"
                             : "a raw secp256k1 key has 32 bytes (private), 33 or 65 (public)");
}

}  // namespace gvm::signing
