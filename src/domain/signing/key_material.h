#pragma once
// Converts the text of a key to OpenSSL's object. Used by key.cpp only.
#include <expected>

#include "base/secret.h"
#include "signing/key.h"
#include "signing/openssl.h"

namespace gvm::signing {

struct KeyMaterial {
  openssl::Pkey pkey;  // of all algorithms but HMAC
  Secret secret;       // of HMAC
  bool is_private = false;
};

// The error is a sentence that contains nothing of the key.
using MaterialResult = std::expected<KeyMaterial, const char*>;

MaterialResult read_pem(Algorithm algorithm, std::string_view pem);
MaterialResult read_raw(Algorithm algorithm, const Secret& bytes, KeyUse use);
// Hex or base64 to bytes; see Key::load. The error as above.
std::expected<Secret, const char*> decode_key_text(Algorithm algorithm, std::string_view text);

}  // namespace gvm::signing
