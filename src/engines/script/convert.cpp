#include "script/convert.h"

#include <algorithm>
#include <lua.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "base/size.h"
#include "script/error.h"
#include "script/rat.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

constexpr const char* kArrayMetatable = "gvm.array";
constexpr int kSlotsALevel = 6;
// Of the arguments of one call, or of an answer, which are read and copied in one go.
constexpr std::size_t kMostStringBytes = 36 * kMiB;

// What the error message says about where: "headers.accept[3]".
struct Path {
  const Path* parent = nullptr;
  std::string_view key{};
  lua_Integer index = 0;

  std::string text() const {
    if (parent == nullptr) return "value";
    if (key.data() != nullptr) return parent->text() + "." + std::string(key.substr(0, 64));
    return parent->text() + "[" + std::to_string(index) + "]";
  }
};

// A key is checked, copied and sorted: it takes the time of so many plain values.
constexpr std::size_t kValuesOfAKey = 3;

class Reader {
 public:
  Reader(lua_State* L, ReadBudget& left) : L_(L), left_(left) {}

  Result<Value> read(int index, std::size_t depth, const Path& path);

 private:
  Result<Value> read_string(int index, const Path& path);
  Result<Value> read_table(int index, std::size_t depth, const Path& path);
  Result<Value> read_array(int index, lua_Integer size, std::size_t depth, const Path& path);
  Result<Value> read_map(int index, std::size_t depth, const Path& path);
  Result<Blob> read_key(int index, const Path& path);
  Result<Value> read_userdata(int index, const Path& path);
  bool is_array(int index, lua_Integer size);
  bool has_too_many(lua_Integer size) const {
    return static_cast<std::size_t>(size) > left_.values;
  }
  bool take_string(std::size_t bytes);
  bool take_value(std::size_t bytes, std::size_t counts = 1);
  Result<Value> too_large(const Path& path);

  lua_State* L_;
  ReadBudget& left_;
};

bool Reader::take_string(std::size_t bytes) {
  if (bytes > left_.string_bytes) return false;
  left_.string_bytes -= bytes;
  return true;
}

bool Reader::take_value(std::size_t bytes, std::size_t counts) {
  if (bytes > left_.bytes) return false;
  if (counts > left_.values) left_.values = 0;
  if (left_.values == 0) return false;
  left_.bytes -= bytes;
  left_.values -= counts;
  return true;
}

Result<Value> Reader::too_large(const Path& path) {
  return fail(codes::kTooLarge, Fatality::user,
              path.text().substr(0, 256) +
                  (left_.values == 0
                       ? ": more than " + std::to_string(Vm::of(L_).limits().values) + " values"
                       : ": the value unfolds to more than the session's memory"));
}

Result<Value> Reader::read(int index, std::size_t depth, const Path& path) {
  if (!take_value(sizeof(Value))) return too_large(path);
  switch (lua_type(L_, index)) {
    case LUA_TNIL:
    case LUA_TNONE:
      return Value::null();
    case LUA_TBOOLEAN:
      return Value::boolean(lua_toboolean(L_, index) != 0);
    case LUA_TNUMBER:
      if (lua_isinteger(L_, index) != 0) return Value::integer(lua_tointeger(L_, index));
      return Value::real(lua_tonumber(L_, index));
    case LUA_TSTRING:
      return read_string(index, path);
    case LUA_TTABLE:
      return read_table(index, depth, path);
    default:
      return read_userdata(index, path);
  }
}

Result<Value> Reader::read_string(int index, const Path& path) {
  std::size_t size = 0;
  const char* data = lua_tolstring(L_, index, &size);
  if (!take_string(size)) return too_large(path);
  const std::string_view text(data, size);
  Blob blob = Blob::borrow(text);
  if (is_valid_utf8(text)) return Value::string(std::move(blob));
  return Value::bytes(std::move(blob));
}

Result<Value> Reader::read_userdata(int index, const Path& path) {
  if (lua_islightuserdata(L_, index) && lua_touserdata(L_, index) == nullptr) return Value::null();
  if (const auto rat = to_rational(L_, index)) {
    if (rat->is_integer()) return Value::integer(rat->numerator());
    return Value::string(rat->to_string());
  }
  if (const Error* error = as_error(L_, index)) return error->to_value();
  return fail(codes::kScriptBadArgument, Fatality::fatal,
              path.text() + ": a " + luaL_typename(L_, index) + " cannot leave the script");
}

Result<Value> Reader::read_table(int index, std::size_t depth, const Path& path) {
  if (depth >= kMaxDepth) {
    return fail(codes::kTooDeep, Fatality::user,
                path.text().substr(0, 256) + ": nested deeper than " + std::to_string(kMaxDepth) +
                    ", or contains itself");
  }
  luaL_checkstack(L_, kSlotsALevel, nullptr);
  const auto size = static_cast<lua_Integer>(lua_rawlen(L_, index));
  if (is_array(index, size)) return read_array(index, size, depth, path);
  return read_map(index, depth, path);
}

bool Reader::is_array(int index, lua_Integer size) {
  if (lua_getmetatable(L_, index) != 0) {
    push_array_metatable(L_);
    const bool marked = lua_rawequal(L_, -1, -2) != 0;
    lua_pop(L_, 2);
    if (marked) return true;
  }
  if (size == 0) return false;
  if (has_too_many(size)) return true;  // read_array refuses it
  lua_Integer seen = 0;
  lua_pushnil(L_);
  while (lua_next(L_, index) != 0) {
    lua_pop(L_, 1);
    const bool inside =
        lua_isinteger(L_, -1) != 0 && lua_tointeger(L_, -1) >= 1 && lua_tointeger(L_, -1) <= size;
    if (!inside) {
      lua_pop(L_, 1);
      return false;
    }
    ++seen;
  }
  return seen == size;
}

Result<Value> Reader::read_array(int index, lua_Integer size, std::size_t depth, const Path& path) {
  Value::Array items;
  if (has_too_many(size)) {
    left_.values = 0;
    return too_large(path);
  }
  for (lua_Integer i = 1; i <= size; ++i) {
    lua_rawgeti(L_, index, i);
    const Path here{&path, {}, i};
    Result<Value> item = read(lua_gettop(L_), depth + 1, here);
    if (!item) return item;
    items.push_back(std::move(*item));
    lua_pop(L_, 1);
  }
  return Value::array(std::move(items));
}

Result<Blob> Reader::read_key(int index, const Path& path) {
  if (lua_type(L_, index) == LUA_TSTRING) {
    std::size_t size = 0;
    const char* data = lua_tolstring(L_, index, &size);
    const std::string_view text(data, size);
    if (is_valid_utf8(text)) return Blob::borrow(text);
    return fail(codes::kScriptBadArgument, Fatality::fatal, path.text() + ": a key is not UTF-8");
  }
  if (lua_isinteger(L_, index) != 0) return Blob(std::to_string(lua_tointeger(L_, index)));
  return fail(codes::kScriptBadArgument, Fatality::fatal,
              path.text() + ": a " + luaL_typename(L_, index) + " cannot be a key");
}

Result<Value> Reader::read_map(int index, std::size_t depth, const Path& path) {
  std::vector<Value::Map::Entry> entries;
  lua_pushnil(L_);
  while (lua_next(L_, index) != 0) {
    Result<Blob> key = read_key(lua_gettop(L_) - 1, path);
    if (!key) return fail(std::move(key.error()));
    if (!take_value(sizeof(Value::Map::Entry), kValuesOfAKey) || !take_string(key->view().size())) {
      return too_large(path);
    }
    const Path here{&path, key->view(), 0};
    Result<Value> item = read(lua_gettop(L_), depth + 1, here);
    if (!item) return item;
    entries.emplace_back(std::move(*key), std::move(*item));
    lua_pop(L_, 1);
  }
  return Value::map(Value::Map::from_entries(std::move(entries)));
}

void push_text(lua_State* L, std::string_view text) {
  lua_pushlstring(L, text.data(), text.size());
}

void push_integer(lua_State* L, const Integer& integer) {
  if (const auto small = integer.to_i64()) return lua_pushinteger(L, *small);
  push_rational(L, money::Rational(integer));
}

void push_address(lua_State* L, const Address& address) {
  const std::string_view bytes(reinterpret_cast<const char*>(address.data()), address.size());
  push_text(L, "0x" + hex_encode(bytes));
}

void push_array(lua_State* L, const Value::Array& items) {
  lua_createtable(L, static_cast<int>(items.size()), 0);
  lua_Integer i = 0;
  for (const Value& item : items) {
    push(L, item);
    lua_rawseti(L, -2, ++i);
  }
  push_array_metatable(L);
  lua_setmetatable(L, -2);
}

void push_map(lua_State* L, const Value::Map& map) {
  lua_createtable(L, 0, static_cast<int>(map.size()));
  for (const auto& [key, item] : map) {
    push_text(L, key.view());
    push(L, item);
    lua_rawset(L, -3);
  }
}

}  // namespace

void push_null(lua_State* L) {
  lua_pushlightuserdata(L, nullptr);
}

void push_array_metatable(lua_State* L) {
  if (luaL_newmetatable(L, kArrayMetatable) == 0) return;
  // Protected: a __gc put into it would run outside every budget.
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
}

void push(lua_State* L, const Value& value) {
  luaL_checkstack(L, kSlotsALevel, nullptr);
  switch (value.kind()) {
    case Value::Kind::null:
      return push_null(L);
    case Value::Kind::boolean:
      return lua_pushboolean(L, *value.as_bool() ? 1 : 0);
    case Value::Kind::integer:
      return push_integer(L, *value.as_integer());
    case Value::Kind::real:
      return lua_pushnumber(L, *value.as_real());
    case Value::Kind::string:
      return push_text(L, *value.as_string());
    case Value::Kind::bytes:
      return push_text(L, *value.as_bytes());
    case Value::Kind::address:
      return push_address(L, *value.as_address());
    case Value::Kind::array:
      return push_array(L, *value.as_array());
    case Value::Kind::map:
      return push_map(L, *value.as_map());
  }
}

void push_as_rat(lua_State* L, const Value& value) {
  if (const Integer* integer = value.as_integer())
    return push_rational(L, money::Rational(*integer));
  push(L, value);
}

ReadBudget ReadBudget::of(lua_State* L) {
  const Vm& vm = Vm::of(L);
  return {std::min(vm.limits().memory_bytes, kMostStringBytes), vm.memory_left(),
          vm.limits().values};
}

ReadBudget ReadBudget::to_copy(lua_State* L) {
  const Vm& vm = Vm::of(L);
  return {std::min(vm.memory_left(), kMostStringBytes), vm.memory_left(), vm.limits().values};
}

Result<Value> to_value(lua_State* L, int index) {
  ReadBudget budget = ReadBudget::of(L);
  return to_value(L, index, budget);
}

Result<Value> to_value(lua_State* L, int index, ReadBudget& budget) {
  const int top = lua_gettop(L);
  const Path root;
  Reader reader(L, budget);
  Result<Value> value = reader.read(lua_absindex(L, index), 0, root);
  lua_settop(L, top);
  return value;
}

std::size_t footprint(const Value& value) {
  std::size_t bytes = sizeof(Value);
  if (const auto text = value.as_string()) bytes += text->size();
  if (const auto blob = value.as_bytes()) bytes += blob->size();
  if (const Integer* integer = value.as_integer()) bytes += integer->bit_length() / 8;
  if (const auto* items = value.as_array()) {
    for (const Value& item : *items) bytes += footprint(item);
  }
  if (const auto* map = value.as_map()) {
    for (const auto& [key, item] : *map) bytes += sizeof(key) + key.view().size() + footprint(item);
  }
  return bytes;
}

std::size_t owned_footprint(Value& value) {
  std::size_t bytes = sizeof(Value);
  if (const Blob* blob = value.as_blob(); blob != nullptr && !blob->is_borrowed()) {
    bytes += blob->view().size();
  }
  if (const Integer* integer = value.as_integer()) bytes += integer->bit_length() / 8;
  if (auto* items = value.as_array()) {
    for (Value& item : *items) bytes += owned_footprint(item);
  }
  if (auto* map = value.as_map()) {
    for (auto& [key, item] : *map) {
      bytes += sizeof(key) + (key.is_borrowed() ? 0 : key.view().size()) + owned_footprint(item);
    }
  }
  return bytes;
}

}  // namespace gvm::script
