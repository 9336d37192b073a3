#pragma once
// Signs a message with one of our keys (RFC 9421, 3.1). Pure, except that some algorithms use
// random numbers.
#include <string>
#include <vector>

#include "base/error.h"
#include "signing/key.h"
#include "signing/signature_base.h"

namespace gvm::signing {

struct SignSpec {
  // Tells this signature from others of the message; a key of a structured dictionary.
  std::string label = "sig1";
  std::vector<Component> components;
  SignatureParams params;
  FieldTypes types;  // for ;sf of fields that are not registered
};

// Fields for the message; they replace its fields of the same name.
struct SignatureFields {
  std::string input;      // Signature-Input, complete: the signatures already there, and this one
  std::string signature;  // Signature, complete in the same way
  std::string base;       // what was signed
};

// Errors: those of signature_base; SIGN_BAD_PARAMETER for a label that is not a valid key, or an
// `alg` that is not the key's; SIGN_BAD_KEY; MALFORMED_STRUCTURED_FIELD when the message's
// signature fields cannot be parsed. A signature with the same label is replaced.
Result<SignatureFields> sign(const Message& message, const SignSpec& spec, const Key& key);

// For signatures made elsewhere: adds one to `fields`. Fields of the message that cannot be parsed
// are dropped when `broken` says so.
enum class BrokenFields { refuse, drop };
Result<SignatureFields> attach_signature(const Fields& fields, const std::string& label,
                                         const SignatureBase& base, std::string_view signature,
                                         BrokenFields broken);

// `fields` with both fields set, under lower-case names, at the end.
void set_signature_fields(Fields& fields, const SignatureFields& signature);

}  // namespace gvm::signing
