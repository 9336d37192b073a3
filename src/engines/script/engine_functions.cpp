#include "script/engine_functions.h"

#include <array>
#include <lua.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/error_codes.h"
#include "script/convert.h"
#include "script/error.h"
#include "script/rat.h"

namespace gvm::script {

namespace {

Error bad_argument(std::string detail) {
  return Error(codes::kScriptBadArgument, Fatality::fatal, "user_error: " + std::move(detail));
}

Result<std::vector<std::string>> causes_of(const Value* value) {
  const Value::Array* items = value == nullptr ? nullptr : value->as_array();
  if (items == nullptr || items->empty()) {
    return fail(bad_argument("causes must be a list of at least one string"));
  }
  std::vector<std::string> causes;
  for (const Value& item : *items) {
    const auto text = item.as_string();
    if (!text) return fail(bad_argument("every cause must be a string"));
    causes.emplace_back(*text);
  }
  return causes;
}

Result<Error> error_of(Value table) {
  Result<std::vector<std::string>> causes = causes_of(table.find("causes"));
  if (!causes) return fail(std::move(causes.error()));
  const Value* fatal = table.find("fatal");
  const bool* is_fatal = fatal == nullptr ? nullptr : fatal->as_bool();
  if (fatal != nullptr && !fatal->is_null() && is_fatal == nullptr) {
    return fail(bad_argument("fatal must be a boolean"));
  }
  Value ctx = Value::map();
  if (Value* given = table.as_map() == nullptr ? nullptr : table.as_map()->find("ctx")) {
    const bool empty_list = given->as_array() != nullptr && given->as_array()->empty();
    if (given->as_map() != nullptr)
      ctx = std::move(*given).to_owned();
    else if (!given->is_null() && !empty_list)
      return fail(bad_argument("ctx must be a table with string keys"));
  }
  const Fatality fatality = is_fatal != nullptr && *is_fatal ? Fatality::fatal : Fatality::user;
  return Error(std::move(*causes), fatality, std::move(ctx));
}

int user_error(lua_State* L) {
  Result<Value> table = to_value(L, 1);
  if (!table) raise(L, std::move(table.error()));
  Result<Error> error = error_of(std::move(*table));
  raise(L, error ? std::move(*error) : std::move(error.error()));
}

// The causes, fatality and ctx of a typed error; nil for anything else.
int as_user_error(lua_State* L) {
  const Error* error = as_error(L, 1);
  if (error == nullptr) return lua_pushnil(L), 1;
  push(L, error->to_value());
  return 1;
}

}  // namespace

std::span<const HostFunction> engine_functions() {
  static const std::array rows = {
      HostFunction{"lib.rs", "user_error",
                   "fun(e: {causes: string[], fatal: boolean?, ctx: table?})",
                   "Raises a typed error. A fatal one ends the contract's execution; another may "
                   "be caught by it.",
                   &user_error},
      HostFunction{"lib.rs", "as_user_error",
                   "fun(e: any): {causes: string[], fatal: boolean, ctx: table}?",
                   "What a caught typed error says, or nil when `e` is none.", &as_user_error},
      HostFunction{"rat", "new",
                   "fun(numerator: string|number|Rat, denominator: string|number|Rat?): Rat",
                   "An exact rational: \"3/4\", \"1.25\", a number, or a quotient of two of these.",
                   &rat_new},
      HostFunction{"rat", "is_rat", "fun(v: any): boolean", "Whether `v` is a Rat.", &rat_is_rat},
  };
  return rows;
}

}  // namespace gvm::script
