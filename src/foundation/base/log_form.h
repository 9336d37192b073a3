#pragma once
// Errors as the log has them: without anything that may repeat a prompt, an answer or a page. What
// the provider or a page said stays in the error itself, and at `log_level: trace` with
// `log_content: true` in a line of its own.
#include <string_view>

#include "base/error.h"

namespace gvm {

// Behind this a sentence has words that are not ours.
inline constexpr std::string_view kProviderSays = "the provider says: ";

// {"causes", "fatal", "ctx"}: the causes and the detail without foreign words, and of ctx the
// fields that are known to hold none.
Value log_form(const Error& error);
// The same for every table within `value` that is an error, as scripts log them.
void to_log_form(Value& value);

}  // namespace gvm
