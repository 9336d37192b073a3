#include "script/constant.h"

#include <algorithm>
#include <iterator>
#include <lua.hpp>

#include "script/convert.h"

namespace gvm::script {

namespace {

constexpr const char* kMetatable = "gvm.constant";
// A table of this many plain values costs about 0.1 ms and 64 KiB in every Lua state.
constexpr std::size_t kLargestCopied = 1024;

const Value::Map& map_at(lua_State* L, int index) {
  return **static_cast<const Value::Map**>(luaL_checkudata(L, index, kMetatable));
}

int index(lua_State* L) {
  const Value::Map& map = map_at(L, 1);
  std::size_t size = 0;
  const char* key = lua_type(L, 2) == LUA_TSTRING ? lua_tolstring(L, 2, &size) : nullptr;
  const Value* found = key == nullptr ? nullptr : map.find(std::string_view(key, size));
  if (found == nullptr) return lua_pushnil(L), 1;
  push_constant(L, *found);
  return 1;
}

int refuse_change(lua_State* L) {
  return luaL_error(L, "this table is read-only");
}

int length(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(map_at(L, 1).size()));
  return 1;
}

// The iterator: upvalue 1 the userdata, upvalue 2 the position. It never returns the
// userdata's own Value.
int next_entry(lua_State* L) {
  const Value::Map& map = map_at(L, lua_upvalueindex(1));
  const lua_Integer at = lua_tointeger(L, lua_upvalueindex(2));
  if (at >= static_cast<lua_Integer>(map.size())) return lua_pushnil(L), 1;
  lua_pushinteger(L, at + 1);
  lua_replace(L, lua_upvalueindex(2));
  const auto& [key, value] = *std::next(map.begin(), at);
  lua_pushlstring(L, key.view().data(), key.view().size());
  push_constant(L, value);
  return 2;
}

bool is_plain(const Value& value) {
  return value.as_map() == nullptr && value.as_array() == nullptr;
}

// What is nested is always copied: each access to a view would make another table of it, and what
// a script writes into one would be lost.
bool is_shared(const Value::Map& map) {
  return map.size() > kLargestCopied &&
         std::ranges::all_of(map, [](const auto& entry) { return is_plain(entry.second); });
}

int pairs(lua_State* L) {
  map_at(L, 1);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_entry, 2);
  return 1;
}

void push_metatable(lua_State* L) {
  if (luaL_newmetatable(L, kMetatable) == 0) return;
  const luaL_Reg methods[] = {{"__index", index},
                              {"__newindex", refuse_change},
                              {"__len", length},
                              {"__pairs", pairs},
                              {nullptr, nullptr}};
  luaL_setfuncs(L, methods, 0);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
}

}  // namespace

int next_of_constant(lua_State* L) {
  const Value::Map& map = map_at(L, 1);
  auto at = map.begin();
  if (!lua_isnoneornil(L, 2)) {
    std::size_t size = 0;
    luaL_checktype(L, 2, LUA_TSTRING);
    const char* text = lua_tolstring(L, 2, &size);
    const auto key = [](const auto& entry) { return entry.first.view(); };
    at = std::ranges::upper_bound(map, std::string_view(text, size), {}, key);
  }
  if (at == map.end()) return lua_pushnil(L), 1;
  lua_pushlstring(L, at->first.view().data(), at->first.view().size());
  push_constant(L, at->second);
  return 2;
}

bool is_constant(lua_State* L, int index) {
  return luaL_testudata(L, index, kMetatable) != nullptr;
}

void push_constant(lua_State* L, const Value& value) {
  const Value::Map* map = value.as_map();
  if (map == nullptr || !is_shared(*map)) return push(L, value);
  auto** box = static_cast<const Value::Map**>(lua_newuserdatauv(L, sizeof(void*), 0));
  *box = map;
  push_metatable(L);
  lua_setmetatable(L, -2);
}

}  // namespace gvm::script
