#pragma once
// Signs a message with a key of ours (RFC 9421, 3.1). Pure but for the randomness of some
// algorithms.
#include <string>
#include <vector>

#include "base/error.h"
#include "signing/key.h"
#include "signing/signature_base.h"

namespace gvm::signing {

struct SignSpec {
  std::string label = "sig1";  // of this signature beside others; a key of structured fields
  std::vector<Component> components;
  SignatureParams params;
  FieldTypes types;  // for ;sf of fields that are not registered
};

// What the message gets: put these in place of its fields of the same name.
struct SignatureFields {
  std::string input;      // Signature-Input, whole: the signatures that were there and this one
  std::string signature;  // Signature, likewise
  std::string base;       // what was signed
};

// Errors: those of signature_base; SIGN_BAD_PARAMETER for a label that is no key or `alg` that is
// not the key's; SIGN_BAD_KEY; MALFORMED_STRUCTURED_FIELD when the message's signature fields are
// broken. A signature of the same label is replaced.
Result<SignatureFields> sign(const Message& message, const SignSpec& spec, const Key& key);

// For signatures made elsewhere: `fields` plus this one. Broken fields of the message are dropped
// when `broken` says so.
enum class BrokenFields { refuse, drop };
Result<SignatureFields> attach_signature(const Fields& fields, const std::string& label,
                                         const SignatureBase& base, std::string_view signature,
                                         BrokenFields broken);

// `fields` with both set, under lower-case names, at the end.
void set_signature_fields(Fields& fields, const SignatureFields& signature);

}  // namespace gvm::signing
