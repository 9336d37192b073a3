// string.find, match, gmatch and gsub over our own matcher, whose steps count as CPU time.
#include "script/sandbox_pattern.h"

#include <algorithm>
#include <cstring>
#include <lua.hpp>
#include <string>
#include <string_view>
#include <type_traits>

#include "script/pattern.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

void check(void* state) {
  auto* L = static_cast<lua_State*>(state);
  Vm::of(L).check_cpu(L);
}

std::string_view text_at(lua_State* L, int index) {
  std::size_t size = 0;
  const char* data = luaL_checklstring(L, index, &size);
  return {data, size};
}

Pattern pattern_at(lua_State* L, int index, Anchor anchor) {
  const std::string_view text = text_at(L, index);
  if (text.size() > Vm::of(L).limits().format_bytes) luaL_error(L, "pattern too long");
  auto pattern = compile_pattern(text, anchor);
  if (!pattern) luaL_error(L, "%s", pattern.error().c_str());
  return std::move(*pattern);
}

// Zero-based start; beyond the end for "no match possible".
std::size_t start_at(lua_State* L, int index, std::size_t size) {
  const lua_Integer init = luaL_optinteger(L, index, 1);
  if (init > 0) return static_cast<std::size_t>(std::min<lua_Unsigned>(init - 1, size + 1));
  if (init == 0 || -init > static_cast<lua_Integer>(size)) return 0;
  return size - static_cast<std::size_t>(-init);
}

struct Match {
  std::string_view subject;
  const Matcher& matcher;
  std::size_t captures;
  std::size_t begin;

  std::string_view whole() const { return subject.substr(begin, matcher.end() - begin); }
};

void push_text(lua_State* L, std::string_view text) {
  lua_pushlstring(L, text.data(), text.size());
}

void push_capture(lua_State* L, const Match& match, std::size_t index) {
  if (match.captures == 0 && index == 0) return push_text(L, match.whole());
  if (index >= match.captures) luaL_error(L, "invalid capture index %%%d", (int)index + 1);
  const Matcher::Capture& capture = match.matcher.capture(index);
  if (capture.is_position) return lua_pushinteger(L, static_cast<lua_Integer>(capture.begin) + 1);
  push_text(L, match.subject.substr(capture.begin, capture.end - capture.begin));
}

enum class Whole { when_no_captures, never };

int push_captures(lua_State* L, const Match& match, Whole whole) {
  const std::size_t count =
      match.captures == 0 && whole == Whole::when_no_captures ? 1 : match.captures;
  luaL_checkstack(L, static_cast<int>(count), "too many captures");
  for (std::size_t i = 0; i < count; ++i) push_capture(L, match, i);
  return static_cast<int>(count);
}

bool has_specials(std::string_view pattern) {
  return pattern.find_first_of("^$*+?.([%-") != std::string_view::npos;
}

int find_plain(lua_State* L, std::string_view subject, std::string_view wanted, std::size_t from) {
  // memmem is linear; a naive search of "aaa...ab" is not.
  const void* found = wanted.empty() ? subject.data() + from
                                     : memmem(subject.data() + from, subject.size() - from,
                                              wanted.data(), wanted.size());
  if (found == nullptr) return lua_pushnil(L), 1;
  const auto at = static_cast<const char*>(found) - subject.data();
  lua_pushinteger(L, at + 1);
  lua_pushinteger(L, at + static_cast<lua_Integer>(wanted.size()));
  return 2;
}

enum class Wanted { span, captures };

int search(lua_State* L, Wanted wanted) {
  const std::string_view subject = text_at(L, 1);
  const std::string_view text = text_at(L, 2);
  const std::size_t from = start_at(L, 3, subject.size());
  if (from > subject.size()) return lua_pushnil(L), 1;
  if (wanted == Wanted::span && (lua_toboolean(L, 4) != 0 || !has_specials(text))) {
    return find_plain(L, subject, text, from);
  }
  const Pattern pattern = pattern_at(L, 2, Anchor::honoured);
  Matcher matcher(subject, pattern.items, {check, L});
  std::size_t begin = from;
  if (pattern.anchored) {
    if (!matcher.match_at(from)) return lua_pushnil(L), 1;
  } else {
    begin = matcher.find_from(from);
    if (begin > subject.size()) return lua_pushnil(L), 1;
  }
  const Match match{subject, matcher, pattern.captures, begin};
  if (wanted == Wanted::captures) return push_captures(L, match, Whole::when_no_captures);
  lua_pushinteger(L, static_cast<lua_Integer>(begin) + 1);
  lua_pushinteger(L, static_cast<lua_Integer>(matcher.end()));
  return 2 + push_captures(L, match, Whole::never);
}

int find(lua_State* L) {
  return search(L, Wanted::span);
}
int match(lua_State* L) {
  return search(L, Wanted::captures);
}

// --- gmatch: the iterator keeps subject, pattern and position as upvalues.

struct Iteration {
  std::size_t at;
  std::size_t last_end;  // an empty match right after another is none
  std::size_t captures;
  std::size_t count;  // of the items that follow in the same block
};
constexpr std::size_t kNoMatchYet = static_cast<std::size_t>(-1);
static_assert(std::is_trivially_copyable_v<PatternItem> && alignof(PatternItem) <= 8);

int next_match(lua_State* L) {
  const std::string_view subject = text_at(L, lua_upvalueindex(1));
  auto* state = static_cast<Iteration*>(lua_touserdata(L, lua_upvalueindex(2)));
  const std::span items(reinterpret_cast<const PatternItem*>(state + 1), state->count);
  Matcher matcher(subject, items, {check, L});
  for (std::size_t at = state->at; at <= subject.size(); ++at) {
    at = matcher.find_from(at);
    if (at > subject.size()) break;
    if (matcher.end() == state->last_end) continue;
    state->at = state->last_end = matcher.end();
    return push_captures(L, {subject, matcher, state->captures, at}, Whole::when_no_captures);
  }
  state->at = subject.size() + 1;
  return 0;
}

int gmatch(lua_State* L) {
  const std::string_view subject = text_at(L, 1);
  const std::size_t from = start_at(L, 3, subject.size());
  const Pattern pattern = pattern_at(L, 2, Anchor::literal);
  const std::size_t bytes = pattern.items.size() * sizeof(PatternItem);
  lua_settop(L, 1);
  auto* state = static_cast<Iteration*>(lua_newuserdatauv(L, sizeof(Iteration) + bytes, 0));
  *state = {from, kNoMatchYet, pattern.captures, pattern.items.size()};
  if (bytes > 0) std::memcpy(static_cast<void*>(state + 1), pattern.items.data(), bytes);
  lua_pushcclosure(L, next_match, 2);
  return 1;
}

// --- gsub

void add_template(lua_State* L, luaL_Buffer* out, const Match& match) {
  const std::string_view text = text_at(L, 3);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      luaL_addchar(out, text[i]);
      continue;
    }
    const char next = ++i < text.size() ? text[i] : '\0';
    if (next == '%') {
      luaL_addchar(out, '%');
    } else if (next == '0') {
      luaL_addlstring(out, match.whole().data(), match.whole().size());
    } else if (next >= '1' && next <= '9') {
      push_capture(L, match, static_cast<std::size_t>(next - '1'));
      luaL_tolstring(L, -1, nullptr);
      lua_remove(L, -2);
      luaL_addvalue(out);
    } else {
      luaL_error(L, "invalid use of '%%' in replacement string");
    }
  }
}

void add_computed(lua_State* L, luaL_Buffer* out, const Match& match) {
  if (lua_type(L, 3) == LUA_TFUNCTION) {
    lua_pushvalue(L, 3);
    const int count = push_captures(L, match, Whole::when_no_captures);
    lua_call(L, count, 1);
  } else {
    push_capture(L, match, 0);
    lua_gettable(L, 3);
  }
  if (lua_toboolean(L, -1) == 0) {
    lua_pop(L, 1);
    luaL_addlstring(out, match.whole().data(), match.whole().size());
    return;
  }
  if (lua_isstring(L, -1) == 0) {
    luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  }
  luaL_addvalue(out);
}

int gsub(lua_State* L) {
  const std::string_view subject = text_at(L, 1);
  const int kind = lua_type(L, 3);
  const bool text = kind == LUA_TSTRING || kind == LUA_TNUMBER;
  luaL_argexpected(L, text || kind == LUA_TTABLE || kind == LUA_TFUNCTION, 3,
                   "string/function/table");
  const lua_Integer most = luaL_optinteger(L, 4, static_cast<lua_Integer>(subject.size()) + 1);
  const Pattern pattern = pattern_at(L, 2, Anchor::honoured);
  Matcher matcher(subject, pattern.items, {check, L});
  std::size_t copied = 0;
  std::size_t last_end = kNoMatchYet;
  lua_Integer count = 0;
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  for (std::size_t at = 0; at <= subject.size() && count < most;) {
    const bool found =
        pattern.anchored ? matcher.match_at(at) : (at = matcher.find_from(at)) <= subject.size();
    if (!found) break;
    if (matcher.end() == last_end) {
      ++at;
      continue;
    }
    ++count;
    luaL_addlstring(&out, subject.data() + copied, at - copied);
    const Match match{subject, matcher, pattern.captures, at};
    if (text)
      add_template(L, &out, match);
    else
      add_computed(L, &out, match);
    copied = last_end = matcher.end();
    at = std::max(matcher.end(), at);
    if (pattern.anchored) break;
  }
  if (copied < subject.size()) {
    luaL_addlstring(&out, subject.data() + copied, subject.size() - copied);
  }
  luaL_pushresult(&out);
  lua_pushinteger(L, count);
  return 2;
}

constexpr luaL_Reg kFunctions[] = {
    {"find", find}, {"match", match}, {"gmatch", gmatch}, {"gsub", gsub}, {nullptr, nullptr}};

}  // namespace

void set_pattern_functions(lua_State* L) {
  luaL_setfuncs(L, kFunctions, 0);
}

}  // namespace gvm::script
