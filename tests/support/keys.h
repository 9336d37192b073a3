#pragma once
// Key pairs generated at run time, as PEM, for tests of signatures.
#include <string>

namespace gvm::test {

struct KeyPair {
  std::string private_pem;  // PKCS #8
  std::string public_pem;   // SPKI
};

// `curve` is OpenSSL's name: "prime256v1", "secp384r1", "secp256k1".
KeyPair make_ec_keys(const char* curve);
KeyPair make_rsa_keys(unsigned bits = 2048);
KeyPair make_ed25519_keys();

}  // namespace gvm::test
