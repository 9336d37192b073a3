#include "base/secret.h"

#include <string.h>

namespace gvm {

void Secret::clear() noexcept {
  // explicit_bzero is not optimised away, unlike a memset before a free.
  if (!value_.empty()) ::explicit_bzero(value_.data(), value_.size());
  value_.clear();
}

}  // namespace gvm
