#pragma once
// What can go wrong with a WebDriver command, as one enum: W3C error codes (WebDriver, 6.6), what
// ChromeDriver says in their stead, and the transport below them.
#include <string>
#include <string_view>

#include "base/error.h"

namespace gvm::browser {

enum class CommandFailure {
  transport,  // the driver cannot be reached, or hung up
  protocol,   // its answer is no WebDriver answer, or too large
  deadline,   // our own limit on the command, or the request's
  cancelled,  // the awaiting coroutine was cancelled
  session,    // the session is gone: stale id, browser disconnected
  crashed,    // the page's process ended
  timeout,    // the driver's limit on loading or on a script
  dialog,     // an alert, confirm or prompt was in the way; the driver has dismissed it
  page,       // the browser could not load the URL
  script,     // JavaScript threw
  missing,    // no such window, frame, element, alert, cookie
  unknown,    // the driver does not know the command
  refused,    // no session could be made, or an argument was wrong
  other,
};
std::string_view name_of(CommandFailure failure);

// From the members of a W3C error object: fatal BROWSER_COMMAND; ctx.kind is name_of, ctx.error the
// W3C code, ctx.message the first line of what the driver said, bounded.
Error driver_error(std::string_view w3c_code, std::string_view message);
// An answer that is none: BROWSER_COMMAND with ctx.kind "protocol".
Error protocol_error(std::string detail);

// Of any error a command ended with.
CommandFailure command_failure_of(const Error& error);
// "net::ERR_..." where the browser named one; else empty.
std::string_view net_error_of(const Error& error);

// True when the same may work with another session: the driver or the browser failed, not the page.
bool is_driver_failure(CommandFailure failure);

}  // namespace gvm::browser
