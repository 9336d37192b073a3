#pragma once
// Scripts test fields with `if x.field then`. A null would arrive in Lua as a value that counts as
// true, so fields that are null are removed.
#include "base/value.h"

namespace gvm {

// Removes map entries whose value is null, at every depth. Items of arrays keep their places.
void drop_null_fields(Value& value);

}  // namespace gvm
