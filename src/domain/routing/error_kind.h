#pragma once
// The kinds of failed calls that routing distinguishes.
#include <cstdint>
#include <optional>
#include <string_view>

namespace gvm::routing {

enum class ErrorKind : std::uint8_t {
  connect,             // no connection
  tls,                 // no secure connection
  dns,                 // the host's name does not resolve
  reset,               // the connection closed before an answer began
  stale_connection,    // the same on a kept connection that the server had closed meanwhile
  first_byte_timeout,  // no answer began in time
  idle_timeout,        // silence, or too slow a stream, within the answer
  total_timeout,       // the answer was not complete in time
  cut,                 // the answer ended early
  token_limit,         // a limit of tokens cut an answer that must be whole
  rate_limited,        // 429
  overloaded,          // 503, 529
  server_error,        // other 5xx
  auth,                // 401: the key is not accepted
  forbidden,           // 403: the key may not do this
  payment_required,    // 402: the key's account is empty
  not_found,           // 404: no such model here
  bad_request,         // 400, 422: the request itself is refused
  context_too_long,    // more tokens than the model takes
  capability_json,     // the model has no JSON mode
  capability_image,    // the model takes no images
  content_refused,     // the provider's filter refused the prompt or the answer
  garbled,             // not the promised encoding or form
  no_answer,           // of the promised form, but it ended without an answer or in thoughts alone
  unusable,            // an answer in words, but not the JSON or the verdict that was asked for
  empty,               // 200 without content
  oversize,            // more bytes than allowed
  redirect,            // 3xx
  cancelled,           // the client disconnected, or another call of the prompt was faster
  deadline,            // the time of the prompt is over
  budget,              // the money of the prompt or of a ledger is used up
};

inline constexpr std::size_t kErrorKinds = static_cast<std::size_t>(ErrorKind::budget) + 1;

// "connect", "first_byte_timeout", ...: stable names, used in decision records and metrics.
std::string_view name_of(ErrorKind kind);
std::optional<ErrorKind> parse_error_kind(std::string_view name);

}  // namespace gvm::routing
