#pragma once
// What a moderation endpoint answers, in the form of OpenAI's /v1/moderations. Pure.
#include <string>
#include <string_view>

#include "base/error.h"
#include "config/guards_config.h"

namespace gvm::guarded {

// The body of the question: {input, model}.
std::string moderation_question(const config::ModeratorConfig& moderator, std::string_view text);

// Whether the text is flagged: by the answer's own flags, or by the scores of the configured
// categories. An answer that contradicts itself (a category is flagged, the whole is not) counts as
// flagged. GUARD_UNAVAILABLE with the reason when it is none of that form; nothing of the body is
// repeated.
Result<bool> read_moderation(const config::ModeratorConfig& moderator, std::string_view body);

}  // namespace gvm::guarded
