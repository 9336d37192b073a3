#pragma once
// How much of a document a call reads on the lane, and what it does when that is not enough.
#include <optional>

#include "host/long_call.h"
#include "html/document.h"

namespace gvm::host {

// Whether what is below `id` is read within some milliseconds, as far as that follows from its
// size.
bool is_short(const html::Document& document, html::NodeId id, LongWork::Patience patience);

// For what does not: steps, cells and bytes that a call counts while it reads on the lane.
html::Limits limits_on_lane(const html::Document& document, LongWork::Patience patience);

// Nothing for DOCUMENT_TOO_COMPLEX: the call is made again elsewhere, within the document's own
// limits.
std::optional<Result<Value>> unless_too_complex(Result<Value> result);

}  // namespace gvm::host
