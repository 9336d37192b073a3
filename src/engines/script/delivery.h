#pragma once
// A result on its way to Lua: pushed in pieces, so that a large one does not hold the lane, and
// counted as the session's memory until it is there. Taking it apart holds no lane either.
#include <cstddef>

#include "base/value.h"

struct lua_State;

namespace gvm::script {

// The two halves of a lua_CFunction, of which the first is not inlined: the second leaves by a
// jump, so that nothing with a destructor may stand in its frame.
//   begin_delivery(L, value, bytes); return run_delivery(L);
// `bytes`: footprint() of the value, charged already. At the top null is nil.
void begin_delivery(lua_State* L, Value value, std::size_t bytes);
int run_delivery(lua_State* L);
// The first half for a value that lies in a userdata at the bottom of the frame's stack.
void begin_delivery_of(lua_State* L, const Value& value);

}  // namespace gvm::script
