#pragma once
// Content-Digest (RFC 9530): a hash of the body that a signature can cover. Pure.
#include <string>
#include <string_view>

#include "base/error.h"

namespace gvm::signing {

enum class DigestAlgorithm { sha_256, sha_512 };

// The field's value: `sha-256=:...:`.
std::string content_digest(DigestAlgorithm algorithm, std::string_view body);

enum class DigestState {
  matches,  // there is a digest of a known algorithm, and all such digests match
  differs,
  unknown,    // no digest is of a known algorithm
  malformed,  // not a dictionary of byte sequences
};
DigestState check_content_digest(std::string_view field_value, std::string_view body);

}  // namespace gvm::signing
