#pragma once
// An integer of any size: 64 bits inline, GMP beyond. Calldata integers are of this type.
// Always normalised: a value that fits std::int64_t is held inline, so equality is structural.
#include <gmp.h>

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gvm {

class Integer {
 public:
  Integer() = default;
  Integer(std::int64_t value) : small_(value) {}  // NOLINT: an integer literal is an Integer
  static Integer from_u64(std::uint64_t value);
  // Takes the value of `value`; the caller keeps and clears its own mpz.
  static Integer from_mpz(mpz_srcptr value);
  // Decimal, optional leading '-'. Empty when it is not exactly that. No limit on digits: callers
  // bound the text.
  static std::optional<Integer> parse(std::string_view decimal);
  // Exact value of an integral double; empty for fractions, NaN and infinities.
  static std::optional<Integer> from_integral(double value);
  static Integer pow2(unsigned exponent);
  // From 64-bit limbs, least significant first: their number m itself, or -1 - m.
  static Integer from_limbs(std::span<const std::uint64_t> limbs, bool complement);

  Integer(const Integer& other);
  Integer& operator=(const Integer& other);
  Integer(Integer&&) noexcept = default;
  Integer& operator=(Integer&&) noexcept = default;
  ~Integer() = default;

  bool fits_i64() const { return big_ == nullptr; }
  std::optional<std::int64_t> to_i64() const;
  std::optional<std::uint64_t> to_u64() const;
  double to_double() const;
  std::string to_string() const;
  bool is_negative() const;
  // Sets `out` (initialised by the caller) to this value.
  void to_mpz(mpz_ptr out) const;
  // Limbs of the magnitude, least significant first, as long as this lives; only when !fits_i64().
  std::span<const mp_limb_t> big_limbs() const;
  // Bits of the magnitude; 0 for zero.
  std::size_t bit_length() const;

  friend bool operator==(const Integer& a, const Integer& b) { return (a <=> b) == 0; }
  friend std::strong_ordering operator<=>(const Integer& a, const Integer& b);

 private:
  struct Big {
    Big() { mpz_init(z); }
    ~Big() { mpz_clear(z); }
    Big(const Big&) = delete;
    Big& operator=(const Big&) = delete;
    mpz_t z;
  };

  std::int64_t small_ = 0;
  std::unique_ptr<Big> big_;
};

}  // namespace gvm
