#pragma once
// Judges the text around the JSON of an answer. When that text makes a statement of its own, the
// answer can be read in two ways, and neither is certain.
#include <optional>
#include <string>
#include <string_view>

#include "text/harmless_prose.h"

namespace gvm::text {

// What in `prose` speaks against taking the JSON beside it as the answer: more JSON or a piece of
// it, a statement ("score: 17", "the verdict is false", "Urteil: wahr"), words that revise or
// attribute ("Actually", "wrote", "schrieb"), marks of reasoning. Code in a fence and attributes of
// XML tags state only verdicts. Then whatever is not known to be harmless (harmless_prose.h). Empty
// when nothing speaks against it. Linear in the text.
std::optional<std::string> objection_in(std::string_view prose, Side side, const Subject& subject);

// Whether the JSON is the value of one member among others that are not JSON, as in YAML:
// "title: a\ndata: {...}\nstatus: b". `before` and `after` are the texts around it.
bool stands_among_members(std::string_view before, std::string_view after);

}  // namespace gvm::text
