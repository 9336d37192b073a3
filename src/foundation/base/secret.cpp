#include "base/secret.h"

#include <string.h>

namespace gvm {

void Secret::clear() noexcept {
  // A moved-from short string keeps its characters in its inline buffer, beyond size(): the whole
  // capacity is cleared.
  value_.resize(value_.capacity());
  // explicit_bzero is not optimised away, unlike a memset before a free.
  ::explicit_bzero(value_.data(), value_.size());
  value_.clear();
}

}  // namespace gvm
