#include "money/rational.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "base/gmp_guard.h"

namespace gvm::money {

namespace {

bool all_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string printed(mpz_srcptr value) {
  std::string text(mpz_sizeinbase(value, 10) + 2, '\0');
  mpz_get_str(text.data(), 10, value);
  text.resize(text.find('\0'));
  return text;
}

struct Decimal {
  std::string digits;  // sign, integer and fraction digits
  std::int64_t exponent = 0;
};

std::optional<std::int64_t> parse_exponent(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.size() > 5 || !all_digits(text)) return std::nullopt;
  const std::int64_t value = std::stoll(std::string(text));
  if (value > Rational::kMaxExponent) return std::nullopt;
  return negative ? -value : value;
}

std::optional<Decimal> split_decimal(std::string_view text) {
  Decimal out;
  if (const auto e = text.find_first_of("eE"); e != std::string_view::npos) {
    const auto exponent = parse_exponent(text.substr(e + 1));
    if (!exponent) return std::nullopt;
    out.exponent = *exponent;
    text = text.substr(0, e);
  }
  if (text.starts_with('-')) out.digits = "-";
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const auto point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (whole.empty() && fraction.empty()) return std::nullopt;
  if (!all_digits(whole) || !all_digits(fraction)) return std::nullopt;
  out.digits.append(whole).append(fraction);
  out.exponent -= static_cast<std::int64_t>(fraction.size());
  return out;
}

}  // namespace

Rational::Rational(const Integer& value) : Rational() {
  value.to_mpz(mpq_numref(q_));
}

Rational Rational::from_mpq(mpq_srcptr value) {
  Rational out;
  mpq_set(out.q_, value);
  return out;
}

std::optional<Rational> Rational::make(const Integer& numerator, const Integer& denominator) {
  if (denominator == Integer(0)) return std::nullopt;
  Rational out;
  numerator.to_mpz(mpq_numref(out.q_));
  denominator.to_mpz(mpq_denref(out.q_));
  if (!out.within_bounds()) return std::nullopt;
  mpq_canonicalize(out.q_);
  return out;
}

std::optional<Rational> Rational::parse(std::string_view text) {
  if (text.size() > kMaxTextBytes) return std::nullopt;
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    const auto numerator = Integer::parse(text.substr(0, slash));
    const auto denominator = Integer::parse(text.substr(slash + 1));
    if (!numerator || !denominator) return std::nullopt;
    return make(*numerator, *denominator);
  }
  const auto decimal = split_decimal(text);
  if (!decimal) return std::nullopt;
  const auto digits = Integer::parse(decimal->digits);
  if (!digits) return std::nullopt;
  Rational scale(10);
  const auto power = scale.pow(decimal->exponent);
  if (!power) return std::nullopt;
  Rational out = Rational(*digits) * *power;
  if (!out.within_bounds()) return std::nullopt;
  return out;
}

std::optional<Rational> Rational::from_double(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  Rational out;
  mpq_set_d(out.q_, value);
  return out;
}

bool Rational::within_bounds() const {
  return mpz_sizeinbase(mpq_numref(q_), 2) <= kMaxBits &&
         mpz_sizeinbase(mpq_denref(q_), 2) <= kMaxBits;
}

double Rational::to_double() const {
  return mpq_get_d(q_);
}

std::string Rational::to_string() const {
  std::string text = printed(mpq_numref(q_));
  if (!is_integer()) text.append("/").append(printed(mpq_denref(q_)));
  return text;
}

Rational operator+(const Rational& a, const Rational& b) {
  Rational out;
  mpq_add(out.q_, a.q_, b.q_);
  return out;
}

Rational operator-(const Rational& a, const Rational& b) {
  Rational out;
  mpq_sub(out.q_, a.q_, b.q_);
  return out;
}

Rational operator*(const Rational& a, const Rational& b) {
  Rational out;
  mpq_mul(out.q_, a.q_, b.q_);
  return out;
}

Rational Rational::operator-() const {
  Rational out;
  mpq_neg(out.q_, q_);
  return out;
}

Rational Rational::abs() const {
  Rational out;
  mpq_abs(out.q_, q_);
  return out;
}

std::optional<Rational> Rational::divided_by(const Rational& divisor) const {
  if (divisor.is_zero()) return std::nullopt;
  Rational out;
  mpq_div(out.q_, q_, divisor.q_);
  return out;
}

std::optional<Rational> Rational::modulo(const Rational& divisor) const {
  const auto quotient = divided_by(divisor);
  if (!quotient) return std::nullopt;
  return *this - divisor * Rational(quotient->floor());
}

std::optional<Rational> Rational::pow(std::int64_t exponent) const {
  if (exponent < 0 && is_zero()) return std::nullopt;
  if (exponent > kMaxExponent || exponent < -kMaxExponent) return std::nullopt;
  const auto power = static_cast<unsigned long>(exponent < 0 ? -exponent : exponent);
  const std::size_t bits =
      std::max(mpz_sizeinbase(mpq_numref(q_), 2), mpz_sizeinbase(mpq_denref(q_), 2));
  if (bits > 1 && bits * power > kMaxBits + power) return std::nullopt;
  Rational out;
  mpz_pow_ui(mpq_numref(out.q_), mpq_numref(q_), power);
  mpz_pow_ui(mpq_denref(out.q_), mpq_denref(q_), power);
  if (exponent < 0) mpq_inv(out.q_, out.q_);
  return out;
}

Integer Rational::floor() const {
  const GmpInteger out;
  mpz_fdiv_q(out.z, mpq_numref(q_), mpq_denref(q_));
  return Integer::from_mpz(out.z);
}

Integer Rational::ceil() const {
  const GmpInteger out;
  mpz_cdiv_q(out.z, mpq_numref(q_), mpq_denref(q_));
  return Integer::from_mpz(out.z);
}

Integer Rational::trunc() const {
  const GmpInteger out;
  mpz_tdiv_q(out.z, mpq_numref(q_), mpq_denref(q_));
  return Integer::from_mpz(out.z);
}

}  // namespace gvm::money
