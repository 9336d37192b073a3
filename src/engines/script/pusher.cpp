#include "script/pusher.h"

#include <iterator>
#include <lua.hpp>

#include "base/size.h"
#include "script/convert.h"

namespace gvm::script {

namespace {

// About a quarter of a millisecond.
constexpr int kValuesAPiece = 1000;
constexpr std::size_t kBytesAPiece = 512 * kKiB;
constexpr int kSlotsALevel = 6;

std::size_t size_of(const Value& container) {
  const auto* items = container.as_array();
  return items != nullptr ? items->size() : container.as_map()->size();
}

}  // namespace

bool Pusher::push_some(lua_State* L, const Value& value) {
  bytes_ = 0;
  if (!begun_ && value.is_null()) return lua_pushnil(L), false;
  if (!begun_) open(L, value);
  begun_ = true;
  for (int i = 0; i < kValuesAPiece && bytes_ < kBytesAPiece && !open_.empty(); ++i) advance(L);
  return !open_.empty();
}

void Pusher::open(lua_State* L, const Value& value) {
  luaL_checkstack(L, kSlotsALevel, nullptr);
  if (const auto* items = value.as_array()) {
    lua_createtable(L, static_cast<int>(items->size()), 0);
  } else if (const auto* map = value.as_map()) {
    lua_createtable(L, 0, static_cast<int>(map->size()));
  } else {
    if (const auto text = value.as_string()) bytes_ += text->size();
    if (const auto text = value.as_bytes()) bytes_ += text->size();
    push(L, value);
    if (!open_.empty()) attach(L);
    return;
  }
  open_.push_back({&value, 0});
}

// What is on top, into the table below it.
void Pusher::attach(lua_State* L) {
  const Frame& frame = open_.back();
  if (frame.container->as_array() != nullptr) {
    lua_rawseti(L, -2, static_cast<lua_Integer>(frame.next));
  } else {
    lua_rawset(L, -3);
  }
}

void Pusher::advance(lua_State* L) {
  Frame& frame = open_.back();
  if (frame.next == size_of(*frame.container)) return close(L);
  const auto at = static_cast<std::ptrdiff_t>(frame.next++);
  if (const auto* items = frame.container->as_array()) {
    return open(L, *std::next(items->begin(), at));
  }
  const auto& [key, item] = *std::next(frame.container->as_map()->begin(), at);
  bytes_ += key.view().size();
  lua_pushlstring(L, key.view().data(), key.view().size());
  open(L, item);
}

void Pusher::close(lua_State* L) {
  if (open_.back().container->as_array() != nullptr) {
    push_array_metatable(L);
    lua_setmetatable(L, -2);
  }
  open_.pop_back();
  if (!open_.empty()) attach(L);
}

}  // namespace gvm::script
