#pragma once
// The global `rat`: exact rationals in Lua. A Rat is a userdata that holds its digits itself, so
// that Lua's accounting sees every byte of it and nothing needs a finalizer.
#include <optional>

#include "money/rational.h"

struct lua_State;

namespace gvm::script {

// Raises TOO_LARGE beyond money::Rational::kMaxBits.
void push_rational(lua_State* L, const money::Rational& value);
// Empty when no Rat is at `index`.
std::optional<money::Rational> to_rational(lua_State* L, int index);
// Sets the global table.
void install_rat(lua_State* L);

// Functions of the table, for the list of host functions: rat.new, rat.is_rat.
int rat_new(lua_State* L);
int rat_is_rat(lua_State* L);

}  // namespace gvm::script
