#pragma once
// Secrets by their form: keys of known services, private keys, tokens, seed phrases, passwords in
// assignments and addresses. A form alone is not enough where it is weak: entropy, a checksum or
// the content decides.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "guard/detector.h"

namespace gvm::guard {

enum class SecretKind : std::uint8_t {
  api_key,      // of a known service, by its prefix
  private_key,  // PEM, OpenSSH, PGP, age; Bitcoin WIF and extended private keys by checksum
  jwt,          // RFC 7519, with a header that says "alg"
  seed_phrase,  // BIP-39, English list: 12 to 24 words with a valid checksum
  password,     // in an address, a header or an assignment
};
std::optional<SecretKind> secret_kind_named(std::string_view name);  // "api_key", ...

// A secret that a regular expression finds.
struct SecretPattern {
  SecretKind kind;
  std::string_view label;
  std::string_view expression;                       // RE2
  int group = 0;                                     // what of it is the secret
  bool (*holds)(std::string_view secret) = nullptr;  // null: the form is enough
};
std::span<const SecretPattern> secret_patterns();

// Those that are found by words and checksums: seed phrases, Bitcoin keys. Null when `kinds`
// holds neither; no kinds: all.
std::unique_ptr<Detector> make_secret_words(const std::vector<SecretKind>& kinds);

// Shannon's entropy of its bytes, bits a byte.
double entropy_of(std::string_view text);
// Base58Check (Bitcoin): the payload, when its four check bytes are right.
std::optional<std::string> base58check(std::string_view text);
// Of a seed phrase's words as their indices in the list: 12, 15, 18, 21 or 24, checksum right.
bool is_seed_phrase(std::span<const std::uint16_t> words);

}  // namespace gvm::guard
