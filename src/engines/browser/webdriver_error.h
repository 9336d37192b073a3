#pragma once
// The ways in which a WebDriver command can fail, as one enum: W3C error codes (WebDriver, 6.6),
// ChromeDriver's own, and failures of the transport below.
#include <string>
#include <string_view>

#include "base/error.h"

namespace gvm::browser {

enum class CommandFailure {
  transport,  // the driver cannot be reached, or closed the connection
  protocol,   // its answer is not a WebDriver answer, or is too large
  deadline,   // our own limit on the command, or the request's
  cancelled,  // the awaiting coroutine was cancelled
  session,    // the session no longer exists: wrong id, browser disconnected
  crashed,    // the page's process ended
  replaced,   // another page took the page's place while it was asked
  timeout,    // the driver's limit on loading or on a script
  dialog,     // an alert, confirm or prompt interrupted the command; the driver has dismissed it
  page,       // the browser could not load the URL
  script,     // JavaScript threw
  missing,    // no such window, frame, element, alert, cookie
  unknown,    // the driver does not know the command
  refused,    // no session could be made, or an argument was wrong
  other,
};
std::string_view name_of(CommandFailure failure);

// From the fields of a W3C error object: fatal BROWSER_COMMAND. ctx.kind is name_of, ctx.error the
// W3C code, ctx.message the first line of the driver's message, bounded.
Error driver_error(std::string_view w3c_code, std::string_view message);
// For a connection to the driver that failed: BROWSER_COMMAND with ctx.kind "transport", without
// the driver's address. It is no failure of the page's site. Every other error as it is.
Error driver_lost(Error error);

// For an answer that is not a WebDriver answer: BROWSER_COMMAND with ctx.kind "protocol".
Error protocol_error(std::string detail);

// Classifies any error of a command.
CommandFailure command_failure_of(const Error& error);
// "net::ERR_..." where the browser named one; else empty.
std::string_view net_error_of(const Error& error);

// True when the command may work in another session: the driver or the browser failed, not the
// page.
bool is_driver_failure(CommandFailure failure);

}  // namespace gvm::browser
