#pragma once
#include <cstddef>

struct lua_State;

namespace gvm::script {

// string.find for plain text: looks for string 2 of the stack in string 1 from byte `from` (counted
// from 0, at most the length) on, in pieces between which other sessions get their turn. Linear in
// both texts, whatever they are. Pushes two positions, or nil; returns how many values it pushed.
int find_plain(lua_State* L, std::size_t from);

}  // namespace gvm::script
