#pragma once
// Stable error codes of signing/: Signing and verification (RFC 9421). The external signer's
// (SIGN_URL_...) are fatal.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kSignUrlPatchFailed =
    "SIGN_URL_PATCH_FAILED";  // signer_url or signer_headers could not be filled
inline constexpr std::string_view kSignUrlSendFailed =
    "SIGN_URL_SEND_FAILED";  // the signer could not be asked
inline constexpr std::string_view kSignUrlBadStatus =
    "SIGN_URL_BAD_STATUS";  // the signer did not answer 200
inline constexpr std::string_view kSignUrlReadFailed =
    "SIGN_URL_READ_FAILED";  // the signer's answer is no signature
inline constexpr std::string_view kMalformedStructuredField =
    "MALFORMED_STRUCTURED_FIELD";  // the field does not conform to RFC 9651
inline constexpr std::string_view kMalformedMessage =
    "MALFORMED_MESSAGE";  // text that is no HTTP message
inline constexpr std::string_view kSignBadComponent =
    "SIGN_BAD_COMPONENT";  // a component that cannot be covered, named in the detail
inline constexpr std::string_view kSignBadParameter =
    "SIGN_BAD_PARAMETER";  // a signature parameter of a wrong type, or a label that is no key
inline constexpr std::string_view kSignBadKey =
    "SIGN_BAD_KEY";  // key material that does not fit its algorithm

}  // namespace gvm::codes
