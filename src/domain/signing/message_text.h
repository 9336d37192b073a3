#pragma once
// HTTP/1.1 messages as text, for the tools and tests: text that a person copied from a log or a
// document. Lines may end with LF alone.
#include <string>
#include <string_view>

#include "base/error.h"
#include "signing/message.h"

namespace gvm::signing {

// A request or a response; its first line decides which. `scheme` is not part of such a text. The
// body ends where Content-Length says, so that a file may end with an additional line break. Chunks
// are joined, and their trailer fields kept. Error: MALFORMED_MESSAGE, not fatal.
Result<Message> parse_message(std::string_view text, std::string_view scheme);

// The message with CRLF line ends, as it would be sent. A known body is included whole.
std::string write_message(const Message& message);

}  // namespace gvm::signing
