#pragma once
// What was drawn for a prompt, as its decision record has it, in words. Pure.
#include <string>

#include "base/value.h"

namespace gvm::dispatch {

// Several lines. `drawn` is the member `greybox` of a record, which may be broken: what is not of
// the form is left out.
std::string explain_draw(const Value& drawn);

}  // namespace gvm::dispatch
