#pragma once
// The stable codes: the first cause of every error. Existing hosts match on the ones of wire.md;
// ours have the same form.
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

// Ours. What goes in: calldata and the envelope.
inline constexpr std::string_view kMalformedCalldata =
    "MALFORMED_CALLDATA";  // bytes are no canonical calldata
inline constexpr std::string_view kMalformedRequest =
    "MALFORMED_REQUEST";  // valid calldata, no known request
inline constexpr std::string_view kMalformedHello = "MALFORMED_HELLO";
inline constexpr std::string_view kEmptyPrompt = "EMPTY_PROMPT";
inline constexpr std::string_view kTooDeep = "TOO_DEEP";    // nesting over kMaxDepth
inline constexpr std::string_view kTooLarge = "TOO_LARGE";  // a size limit, named in the detail

// Ours. Web: what a deny or allow list refuses.
inline constexpr std::string_view kUrlForbidden = "URL_FORBIDDEN";

// Ours. Web: what a contract may not send.
inline constexpr std::string_view kHeaderForbidden = "HEADER_FORBIDDEN";
inline constexpr std::string_view kBodyForbidden = "BODY_FORBIDDEN";

// Ours. Time and cancellation.
inline constexpr std::string_view kDeadlineExceeded = "DEADLINE_EXCEEDED";
inline constexpr std::string_view kCancelled = "CANCELLED";

// Ours. Serving.
inline constexpr std::string_view kListenFailed =
    "LISTEN_FAILED";  // the bind address cannot be listened on
inline constexpr std::string_view kTooManySessions =
    "TOO_MANY_SESSIONS";  // a session limit, named in the detail
inline constexpr std::string_view kShuttingDown = "SHUTTING_DOWN";

// Ours. Tools that connect to a module.
inline constexpr std::string_view kConnecting = "CONNECTING";  // nobody there, or no module
inline constexpr std::string_view kConnectionLost = "CONNECTION_LOST";

// Ours. Scripts.
inline constexpr std::string_view kScriptError =
    "SCRIPT_ERROR";  // an ordinary Lua error nobody caught
inline constexpr std::string_view kScriptMemoryLimit = "SCRIPT_MEMORY_LIMIT";
inline constexpr std::string_view kScriptCpuLimit = "SCRIPT_CPU_LIMIT";
inline constexpr std::string_view kScriptBadArgument =
    "SCRIPT_BAD_ARGUMENT";  // a host function was called wrongly
inline constexpr std::string_view kScriptCannotWait =
    "SCRIPT_CANNOT_WAIT";  // suspending call where Lua cannot yield
inline constexpr std::string_view kScriptBadAnswer =
    "SCRIPT_BAD_ANSWER";  // an entry point returned no answer of its form

// reference/rfc9421.md, the external signer; all fatal
inline constexpr std::string_view kSignUrlPatchFailed =
    "SIGN_URL_PATCH_FAILED";  // signer_url or signer_headers could not be filled
inline constexpr std::string_view kSignUrlSendFailed =
    "SIGN_URL_SEND_FAILED";  // the signer could not be asked
inline constexpr std::string_view kSignUrlBadStatus =
    "SIGN_URL_BAD_STATUS";  // the signer did not answer 200
inline constexpr std::string_view kSignUrlReadFailed =
    "SIGN_URL_READ_FAILED";  // the signer's answer is no signature

// Ours. Signing.
inline constexpr std::string_view kUnknownSigningKey =
    "UNKNOWN_SIGNING_KEY";  // a script names a key the configuration does not have
inline constexpr std::string_view kMalformedStructuredField =
    "MALFORMED_STRUCTURED_FIELD";  // against RFC 9651
inline constexpr std::string_view kMalformedMessage =
    "MALFORMED_MESSAGE";  // text that is no HTTP message
inline constexpr std::string_view kSignBadComponent =
    "SIGN_BAD_COMPONENT";  // a component that cannot be covered, named in the detail
inline constexpr std::string_view kSignBadParameter =
    "SIGN_BAD_PARAMETER";  // a signature parameter of a wrong type, or a label that is no key
inline constexpr std::string_view kSignBadKey =
    "SIGN_BAD_KEY";  // key material that does not fit its algorithm

// Ours. Browsers.
inline constexpr std::string_view kBrowserCommand =
    "BROWSER_COMMAND";  // a WebDriver or DevTools command failed; ctx.kind names how

// Ours. Extraction.
inline constexpr std::string_view kDocumentTooComplex =
    "DOCUMENT_TOO_COMPLEX";  // an HTML document over a limit, named in ctx.limit
inline constexpr std::string_view kBadSelector = "BAD_SELECTOR";  // CSS; ctx.position says where
inline constexpr std::string_view kBadPattern = "BAD_PATTERN";    // RE2; ctx.position says where

// Ours. Budgets and the ledger.
inline constexpr std::string_view kBudgetExceeded =
    "BUDGET_EXCEEDED";  // a call's worst case does not fit; ctx names the budget and its figures
inline constexpr std::string_view kInvalidAmount =
    "INVALID_AMOUNT";  // a negative or absurd amount of money, tokens, requests or gen
inline constexpr std::string_view kLedgerLocked =
    "LEDGER_LOCKED";  // another process owns the ledger, named when known
inline constexpr std::string_view kLedgerCorrupt = "LEDGER_CORRUPT";
inline constexpr std::string_view kLedgerNewerSchema =
    "LEDGER_NEWER_SCHEMA";  // written by a later version of the modules
inline constexpr std::string_view kLedgerReadOnly = "LEDGER_READ_ONLY";
inline constexpr std::string_view kLedgerDiskFull = "LEDGER_DISK_FULL";
inline constexpr std::string_view kLedgerUnavailable =
    "LEDGER_UNAVAILABLE";  // a broken disk, or a database that does not answer

// Ours. Providers and configuration.
inline constexpr std::string_view kUnknownProvider =
    "UNKNOWN_PROVIDER";  // no such backend or model
inline constexpr std::string_view kMissingCapability =
    "MISSING_CAPABILITY";  // the model cannot do what is asked
inline constexpr std::string_view kAnswerNotUsable =
    "ANSWER_NOT_USABLE";  // JSON or bool that cannot be repaired
inline constexpr std::string_view kInvalidConfig = "INVALID_CONFIG";
inline constexpr std::string_view kMalformedSnapshot =
    "MALFORMED_SNAPSHOT";  // a routing state that cannot be replayed; the detail says where
inline constexpr std::string_view kBadGenRate =
    "BAD_GEN_RATE";  // gen per USD or per time unit that is no number above 0
inline constexpr std::string_view kInternal =
    "INTERNAL";  // a bug; nothing of it reaches the contract

}  // namespace gvm::codes
