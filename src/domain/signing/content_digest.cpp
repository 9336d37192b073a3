#include "signing/content_digest.h"

#include <openssl/evp.h>

#include "base/encoding.h"
#include "signing/structured_field.h"

namespace gvm::signing {
namespace {

constexpr std::string_view kSha256 = "sha-256";
constexpr std::string_view kSha512 = "sha-512";

std::string hash(DigestAlgorithm algorithm, std::string_view body) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_Digest(body.data(), body.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
             algorithm == DigestAlgorithm::sha_256 ? EVP_sha256() : EVP_sha512(), nullptr);
  digest.resize(size);
  return digest;
}

}  // namespace

std::string content_digest(DigestAlgorithm algorithm, std::string_view body) {
  std::string value(algorithm == DigestAlgorithm::sha_256 ? kSha256 : kSha512);
  value += "=:";
  base64_encode_to(value, hash(algorithm, body));
  value += ':';
  return value;
}

DigestState check_content_digest(std::string_view field_value, std::string_view body) {
  const auto digests = parse_dictionary(field_value);
  if (!digests) return DigestState::malformed;
  DigestState state = DigestState::unknown;
  for (const auto& [name, member] : *digests) {
    const auto* item = std::get_if<Item>(&member);
    const auto* bytes = item == nullptr ? nullptr : std::get_if<ByteSequence>(&item->value);
    if (bytes == nullptr) return DigestState::malformed;
    if (name != kSha256 && name != kSha512) continue;
    const auto algorithm = name == kSha256 ? DigestAlgorithm::sha_256 : DigestAlgorithm::sha_512;
    if (bytes->bytes != hash(algorithm, body)) return DigestState::differs;
    state = DigestState::matches;
  }
  return state;
}

}  // namespace gvm::signing
