#pragma once
// What the web module's entry points return, checked against what the request asked for. Pure.
#include "base/error.h"
#include "base/value.h"
#include "envelope/web_request.h"

namespace gvm::web {

// The answer for the wire. `Render` returns {text = string} or, for a screenshot, {image = string};
// `Request` returns {status = integer, headers = {name = string}, body = string}; header names
// become lower case. Errors: SCRIPT_BAD_ANSWER naming the field, fatal; TOO_LARGE, not fatal, when
// the peer's size_limit is smaller than the text, image or body.
Result<Value> read_script_answer(Value returned, const envelope::AnyWebRequest& request);

}  // namespace gvm::web
