#pragma once
// What a contract may not ask for, whatever the script would do with it. Pure.
#include "base/error.h"
#include "envelope/web_request.h"

namespace gvm::web {

// Errors, none fatal: HEADER_FORBIDDEN for a header that is malformed, too large or not a caller's
// to set; BODY_FORBIDDEN for a body with HEAD, which libcurl cannot send (RFC 9110, 9.3.2). Headers
// that are dropped instead (host, content-length, genlayer-*, names with '@') are no error.
Result<void> check_caller(const envelope::WebRequest& request);

}  // namespace gvm::web
