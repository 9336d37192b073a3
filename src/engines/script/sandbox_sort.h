#pragma once
struct lua_State;

namespace gvm::script {

// table.sort(list [, less]): a stable merge sort, so that equal elements keep their order on every
// machine. The list is written only when everything is sorted; a comparator that is no order cannot
// make it loop. Other sessions get their turn while it sorts; the comparator may wait.
int sort_table(lua_State* L);

}  // namespace gvm::script
