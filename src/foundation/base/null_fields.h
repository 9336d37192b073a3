#pragma once
// Scripts test fields with `if x.field then`, and a null that arrives as a value of its own would
// be true.
#include "base/value.h"

namespace gvm {

// Removes map entries whose value is null, at every depth. Items of lists keep their places.
void drop_null_fields(Value& value);

}  // namespace gvm
