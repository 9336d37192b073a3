#pragma once
// Owns a GMP integer and clears it when the scope ends.
#include <gmp.h>

namespace gvm {

class GmpInteger {
 public:
  GmpInteger() { mpz_init(z); }
  ~GmpInteger() { mpz_clear(z); }
  GmpInteger(const GmpInteger&) = delete;
  GmpInteger& operator=(const GmpInteger&) = delete;

  mutable mpz_t z;  // mutable: GMP's functions take `mpz_t` without const also where they only read
};

}  // namespace gvm
