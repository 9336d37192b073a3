#pragma once
// Scope of a GMP integer: cleared however the scope is left.
#include <gmp.h>

namespace gvm {

class GmpInteger {
 public:
  GmpInteger() { mpz_init(z); }
  ~GmpInteger() { mpz_clear(z); }
  GmpInteger(const GmpInteger&) = delete;
  GmpInteger& operator=(const GmpInteger&) = delete;

  mutable mpz_t z;  // GMP's own functions say which arguments they write
};

}  // namespace gvm
