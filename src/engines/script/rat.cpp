#include "script/rat.h"

#include <cmath>
#include <cstring>
#include <lua.hpp>
#include <string>
#include <utility>

#include "base/error_codes.h"
#include "script/error.h"

namespace gvm::script {

namespace {

using money::Rational;

constexpr const char* kMetatable = "gvm.rat";

// Followed by the limbs of the numerator and of the denominator.
struct Header {
  int numerator_size;  // in limbs, negative for a negative number, as in mpz_t
  int denominator_size;
};

mp_limb_t* limbs_of(Header* header) {
  return reinterpret_cast<mp_limb_t*>(header + 1);
}
static_assert(sizeof(Header) % sizeof(mp_limb_t) == 0);

[[noreturn]] int bad_argument(lua_State* L, std::string detail) {
  raise(L, Error(codes::kScriptBadArgument, Fatality::fatal, std::move(detail)));
}

void push_checked(lua_State* L, const std::optional<Rational>& value, const char* complaint) {
  if (!value) bad_argument(L, complaint);
  push_rational(L, *value);
}

void push_decimal(lua_State* L, const Integer& value) {
  const std::string text = value.to_string();
  lua_pushlstring(L, text.data(), text.size());
}

void push_integer_result(lua_State* L, const Integer& value) {
  push_rational(L, Rational(value));
}

std::optional<Rational> number_or_rat(lua_State* L, int index) {
  if (auto rat = to_rational(L, index)) return rat;
  if (lua_type(L, index) != LUA_TNUMBER) return std::nullopt;
  if (lua_isinteger(L, index) != 0) return Rational(Integer(lua_tointeger(L, index)));
  return Rational::from_double(lua_tonumber(L, index));
}

Rational operand(lua_State* L, int index) {
  auto value = number_or_rat(L, index);
  if (!value) {
    bad_argument(L, std::string("rat: a Rat or a finite number was expected, not a ") +
                        luaL_typename(L, index));
  }
  return std::move(*value);
}

Rational self(lua_State* L) {
  return operand(L, 1);
}

int add(lua_State* L) {
  return push_rational(L, operand(L, 1) + operand(L, 2)), 1;
}
int subtract(lua_State* L) {
  return push_rational(L, operand(L, 1) - operand(L, 2)), 1;
}
int multiply(lua_State* L) {
  return push_rational(L, operand(L, 1) * operand(L, 2)), 1;
}

int divide(lua_State* L) {
  push_checked(L, operand(L, 1).divided_by(operand(L, 2)), "rat: division by zero");
  return 1;
}

int floor_divide(lua_State* L) {
  const auto quotient = operand(L, 1).divided_by(operand(L, 2));
  if (!quotient) bad_argument(L, "rat: division by zero");
  push_integer_result(L, quotient->floor());
  return 1;
}

int modulo(lua_State* L) {
  push_checked(L, operand(L, 1).modulo(operand(L, 2)), "rat: modulo by zero");
  return 1;
}

int negate(lua_State* L) {
  return push_rational(L, -self(L)), 1;
}
int absolute(lua_State* L) {
  return push_rational(L, self(L).abs()), 1;
}
int equal(lua_State* L) {
  return lua_pushboolean(L, operand(L, 1) == operand(L, 2)), 1;
}
int less(lua_State* L) {
  return lua_pushboolean(L, operand(L, 1) < operand(L, 2)), 1;
}
int less_equal(lua_State* L) {
  return lua_pushboolean(L, operand(L, 1) <= operand(L, 2)), 1;
}
// Decimal strings, as the field's scripts expect: they parse them themselves.
int numerator(lua_State* L) {
  return push_decimal(L, self(L).numerator()), 1;
}
int denominator(lua_State* L) {
  return push_decimal(L, self(L).denominator()), 1;
}
int to_float(lua_State* L) {
  return lua_pushnumber(L, self(L).to_double()), 1;
}
int sign(lua_State* L) {
  return lua_pushinteger(L, self(L).sign()), 1;
}
int is_zero(lua_State* L) {
  return lua_pushboolean(L, self(L).is_zero()), 1;
}
int is_integer(lua_State* L) {
  return lua_pushboolean(L, self(L).is_integer()), 1;
}
int floor(lua_State* L) {
  return push_integer_result(L, self(L).floor()), 1;
}
int ceil(lua_State* L) {
  return push_integer_result(L, self(L).ceil()), 1;
}
int trunc(lua_State* L) {
  return push_integer_result(L, self(L).trunc()), 1;
}

int power(lua_State* L) {
  const Rational exponent = operand(L, 2);
  const auto whole = exponent.is_integer() ? exponent.numerator().to_i64() : std::nullopt;
  if (!whole) bad_argument(L, "rat: the exponent must be an integer");
  push_checked(L, self(L).pow(*whole), "rat: the power does not exist or is too large");
  return 1;
}

int to_text(lua_State* L) {
  const std::string text = self(L).to_string();
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

int concat(lua_State* L) {
  luaL_tolstring(L, 1, nullptr);
  luaL_tolstring(L, 2, nullptr);
  lua_concat(L, 2);
  return 1;
}

constexpr luaL_Reg kMethods[] = {
    {"numer", numerator}, {"denom", denominator},     {"to_float", to_float}, {"abs", absolute},
    {"sign", sign},       {"is_zero", is_zero},       {"floor", floor},       {"ceil", ceil},
    {"trunc", trunc},     {"is_integer", is_integer}, {"pow", power},         {nullptr, nullptr}};

constexpr luaL_Reg kOperators[] = {
    {"__add", add},       {"__sub", subtract},      {"__mul", multiply},  {"__div", divide},
    {"__mod", modulo},    {"__idiv", floor_divide}, {"__unm", negate},    {"__pow", power},
    {"__eq", equal},      {"__lt", less},           {"__le", less_equal}, {"__tostring", to_text},
    {"__concat", concat}, {nullptr, nullptr}};

// Made together with the first Rat: a session without rationals does not pay for it.
void push_metatable(lua_State* L) {
  if (luaL_newmetatable(L, kMetatable) == 0) return;
  luaL_setfuncs(L, kOperators, 0);
  luaL_newlib(L, kMethods);
  lua_setfield(L, -2, "__index");
  lua_pushliteral(L, "rat");
  lua_setfield(L, -2, "__metatable");
}

std::optional<Rational> from_lua(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TSTRING) return number_or_rat(L, index);
  std::size_t size = 0;
  const char* text = lua_tolstring(L, index, &size);
  return Rational::parse(std::string_view(text, size));
}

}  // namespace

void push_rational(lua_State* L, const Rational& value) {
  if (!value.within_bounds()) {
    raise(L, Error(codes::kTooLarge, Fatality::user,
                   "rat: more than " + std::to_string(Rational::kMaxBits) + " bits"));
  }
  luaL_checkstack(L, 4, nullptr);
  const mpz_srcptr numerator = mpq_numref(value.raw());
  const mpz_srcptr denominator = mpq_denref(value.raw());
  const std::size_t n = mpz_size(numerator);
  const std::size_t d = mpz_size(denominator);
  auto* header =
      static_cast<Header*>(lua_newuserdatauv(L, sizeof(Header) + (n + d) * sizeof(mp_limb_t), 0));
  header->numerator_size = mpz_sgn(numerator) < 0 ? -static_cast<int>(n) : static_cast<int>(n);
  header->denominator_size = static_cast<int>(d);
  if (n != 0) std::memcpy(limbs_of(header), mpz_limbs_read(numerator), n * sizeof(mp_limb_t));
  std::memcpy(limbs_of(header) + n, mpz_limbs_read(denominator), d * sizeof(mp_limb_t));
  push_metatable(L);
  lua_setmetatable(L, -2);
}

std::optional<Rational> to_rational(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA) return std::nullopt;
  auto* header = static_cast<Header*>(luaL_testudata(L, index, kMetatable));
  if (header == nullptr) return std::nullopt;
  mpq_t view;
  mp_limb_t* limbs = limbs_of(header);
  mpz_roinit_n(mpq_numref(view), limbs, header->numerator_size);
  mpz_roinit_n(mpq_denref(view), limbs + std::abs(header->numerator_size),
               header->denominator_size);
  return Rational::from_mpq(view);
}

int rat_new(lua_State* L) {
  const auto numerator = from_lua(L, 1);
  if (!numerator)
    bad_argument(L, "rat.new: no rational number: " + std::string(luaL_typename(L, 1)));
  if (lua_isnoneornil(L, 2)) return push_rational(L, *numerator), 1;
  const auto denominator = from_lua(L, 2);
  if (!denominator) bad_argument(L, "rat.new: the denominator is no rational number");
  push_checked(L, numerator->divided_by(*denominator), "rat.new: the denominator is zero");
  return 1;
}

int rat_is_rat(lua_State* L) {
  lua_pushboolean(L, luaL_testudata(L, 1, kMetatable) != nullptr);
  return 1;
}

void install_rat(lua_State* L) {
  lua_createtable(L, 0, 3);
  lua_pushcfunction(L, rat_new);
  lua_setfield(L, -2, "new");
  lua_pushcfunction(L, rat_is_rat);
  lua_setfield(L, -2, "is_rat");
  push_rational(L, Rational());
  lua_setfield(L, -2, "zero");
  lua_setglobal(L, "rat");
}

}  // namespace gvm::script
