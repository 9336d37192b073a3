#pragma once
#include "envelope/generation.h"

namespace gvm::envelope {

// How the field's modules read a request. Those of A and B pass over fields that they do not know,
// and take a text where bytes are expected; those of C refuse both.
enum class Reading { lenient, strict };
constexpr Reading reading_of(Generation generation) {
  return generation == Generation::c ? Reading::strict : Reading::lenient;
}

}  // namespace gvm::envelope
