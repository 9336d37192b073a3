// PEM (RFC 7468) is parsed here and not by OpenSSL. OpenSSL's reader would ask for a pass phrase on
// the terminal, and refuses texts that lost their line breaks in an environment variable.
#include <openssl/x509.h>

#include "base/encoding.h"
#include "signing/key_material.h"
#include "signing/letters.h"

namespace gvm::signing {
namespace {

struct Block {
  std::string_view label;
  std::string_view body;
};

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kDashes = "-----";

std::expected<Block, const char*> next_block(std::string_view& text) {
  const auto begin = text.find(kBegin);
  if (begin == std::string_view::npos) return std::unexpected("the PEM holds no key");
  text.remove_prefix(begin + kBegin.size());
  const auto label_end = text.find(kDashes);
  if (label_end == std::string_view::npos) return std::unexpected("the PEM has no whole label");
  Block block;
  block.label = text.substr(0, label_end);
  text.remove_prefix(label_end + kDashes.size());
  const std::string end = "-----END " + std::string(block.label) + "-----";
  const auto body_end = text.find(end);
  if (body_end == std::string_view::npos)
    return std::unexpected("the PEM has no matching END line");
  block.body = text.substr(0, body_end);
  text.remove_prefix(body_end + end.size());
  return block;
}

std::expected<Secret, const char*> der_of(std::string_view body) {
  std::string compact;
  compact.reserve(body.size());  // reserved once: growing would leave copies of the key in memory
  for (const char c : body) {
    if (!is_space(c)) compact += c;
  }
  const Secret text(std::move(compact));
  if (text.reveal().find(':') != std::string_view::npos)
    return std::unexpected("an encrypted key cannot be used");
  auto der = base64_decode(text.reveal());
  if (!der) return std::unexpected("the PEM's body is no base64");
  return Secret(std::move(*der));
}

openssl::Pkey from_der(std::string_view label, std::string_view der) {
  const auto* at = openssl::bytes(der);
  const auto size = static_cast<long>(der.size());
  if (label == "PRIVATE KEY") return openssl::Pkey(d2i_AutoPrivateKey(nullptr, &at, size));
  if (label == "RSA PRIVATE KEY")
    return openssl::Pkey(d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &at, size));
  if (label == "EC PRIVATE KEY")
    return openssl::Pkey(d2i_PrivateKey(EVP_PKEY_EC, nullptr, &at, size));
  if (label == "PUBLIC KEY") return openssl::Pkey(d2i_PUBKEY(nullptr, &at, size));
  return openssl::Pkey(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size));
}

bool is_known(std::string_view label) {
  return label == "PRIVATE KEY" || label == "RSA PRIVATE KEY" || label == "EC PRIVATE KEY" ||
         label == "PUBLIC KEY" || label == "RSA PUBLIC KEY";
}

// Why `key` cannot be used with `algorithm`; nullptr when it can.
const char* misfit(Algorithm algorithm, const EVP_PKEY& key) {
  const int type = EVP_PKEY_get_base_id(&key);
  char curve[32] = {};
  std::size_t length = 0;
  if (type == EVP_PKEY_EC) EVP_PKEY_get_group_name(&key, curve, sizeof curve, &length);
  const std::string_view group(curve, length);
  switch (algorithm) {
    case Algorithm::ed25519:
      return type == EVP_PKEY_ED25519 ? nullptr : "it is no Ed25519 key";
    case Algorithm::ecdsa_p256_sha256:
      return group == "prime256v1" ? nullptr : "it is no key on the curve P-256";
    case Algorithm::ecdsa_p384_sha384:
      return group == "secp384r1" ? nullptr : "it is no key on the curve P-384";
    case Algorithm::secp256k1:
      return group == "secp256k1" ? nullptr : "it is no key on the curve secp256k1";
    case Algorithm::rsa_pss_sha512:
      if (type != EVP_PKEY_RSA && type != EVP_PKEY_RSA_PSS) return "it is no RSA key";
      break;
    case Algorithm::rsa_v1_5_sha256:
      if (type != EVP_PKEY_RSA) return "it is no RSA key, or one for PSS only";
      break;
    case Algorithm::hmac_sha256:
      return "an HMAC secret is hex or base64, not PEM";
  }
  const int bits = EVP_PKEY_get_bits(&key);
  if (bits < KeyLimits::kShortestRsaBits) return "the RSA key has less than 2048 bits";
  return bits > KeyLimits::kLongestRsaBits ? "the RSA key has more than 16384 bits" : nullptr;
}

}  // namespace

MaterialResult read_pem(Algorithm algorithm, std::string_view pem) {
  auto block = next_block(pem);
  if (block && block->label == "EC PARAMETERS") block = next_block(pem);  // precedes older EC keys
  if (!block) return std::unexpected(block.error());
  if (block->label == "ENCRYPTED PRIVATE KEY")
    return std::unexpected("an encrypted key cannot be used");
  if (!is_known(block->label)) return std::unexpected("the PEM holds something else than a key");
  const auto der = der_of(block->body);
  if (!der) return std::unexpected(der.error());
  KeyMaterial material;
  material.pkey = from_der(block->label, der->reveal());
  if (!material.pkey) return std::unexpected("the PEM's body is no such key");
  material.is_private = block->label.ends_with("PRIVATE KEY");
  if (const char* problem = misfit(algorithm, *material.pkey)) return std::unexpected(problem);
  return material;
}

}  // namespace gvm::signing
