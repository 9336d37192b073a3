#include "store/amounts.h"

#include "base/gmp_guard.h"
#include "store/codes.h"

namespace gvm::store {
namespace {

std::unexpected<Error> invalid(std::string_view field, std::string_view what) {
  return fail(codes::kInvalidAmount, Fatality::fatal,
              "the amount of " + std::string(field) + " is " + std::string(what));
}

Result<void> check_number(std::string_view field, std::int64_t number) {
  if (number < 0) return invalid(field, "negative");
  if (number > Amounts::kMost) return invalid(field, "beyond 10^15");
  return {};
}

template <class Operation>
Integer with_gmp(const Integer& a, const Integer& b, Operation operation) {
  const GmpInteger left, right, result;
  a.to_mpz(left.z);
  b.to_mpz(right.z);
  operation(result.z, left.z, right.z);
  return Integer::from_mpz(result.z);
}

}  // namespace

std::string_view unit_name(Unit unit) {
  return kUnitNames[static_cast<std::size_t>(unit)];
}

std::optional<Unit> parse_unit(std::string_view name) {
  for (std::size_t i = 0; i < kUnitNames.size(); ++i) {
    if (kUnitNames[i] == name) return static_cast<Unit>(i);
  }
  return std::nullopt;
}

Integer Amounts::in(Unit unit) const {
  switch (unit) {
    case Unit::usd:
      return nano_usd;
    case Unit::tokens:
      return tokens;
    case Unit::requests:
      return requests;
    case Unit::gen:
      break;
  }
  return gen;
}

Result<void> check(const Amounts& amounts) {
  if (auto ok = check_number("nano_usd", amounts.nano_usd); !ok) return ok;
  if (auto ok = check_number("tokens", amounts.tokens); !ok) return ok;
  if (auto ok = check_number("requests", amounts.requests); !ok) return ok;
  if (amounts.gen.is_negative()) return invalid("gen", "negative");
  if (amounts.gen.bit_length() > Amounts::kMostGenBits) return invalid("gen", "beyond 256 bits");
  return {};
}

Integer sum(const Integer& a, const Integer& b) {
  const auto left = a.to_i64();
  const auto right = b.to_i64();
  std::int64_t small = 0;
  if (left && right && !__builtin_add_overflow(*left, *right, &small)) return small;
  return with_gmp(a, b, mpz_add);
}

Integer difference(const Integer& a, const Integer& b) {
  const auto left = a.to_i64();
  const auto right = b.to_i64();
  std::int64_t small = 0;
  if (left && right && !__builtin_sub_overflow(*left, *right, &small)) return small;
  return with_gmp(a, b, mpz_sub);
}

}  // namespace gvm::store
