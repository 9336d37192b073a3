#pragma once
// The signature base (RFC 9421, 2.5): the text that is signed, made from a message. Pure.
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "signing/component.h"
#include "signing/message.h"

namespace gvm::signing {

enum class FieldType { item, list, dictionary };
// Types of fields for ;sf, by lower-case name, in addition to the registered ones.
using FieldTypes = std::map<std::string, FieldType, std::less<>>;

struct SignatureBase {
  std::string text;
  std::string input;  // the member of Signature-Input: the covered components and the parameters
};

// Errors, none fatal, each naming the component:
//   ABSENT_HEADER       the message has no such field, dictionary member or query parameter
//   SIGN_BAD_COMPONENT  no such component, twice the same, of the wrong kind of message, of an
//                       unknown type for ;sf, or of a value that cannot be signed
//   SIGN_BAD_PARAMETER  a parameter that has no serialisation
Result<SignatureBase> signature_base(const Message& message,
                                     const std::vector<Component>& components,
                                     const SignatureParams& params, const FieldTypes& types = {});

// The value of one line; the errors above.
Result<std::string> component_value(const Message& message, const Component& component,
                                    const FieldTypes& types = {});

}  // namespace gvm::signing
