#pragma once
// Exact rational numbers for money and budgets. Always in lowest terms with a positive denominator.
// A value type on GMP.
//
// Every operation whose result could grow without bound returns empty when a part would exceed
// kMaxBits.
//
// Every operation that could grow without bound is bounded by kMaxBits and answers nothing beyond
// it.
#include <gmp.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/integer.h"

namespace gvm::money {

class Rational {
 public:
  static constexpr std::size_t kMaxBits = 16 * 1024;      // of the numerator and of the denominator
  static constexpr std::size_t kMaxTextBytes = 8 * 1024;  // longest text parse() reads
  static constexpr std::int64_t kMaxExponent = 4096;      // of decimal texts and of pow()

  Rational() { mpq_init(q_); }
  explicit Rational(const Integer& value);
  Rational(std::int64_t value) : Rational(Integer(value)) {}  // NOLINT: an integer is a Rational
  // Empty when `denominator` is zero or a part exceeds kMaxBits.
  static std::optional<Rational> make(const Integer& numerator, const Integer& denominator);
  // "12", "-3/4", "1.25", "-.5e-3": decimals are exact. Empty when it is none of these, or too
  // large.
  static std::optional<Rational> parse(std::string_view text);
  // The exact value of the double (0.1 is not 1/10); empty for NaN and infinities.
  static std::optional<Rational> from_double(double value);
  static Rational from_mpq(mpq_srcptr value);

  Rational(const Rational& other) : Rational() { mpq_set(q_, other.q_); }
  Rational(Rational&& other) noexcept : Rational() { mpq_swap(q_, other.q_); }
  Rational& operator=(Rational other) noexcept {
    mpq_swap(q_, other.q_);
    return *this;
  }
  ~Rational() { mpq_clear(q_); }

  Integer numerator() const { return Integer::from_mpz(mpq_numref(q_)); }
  Integer denominator() const { return Integer::from_mpz(mpq_denref(q_)); }
  mpq_srcptr raw() const { return q_; }
  int sign() const { return mpq_sgn(q_); }
  bool is_zero() const { return sign() == 0; }
  bool is_integer() const { return mpz_cmp_ui(mpq_denref(q_), 1) == 0; }
  // Both parts within kMaxBits.
  bool within_bounds() const;

  // Nearest double towards zero; may be infinite only beyond the range of doubles.
  double to_double() const;
  // "3/4", "12".
  std::string to_string() const;

  friend Rational operator+(const Rational& a, const Rational& b);
  friend Rational operator-(const Rational& a, const Rational& b);
  friend Rational operator*(const Rational& a, const Rational& b);
  Rational operator-() const;
  Rational abs() const;
  // Empty for a zero divisor.
  std::optional<Rational> divided_by(const Rational& divisor) const;
  // a - b * floor(a / b), the sign of the divisor as in Lua; empty for a zero divisor.
  std::optional<Rational> modulo(const Rational& divisor) const;
  // Empty for 0 to a negative power, and when the result exceeds kMaxBits.
  std::optional<Rational> pow(std::int64_t exponent) const;

  Integer floor() const;
  Integer ceil() const;
  Integer trunc() const;

  friend bool operator==(const Rational& a, const Rational& b) {
    return mpq_equal(a.q_, b.q_) != 0;
  }
  friend std::strong_ordering operator<=>(const Rational& a, const Rational& b) {
    return mpq_cmp(a.q_, b.q_) <=> 0;
  }

 private:
  mpq_t q_;
};

}  // namespace gvm::money
