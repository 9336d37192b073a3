#pragma once
// HTTP/1.1 messages as text, for the tools and tests: what a person copied from a log or a book.
// Lines may end with LF alone.
#include <string>
#include <string_view>

#include "base/error.h"
#include "signing/message.h"

namespace gvm::signing {

// A request or a response, told apart by its first line. `scheme` is not part of such a text. The
// body ends where Content-Length says, so that a file may end with a line break of its own; chunks
// are joined, and their trailer fields kept. Error: MALFORMED_MESSAGE, not fatal.
Result<Message> parse_message(std::string_view text, std::string_view scheme);

// The message with CRLF line ends, as it would be sent. A known body goes whole.
std::string write_message(const Message& message);

}  // namespace gvm::signing
