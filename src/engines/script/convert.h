#pragma once
// Values and Lua values. Both directions are bounded: depth by kMaxDepth, size by the session's
// memory cap, so that a table that contains itself or shares its parts does not unfold without end.
//
//   null        lightuserdata NULL (nil in Lua -> null too)
//   integer     integer; beyond 64 bits a Rat
//   real        float
//   string      string          a Lua string that is valid UTF-8
//   bytes       string          a Lua string that is not
//   address     "0x..." string
//   array       table with the array metatable, so that an empty list stays one; a sequence 1..n is
//   an array too map         table; integer keys become decimal strings
#include <cstddef>

#include "base/error.h"
#include "base/value.h"

struct lua_State;

namespace gvm::script {

// Pushes one value. May raise Lua's memory error: call where Lua is protected.
void push(lua_State* L, const Value& value);
// As push, but an integer of any size becomes a Rat.
void push_as_rat(lua_State* L, const Value& value);
void push_null(lua_State* L);
// The metatable of lists, for functions that build tables themselves.
void push_array_metatable(lua_State* L);

// Strings in the result are borrowed from Lua: valid while Lua holds them. Errors
// (SCRIPT_BAD_ARGUMENT, TOO_DEEP, TOO_LARGE) name the path inside the value.
Result<Value> to_value(lua_State* L, int index);

// What values may take together, in bytes and in number.
struct ReadBudget {
  std::size_t string_bytes;  // unfolded: a string that stands in two places counts twice
  std::size_t bytes;         // of the values themselves
  std::size_t values;

  // For strings that stay Lua's.
  static ReadBudget of(lua_State* L);
  // For strings that will be copied.
  static ReadBudget to_copy(lua_State* L);
};
// The same for one of several values: takes what it needs off the budget.
Result<Value> to_value(lua_State* L, int index, ReadBudget& budget);

// Bytes of C++ memory a Value holds, roughly.
std::size_t footprint(const Value& value);
// The same without the strings it borrows.
std::size_t owned_footprint(Value& value);

}  // namespace gvm::script
