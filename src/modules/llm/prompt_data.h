#pragma once
// What a prompt holds, as far as the operator's data rules ask (docs/routing.md, "Data rules").
#include <boost/asio/awaitable.hpp>

#include "dispatch/candidates.h"
#include "provider/prompt.h"

namespace gvm::llm {

namespace asio = boost::asio;

// Whether personal data is found in its texts; pictures are not looked at. False without looking
// when no data rule depends on it. Long texts are looked at on the background thread; a text that
// nobody could look at counts as if there were. `prompt` outlives the awaiting.
asio::awaitable<bool> look_for_personal_data(const dispatch::Candidates& candidates,
                                             const provider::Prompt& prompt);
// The same at once: a long text counts as if there were.
bool may_hold_personal_data(const dispatch::Candidates& candidates, const provider::Prompt& prompt);

}  // namespace gvm::llm
