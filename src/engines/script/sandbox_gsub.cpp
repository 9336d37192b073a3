// Where it stands is kept in userdata, and nothing in a frame that a pause leaves has a destructor.
#include "script/sandbox_gsub.h"

#include <cstddef>
#include <lua.hpp>
#include <new>
#include <string_view>
#include <type_traits>

#include "script/sandbox_match.h"
#include "script/sandbox_writer.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

// Stack: text, pattern, replacement, n, the Search, the Replacing, the TextWriter.
constexpr int kReplacement = 3;
constexpr int kMost = 4;
constexpr int kSearch = 5;
constexpr int kReplacing = 6;
constexpr int kWriter = 7;

constexpr std::size_t kWorkAPiece = 1024;
constexpr std::size_t kBytesAStep = 256;
constexpr std::size_t kNowhere = std::string_view::npos;

struct Replacing {
  lua_Integer most;
  lua_Integer count = 0;
  std::size_t copied = 0;  // of the text
  std::size_t begin = 0;   // of the match that is being replaced
  std::size_t end = 0;
  std::size_t template_at = kNowhere;  // in the replacement text, while it is being written
  std::size_t work = 0;                // since the last look at the clock
};

// What a call works with; made anew after each pause.
struct Gsub {
  lua_State* L;
  std::string_view subject;
  Search& search;
  Replacing& state;
  Matcher matcher;
  TextWriter out;
};

static_assert(std::is_trivially_destructible_v<Gsub>);

Gsub gsub_of(lua_State* L) {
  const std::string_view subject = text_argument(L, 1);
  auto& search = *static_cast<Search*>(lua_touserdata(L, kSearch));
  return {L,
          subject,
          search,
          *static_cast<Replacing*>(lua_touserdata(L, kReplacing)),
          search.matcher(L, subject),
          TextWriter(L, kWriter)};
}

void append(Gsub& g, std::string_view text) {
  g.state.work += text.size() / kBytesAStep;
  g.out.append(text);
}

void append_capture(Gsub& g, const Match& match, std::size_t index) {
  push_capture(g.L, match, index);
  std::size_t size = 0;
  const char* text = luaL_tolstring(g.L, -1, &size);
  append(g, {text, size});
  lua_pop(g.L, 2);
}

// Up to the next capture in the replacement text, and that: a text of millions of them takes long.
void append_template_piece(Gsub& g) {
  const std::string_view text = text_argument(g.L, kReplacement).substr(g.state.template_at);
  const Match match{g.subject, g.matcher, g.search.captures(), g.state.begin};
  const std::size_t plain = text.find('%');
  append(g, text.substr(0, plain));
  g.state.template_at = plain == kNowhere ? kNowhere : g.state.template_at + plain + 2;
  if (plain == kNowhere) return;
  const char next = plain + 1 < text.size() ? text[plain + 1] : '\0';
  if (next == '%') {
    append(g, "%");
  } else if (next == '0') {
    append(g, match.whole());
  } else if (next >= '1' && next <= '9') {
    append_capture(g, match, static_cast<std::size_t>(next - '1'));
  } else {
    luaL_error(g.L, "invalid use of '%%' in replacement string");
  }
}

// What a function or a table gave, on top: a text, or false and nil for the match as it was.
void append_computed(Gsub& g) {
  const std::size_t begin = g.state.begin;
  std::size_t size = g.state.end - begin;
  const char* text = g.subject.data() + begin;
  if (lua_toboolean(g.L, -1) != 0) {
    if (lua_isstring(g.L, -1) == 0)
      luaL_error(g.L, "invalid replacement value (a %s)", luaL_typename(g.L, -1));
    text = lua_tolstring(g.L, -1, &size);
  }
  append(g, {text, size});
  lua_pop(g.L, 1);
}

int run(lua_State* L);

int go_on(lua_State* L, int, lua_KContext) {
  return run(L);
}

int go_on_after_call(lua_State* L, int, lua_KContext) {
  Gsub g = gsub_of(L);
  append_computed(g);
  return run(L);
}

// The match at search.at().
void replace(Gsub& g) {
  const Match match{g.subject, g.matcher, g.search.captures(), g.search.at()};
  Replacing& state = g.state;
  ++state.count;
  state.begin = match.begin;
  state.end = g.matcher.end();
  append(g, g.subject.substr(state.copied, state.begin - state.copied));
  state.copied = state.end;
  g.search.pass(g.matcher, g.subject);
  const int kind = lua_type(g.L, kReplacement);
  if (kind == LUA_TFUNCTION) {
    lua_pushvalue(g.L, kReplacement);
    const int count = push_captures(g.L, match, Whole::when_no_captures);
    lua_callk(g.L, count, 1, 0, go_on_after_call);
    append_computed(g);
  } else if (kind == LUA_TTABLE) {
    push_capture(g.L, match, 0);
    lua_gettable(g.L, kReplacement);
    append_computed(g);
  } else {
    state.template_at = 0;
  }
}

int finish(Gsub& g) {
  append(g, g.subject.substr(g.state.copied));
  g.out.push_text();
  lua_pushinteger(g.L, g.state.count);
  return 2;
}

// One step: a piece of a replacement, or the search for the next match in a window. Whether there
// is more to do.
bool step(Gsub& g) {
  Replacing& state = g.state;
  if (state.template_at != kNowhere) {
    append_template_piece(g);
    return true;
  }
  if (state.count >= state.most || g.search.is_over(g.subject)) return false;
  const Search::Found found = g.search.look_on(g.matcher, g.subject);
  if (found == Search::Found::not_yet) {
    state.work = kWorkAPiece;
  } else if (found == Search::Found::yes && g.search.is_none(g.matcher)) {
    g.search.step();
  } else if (found == Search::Found::yes) {
    replace(g);
  }
  return found != Search::Found::no;
}

int run(lua_State* L) {
  Gsub g = gsub_of(L);
  // After a pause the captures are found again.
  if (g.state.template_at != kNowhere) g.matcher.match_at(g.state.begin);
  while (step(g)) {
    if (++g.state.work < kWorkAPiece) continue;
    g.state.work = 0;
    if (Vm::of(L).must_pause(L)) return Vm::pause(L, 0, go_on);
  }
  return finish(g);
}

[[gnu::noinline]] void begin(lua_State* L) {
  const std::string_view subject = text_argument(L, 1);
  const int kind = lua_type(L, kReplacement);
  luaL_argexpected(
      L, kind == LUA_TSTRING || kind == LUA_TNUMBER || kind == LUA_TTABLE || kind == LUA_TFUNCTION,
      kReplacement, "string/function/table");
  const lua_Integer most = luaL_optinteger(L, kMost, static_cast<lua_Integer>(subject.size()) + 1);
  const Pattern pattern = pattern_argument(L, 2, Anchor::honoured);
  lua_settop(L, kMost);
  Search::push_new(L, pattern, 0);
  new (lua_newuserdatauv(L, sizeof(Replacing), 0)) Replacing{most};
  TextWriter::push_new(L);
}

}  // namespace

int gsub(lua_State* L) {
  begin(L);
  return run(L);
}

}  // namespace gvm::script
