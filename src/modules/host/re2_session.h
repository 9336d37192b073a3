#pragma once
// The compiled patterns that a session uses. Sessions of a lane share them in its cache; each
// session counts every one that it uses as its own memory, in full: a session cannot hide behind
// another that uses the same. What the cache keeps for later sessions is of a fixed size and
// nobody's.
#include <re2/re2.h>

#include <memory>

struct lua_State;

namespace gvm::host {

// Keeps `program` for the session and counts what RE2 may take for it (Options::max_mem: the
// program and the states of its automata). The one used longest ago goes when there are more than
// PatternLimits::cached_patterns; all go with the session. Raises when the session's memory does
// not hold it.
void hold_program(lua_State* L, const std::shared_ptr<const re2::RE2>& program);

}  // namespace gvm::host
