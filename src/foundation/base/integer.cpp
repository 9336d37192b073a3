#include "base/integer.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/gmp_guard.h"

namespace gvm {
namespace {

static_assert(sizeof(long) == sizeof(std::int64_t), "the *_si functions of GMP take 64 bits");

constexpr std::size_t kI64Digits = 18;  // any number of that many digits fits

bool all_digits(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return true;
}

}  // namespace

Integer Integer::from_u64(std::uint64_t value) {
  if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return Integer(static_cast<std::int64_t>(value));
  }
  Integer result;
  result.big_ = std::make_unique<Big>();
  mpz_set_ui(result.big_->z, value);
  return result;
}

Integer Integer::from_mpz(mpz_srcptr value) {
  if (mpz_fits_slong_p(value) != 0) return Integer(std::int64_t{mpz_get_si(value)});
  Integer result;
  result.big_ = std::make_unique<Big>();
  mpz_set(result.big_->z, value);
  return result;
}

std::optional<Integer> Integer::parse(std::string_view decimal) {
  std::string_view digits = decimal;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  if (!all_digits(digits)) return std::nullopt;
  if (digits.size() <= kI64Digits) {
    std::int64_t small = 0;
    std::from_chars(decimal.data(), decimal.data() + decimal.size(), small);
    return Integer(small);
  }
  const std::string terminated(decimal);
  const GmpInteger parsed;
  mpz_set_str(parsed.z, terminated.c_str(), 10);
  return from_mpz(parsed.z);
}

std::optional<Integer> Integer::from_integral(double value) {
  if (!std::isfinite(value) || value != std::trunc(value)) return std::nullopt;
  constexpr double kTwo63 = 9223372036854775808.0;
  if (value >= -kTwo63 && value < kTwo63) return Integer(static_cast<std::int64_t>(value));
  const GmpInteger exact;
  mpz_set_d(exact.z, value);
  return from_mpz(exact.z);
}

Integer Integer::pow2(unsigned exponent) {
  const GmpInteger power;
  mpz_setbit(power.z, exponent);
  return from_mpz(power.z);
}

Integer Integer::from_limbs(std::span<const std::uint64_t> limbs, bool complement) {
  auto big = std::make_unique<Big>();
  mpz_import(big->z, limbs.size(), -1, sizeof(std::uint64_t), 0, 0, limbs.data());
  if (complement) mpz_com(big->z, big->z);
  Integer result;
  if (mpz_fits_slong_p(big->z) != 0) {
    result.small_ = mpz_get_si(big->z);
  } else {
    result.big_ = std::move(big);
  }
  return result;
}

Integer::Integer(const Integer& other) : small_(other.small_) {
  if (other.big_ == nullptr) return;
  big_ = std::make_unique<Big>();
  mpz_set(big_->z, other.big_->z);
}

Integer& Integer::operator=(const Integer& other) {
  if (this != &other) *this = Integer(other);
  return *this;
}

std::optional<std::int64_t> Integer::to_i64() const {
  if (big_ != nullptr) return std::nullopt;
  return small_;
}

std::optional<std::uint64_t> Integer::to_u64() const {
  if (big_ == nullptr) {
    if (small_ < 0) return std::nullopt;
    return static_cast<std::uint64_t>(small_);
  }
  if (mpz_fits_ulong_p(big_->z) == 0) return std::nullopt;
  return std::uint64_t{mpz_get_ui(big_->z)};
}

double Integer::to_double() const {
  return big_ == nullptr ? static_cast<double>(small_) : mpz_get_d(big_->z);
}

std::string Integer::to_string() const {
  if (big_ == nullptr) return std::to_string(small_);
  // mpz_sizeinbase may be one too large; sign and terminator come on top.
  std::string text(mpz_sizeinbase(big_->z, 10) + 2, '\0');
  mpz_get_str(text.data(), 10, big_->z);
  text.resize(text.find('\0'));
  return text;
}

bool Integer::is_negative() const {
  return big_ == nullptr ? small_ < 0 : mpz_sgn(big_->z) < 0;
}

void Integer::to_mpz(mpz_ptr out) const {
  if (big_ == nullptr) {
    mpz_set_si(out, small_);
  } else {
    mpz_set(out, big_->z);
  }
}

std::span<const mp_limb_t> Integer::big_limbs() const {
  if (big_ == nullptr) return {};
  return {mpz_limbs_read(big_->z), mpz_size(big_->z)};
}

std::size_t Integer::bit_length() const {
  if (big_ != nullptr) return mpz_sizeinbase(big_->z, 2);
  const auto bits = static_cast<std::uint64_t>(small_);
  const std::uint64_t magnitude = small_ < 0 ? ~bits + 1 : bits;
  return 64 - static_cast<std::size_t>(std::countl_zero(magnitude));
}

std::strong_ordering operator<=>(const Integer& a, const Integer& b) {
  if (a.big_ == nullptr && b.big_ == nullptr) return a.small_ <=> b.small_;
  if (a.big_ == nullptr) return 0 <=> mpz_sgn(b.big_->z);  // beyond 64 bits the sign decides
  if (b.big_ == nullptr) return mpz_sgn(a.big_->z) <=> 0;
  return mpz_cmp(a.big_->z, b.big_->z) <=> 0;
}

}  // namespace gvm
