#pragma once
// The characters that look alike (UTS #39, section 4), by ICU's data.
#include <string_view>

#include "base/error.h"

namespace gvm::text {

// INTERNAL when ICU's data are missing. To be called before the first look_alike().
Result<void> load_confusables();

// The prototype of `c`, a Unicode scalar value: what stands for all characters that look like it,
// in NFD. Itself for most characters; empty for one that is not seen (Default_Ignorable). For ASCII
// too: "l" for '1', 'I' and '|', "rn" for 'm'.
std::string_view look_alike(char32_t c);

}  // namespace gvm::text
