#pragma once
// Stable error codes: the first cause of every error. Existing hosts match on the codes of wire.md;
// ours have the same form.
//
// Nearly every file includes this header. A code that only one folder and those above it use
// belongs into the codes.h of that folder, so that adding it does not rebuild everything.
#include <string_view>

namespace gvm::codes {

// wire.md, "Error causes"
inline constexpr std::string_view kNoProviderForPrompt = "NO_PROVIDER_FOR_PROMPT";
inline constexpr std::string_view kStatusNotOk = "STATUS_NOT_OK";
inline constexpr std::string_view kSendingRequest = "SENDING_REQUEST";
inline constexpr std::string_view kReadingBody = "READING_BODY";
inline constexpr std::string_view kDeserializing = "DESERIALIZING";
inline constexpr std::string_view kAbsentHeader = "ABSENT_HEADER";
inline constexpr std::string_view kInvalidImage = "INVALID_IMAGE";
inline constexpr std::string_view kTooManyImages = "TOO_MANY_IMAGES";
inline constexpr std::string_view kImageTooLarge = "IMAGE_TOO_LARGE";
inline constexpr std::string_view kMalformedUrl = "MALFORMED_URL";
inline constexpr std::string_view kSchemaForbidden = "SCHEMA_FORBIDDEN";
inline constexpr std::string_view kPortForbidden = "PORT_FORBIDDEN";
inline constexpr std::string_view kTldForbidden = "TLD_FORBIDDEN";
inline constexpr std::string_view kAddressForbidden = "ADDRESS_FORBIDDEN";
inline constexpr std::string_view kWebpageLoadFailed = "WEBPAGE_LOAD_FAILED";
inline constexpr std::string_view kCreatingSession = "CREATING_SESSION";
inline constexpr std::string_view kInsufficientExecutionBudget = "INSUFFICIENT_EXECUTION_BUDGET";

// Ours, of several folders.
inline constexpr std::string_view kMalformedCalldata =
    "MALFORMED_CALLDATA";  // bytes are no canonical calldata
inline constexpr std::string_view kMalformedRequest =
    "MALFORMED_REQUEST";  // valid calldata, no known request
inline constexpr std::string_view kMalformedHello = "MALFORMED_HELLO";
inline constexpr std::string_view kTooDeep = "TOO_DEEP";    // nesting over kMaxDepth
inline constexpr std::string_view kTooLarge = "TOO_LARGE";  // a size limit, named in the detail
inline constexpr std::string_view kDeadlineExceeded = "DEADLINE_EXCEEDED";
inline constexpr std::string_view kCancelled = "CANCELLED";
inline constexpr std::string_view kTooManySessions =
    "TOO_MANY_SESSIONS";  // a session limit, named in the detail
inline constexpr std::string_view kScriptBadArgument =
    "SCRIPT_BAD_ARGUMENT";  // a script called a host function with a wrong argument
inline constexpr std::string_view kMissingCapability =
    "MISSING_CAPABILITY";  // the model or the module cannot do what is asked
inline constexpr std::string_view kInvalidConfig = "INVALID_CONFIG";
inline constexpr std::string_view kInternal =
    "INTERNAL";  // a bug; the contract learns nothing about it

}  // namespace gvm::codes
