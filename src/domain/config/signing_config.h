#pragma once
// Keys for signing outgoing requests (RFC 9421), in addition to the node's external signer.
#include <chrono>
#include <string>
#include <vector>

#include "base/secret.h"

namespace gvm::config {

struct SigningKeyConfig {
  std::string name;
  std::string algorithm;  // of RFC 9421's registry, or ES256K
  Secret key;             // PEM, hex or base64; or:
  std::string key_file;   // a file that holds it
  std::string keyid;      // empty: the name
  std::string label = "sig1";
  std::string tag;
  std::vector<std::string> components{"@method", "@authority", "@path", "@query"};
  std::vector<std::string> parameters{"created", "keyid", "alg"};
  std::chrono::milliseconds expires_after{300'000};  // with the parameter `expires`
  std::string content_digest = "sha-256";            // of a body: sha-256, sha-512 or none
};

struct SigningConfig {
  std::string use;  // the key for `sign: true`; empty: the external signer
  std::vector<SigningKeyConfig> keys;
  // The components that the external signer's signatures cover: as the session's generation expects
  // ("session"), or always those of generation "a", "b" or "c".
  std::string genlayer_profile = "session";
};

}  // namespace gvm::config
