#pragma once
// Whether the words in front of an object introduce it as the answer ("Here is the JSON:") or as
// something else ("The input contains:", "The leader's answer was:").
#include <string_view>

namespace gvm::text {

// `before`: the prose in front of the object, valid UTF-8. A sentence or a paragraph that has ended
// introduces nothing, and is fine. A last line that ends in a colon, or in the middle of a
// sentence, must have a word for an answer or for its form, in one of the languages that models
// answer in, and no word for a source ("input", "user") unless it says "here is". A line of its own
// must only have no word for a source. Linear in the text.
bool introduces_the_answer(std::string_view before);

}  // namespace gvm::text
