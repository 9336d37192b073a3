#pragma once
struct lua_State;

namespace gvm::script {

// string.gsub(text, pattern, replacement [, n]). Other sessions get their turn between two matches
// and while a function is called for the replacement, which may wait.
int gsub(lua_State* L);

}  // namespace gvm::script
