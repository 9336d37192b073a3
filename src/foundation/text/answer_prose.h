#pragma once
// The text around the JSON of an answer: does it state something of its own? Then there are two
// readings, and none is certain.
#include <optional>
#include <string>
#include <string_view>

namespace gvm::text {

enum class Side { before, after };  // of the JSON

// What in `prose` speaks against taking the JSON beside it for the answer: more JSON or a piece of
// it, a statement ("score: 17", "the verdict is false"), words that revise or attribute
// ("Actually", "wrote"), marks of reasoning. Empty when it is a mere wrapping. Linear in the text.
std::optional<std::string> objection_in(std::string_view prose, Side side);

}  // namespace gvm::text
