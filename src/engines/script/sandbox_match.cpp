#include "script/sandbox_match.h"

#include <algorithm>
#include <cstring>
#include <lua.hpp>
#include <new>
#include <type_traits>
#include <utility>

#include "base/size.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

// Places where a match may begin, between two looks at the clock.
constexpr std::size_t kWindow = 64 * kKiB;

void check(void* state) {
  auto* L = static_cast<lua_State*>(state);
  Vm::of(L).check_cpu(L);
}

void push_text(lua_State* L, std::string_view text) {
  lua_pushlstring(L, text.data(), text.size());
}

}  // namespace

std::string_view text_argument(lua_State* L, int index) {
  std::size_t size = 0;
  const char* data = luaL_checklstring(L, index, &size);
  return {data, size};
}

Pattern pattern_argument(lua_State* L, int index, Anchor anchor) {
  const std::string_view text = text_argument(L, index);
  if (text.size() > Vm::of(L).limits().format_bytes) luaL_error(L, "pattern too long");
  auto pattern = compile_pattern(text, anchor);
  if (!pattern) luaL_error(L, "%s", pattern.error().c_str());
  return std::move(*pattern);
}

std::size_t start_argument(lua_State* L, int index, std::size_t size) {
  const lua_Integer init = luaL_optinteger(L, index, 1);
  if (init > 0) return static_cast<std::size_t>(std::min<lua_Unsigned>(init - 1, size + 1));
  if (init == 0 || -init > static_cast<lua_Integer>(size)) return 0;
  return size - static_cast<std::size_t>(-init);
}

void push_capture(lua_State* L, const Match& match, std::size_t index) {
  if (match.captures == 0 && index == 0) return push_text(L, match.whole());
  if (index >= match.captures) luaL_error(L, "invalid capture index %%%d", (int)index + 1);
  const Matcher::Capture& capture = match.matcher.capture(index);
  if (capture.is_position) return lua_pushinteger(L, static_cast<lua_Integer>(capture.begin) + 1);
  push_text(L, match.subject.substr(capture.begin, capture.end - capture.begin));
}

int push_captures(lua_State* L, const Match& match, Whole whole) {
  const std::size_t count =
      match.captures == 0 && whole == Whole::when_no_captures ? 1 : match.captures;
  luaL_checkstack(L, static_cast<int>(count), "too many captures");
  for (std::size_t i = 0; i < count; ++i) push_capture(L, match, i);
  return static_cast<int>(count);
}

static_assert(std::is_trivially_copyable_v<PatternItem> &&
              alignof(PatternItem) <= alignof(Search) && sizeof(Search) % alignof(Search) == 0);

Search& Search::push_new(lua_State* L, const Pattern& pattern, std::size_t at) {
  const std::size_t bytes = pattern.items.size() * sizeof(PatternItem);
  auto* search = new (lua_newuserdatauv(L, sizeof(Search) + bytes, 0)) Search(pattern, at);
  if (bytes > 0) std::memcpy(static_cast<void*>(search + 1), pattern.items.data(), bytes);
  return *search;
}

Matcher Search::matcher(lua_State* L, std::string_view subject) const {
  return matcher(L, subject, {reinterpret_cast<const PatternItem*>(this + 1), items_});
}

Matcher Search::matcher(lua_State* L, std::string_view subject,
                        std::span<const PatternItem> items) {
  return {subject, items, {check, L}};
}

Search::Found Search::look_on(Matcher& matcher, std::string_view subject) {
  if (anchored_) return matcher.match_at(at_) ? Found::yes : Found::no;
  const std::size_t left = subject.size() - at_;
  if (matcher.find_until(at_, at_ + std::min(left, kWindow))) return Found::yes;
  return is_over(subject) ? Found::no : Found::not_yet;
}

void Search::pass(const Matcher& matcher, std::string_view subject) {
  last_end_ = matcher.end();
  at_ = anchored_ ? subject.size() + 1 : last_end_;
}

}  // namespace gvm::script
