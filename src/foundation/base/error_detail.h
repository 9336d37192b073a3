#pragma once
// The sentence of an error that is meant for a person.
#include <string_view>

#include "base/error.h"

namespace gvm {

// ctx.detail: the sentence of an error; empty when it has none.
std::string_view detail_of(const Error& error);

}  // namespace gvm
