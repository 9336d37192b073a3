// string.find, match and gmatch over our own matcher, whose steps count as CPU time. Between two
// windows of a long text other sessions get their turn.
#include "script/sandbox_pattern.h"

#include <cstdint>
#include <lua.hpp>
#include <string_view>

#include "base/size.h"
#include "script/sandbox_gsub.h"
#include "script/sandbox_match.h"
#include "script/sandbox_search.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

using Found = Search::Found;

constexpr int kArguments = 4;
constexpr int kSearch = 5;
// A shorter rest of a text is searched at once.
constexpr std::size_t kShort = 16 * kKiB;

bool has_specials(std::string_view pattern) {
  return pattern.find_first_of("^$*+?.([%-") != std::string_view::npos;
}

// Of string.find, string.match.
enum class Wanted : std::uint8_t { span, captures };

int push_match(lua_State* L, const Match& match, Wanted wanted) {
  if (wanted == Wanted::captures) return push_captures(L, match, Whole::when_no_captures);
  lua_pushinteger(L, static_cast<lua_Integer>(match.begin) + 1);
  lua_pushinteger(L, static_cast<lua_Integer>(match.matcher.end()));
  return 2 + push_captures(L, match, Whole::never);
}

// Nothing here has a destructor: a pause jumps over this frame.
int search_on(lua_State* L, int, lua_KContext wanted) {
  auto& search = *static_cast<Search*>(lua_touserdata(L, kSearch));
  const std::string_view subject = text_argument(L, 1);
  Matcher matcher = search.matcher(L, subject);
  while (true) {
    const Found found = search.look_on(matcher, subject);
    if (found == Found::no) return lua_pushnil(L), 1;
    if (found == Found::yes)
      return push_match(L, {subject, matcher, search.captures(), search.at()},
                        static_cast<Wanted>(wanted));
    if (Vm::of(L).must_pause(L)) return Vm::pause(L, wanted, search_on);
  }
}

[[gnu::noinline]] void begin_search(lua_State* L, std::size_t from) {
  const Pattern pattern = pattern_argument(L, 2, Anchor::honoured);
  lua_settop(L, kArguments);
  Search::push_new(L, pattern, from);
}

[[gnu::noinline]] int search_at_once(lua_State* L, std::size_t from, Wanted wanted) {
  const std::string_view subject = text_argument(L, 1);
  const Pattern pattern = pattern_argument(L, 2, Anchor::honoured);
  Search search(pattern, from);
  Matcher matcher = Search::matcher(L, subject, pattern.items);
  if (search.look_on(matcher, subject) == Found::no) return lua_pushnil(L), 1;
  return push_match(L, {subject, matcher, pattern.captures, search.at()}, wanted);
}

int search(lua_State* L, Wanted wanted) {
  const std::string_view subject = text_argument(L, 1);
  const std::string_view text = text_argument(L, 2);
  const std::size_t from = start_argument(L, 3, subject.size());
  if (from > subject.size()) return lua_pushnil(L), 1;
  if (wanted == Wanted::span && (lua_toboolean(L, 4) != 0 || !has_specials(text))) {
    return find_plain(L, from);
  }
  if (subject.size() - from <= kShort) return search_at_once(L, from, wanted);
  begin_search(L, from);
  return search_on(L, LUA_OK, static_cast<lua_KContext>(wanted));
}

int find(lua_State* L) {
  return search(L, Wanted::span);
}
int match(lua_State* L) {
  return search(L, Wanted::captures);
}

// --- gmatch: the iterator keeps subject and search as upvalues.

int next_match_on(lua_State* L, int, lua_KContext) {
  const std::string_view subject = text_argument(L, lua_upvalueindex(1));
  auto& search = *static_cast<Search*>(lua_touserdata(L, lua_upvalueindex(2)));
  Matcher matcher = search.matcher(L, subject);
  while (!search.is_over(subject)) {
    const Found found = search.look_on(matcher, subject);
    if (found == Found::no) break;
    if (found == Found::yes && search.is_none(matcher)) {
      search.step();
    } else if (found == Found::yes) {
      const std::size_t begin = search.at();
      search.pass(matcher, subject);
      return push_captures(L, {subject, matcher, search.captures(), begin},
                           Whole::when_no_captures);
    } else if (Vm::of(L).must_pause(L)) {
      return Vm::pause(L, 0, next_match_on);
    }
  }
  return 0;
}

int next_match(lua_State* L) {
  return next_match_on(L, LUA_OK, 0);
}

int gmatch(lua_State* L) {
  const std::string_view subject = text_argument(L, 1);
  const std::size_t from = start_argument(L, 3, subject.size());
  const Pattern pattern = pattern_argument(L, 2, Anchor::literal);
  lua_settop(L, 1);
  Search::push_new(L, pattern, from);
  lua_pushcclosure(L, next_match, 2);
  return 1;
}

constexpr luaL_Reg kFunctions[] = {
    {"find", find}, {"match", match}, {"gmatch", gmatch}, {"gsub", gsub}, {nullptr, nullptr}};

}  // namespace

void set_pattern_functions(lua_State* L) {
  luaL_setfuncs(L, kFunctions, 0);
}

}  // namespace gvm::script
