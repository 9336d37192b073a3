#pragma once
// Keys and the algorithms they are used with. A key serves one algorithm (RFC 9421, 3.3): a message
// cannot select another one for it. Immutable; shared by all lanes.
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"

namespace gvm::signing {

enum class Algorithm {
  ed25519,
  ecdsa_p256_sha256,
  ecdsa_p384_sha384,
  rsa_pss_sha512,
  rsa_v1_5_sha256,
  hmac_sha256,
  secp256k1,  // ECDSA with SHA-256 on that curve: ES256K of RFC 8812
};

// As in the parameter `alg`: the names in RFC 9421's registry, and "ES256K".
std::string_view algorithm_name(Algorithm algorithm);
// Also accepts "secp256k1".
std::optional<Algorithm> find_algorithm(std::string_view name);

struct KeyLimits {
  static constexpr int kShortestRsaBits = 2048;          // NIST SP 800-131A
  static constexpr int kLongestRsaBits = 16'384;         // the largest that OpenSSL verifies
  static constexpr std::size_t kShortestHmacBytes = 14;  // 112 bits, NIST SP 800-131A
};

enum class KeyUse { sign, verify };

class Key {
 public:
  // `material` is one of
  //   PEM     PKCS #8, SPKI, or the older RSA and EC forms; not encrypted
  //   hex     with or without "hex:" or "0x"
  //   base64  with or without "base64:"
  // Hex and base64 are for hmac-sha256 (the secret), ed25519 (32 bytes: the private key to sign,
  // the public key to verify) and secp256k1 (32 bytes: private; 33 or 65: public). Where neither
  // is said, hexadecimal digits of the right length are hex. A private key also verifies.
  // Error: SIGN_BAD_KEY, fatal, saying what is wrong; it holds nothing of the key.
  static Result<Key> load(Algorithm algorithm, const Secret& material, KeyUse use);

  Algorithm algorithm() const { return algorithm_; }

  // The raw signature: r||s for the ECDSA algorithms, with the lower of the two values of s for
  // secp256k1. Error: SIGN_BAD_KEY for a public key.
  Result<std::string> sign(std::string_view data) const;
  // False for anything that is not exactly a signature of `data`. Both values of s are accepted.
  bool verify(std::string_view data, std::string_view signature) const;

 private:
  struct Handle;
  Key(Algorithm algorithm, std::shared_ptr<const Handle> handle);

  Algorithm algorithm_;
  std::shared_ptr<const Handle> handle_;
};

}  // namespace gvm::signing
