// lib.rs.filter_text: a text of any size passes in slices, between which other sessions of the lane
// have their turn. What a call holds beside Lua's strings counts against its session's memory.
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <lua.hpp>
#include <memory>
#include <new>
#include <optional>
#include <vector>

#include "host/arguments.h"
#include "host/functions.h"
#include "script/codes.h"
#include "script/convert.h"
#include "script/error.h"
#include "script/session.h"
#include "text/filter.h"

namespace gvm::host {

namespace {

namespace asio = boost::asio;

constexpr std::string_view kFilterText = "lib.rs.filter_text";
// What a list of filters consists of, as types of Lua.
const std::string& filter_types() {
  static const std::string kTypes = [] {
    std::string types;
    for (const auto name : text::text_filter_names())
      types += (types.empty() ? "\"" : "|\"") + std::string(name) + "\"";
    return types;
  }();
  return kTypes;
}

const std::string& filter_signature() {
  static const std::string kSignature =
      "fun(text: string, filters: (" + filter_types() + "|string)[]): string";
  return kSignature;
}
constexpr const char* kMetatable = "gvm.filter_text";
// Of a lane, before other sessions have their turn.
constexpr std::chrono::milliseconds kSlice{2};
// Of the text, between two looks at the clock: under 2 ms of any characters.
constexpr std::size_t kStepBytes = 16 * kKiB;
// Where a call cannot give way: at the top level, in a coroutine. About 25 ms of any characters.
constexpr std::size_t kMostUnwaited = 512 * kKiB;

// One call under way, in a userdata.
struct FilterCall {
  std::optional<text::FilterRun> run;
  std::size_t charged = 0;  // bytes counted against the session
};

FilterCall& call_at(lua_State* L, int index) {
  return *static_cast<FilterCall*>(luaL_checkudata(L, index, kMetatable));
}

void end_call(lua_State* L, FilterCall& call) {
  call.run.reset();
  script::Vm::of(L).discharge(std::exchange(call.charged, 0));
}

int discard(lua_State* L) {
  auto& call = call_at(L, 1);
  end_call(L, call);
  std::destroy_at(&call);
  return 0;
}

FilterCall& push_call(lua_State* L) {
  if (luaL_newmetatable(L, kMetatable) != 0) {
    lua_pushcfunction(L, discard);
    lua_setfield(L, -2, "__gc");
  }
  auto* call = new (lua_newuserdatauv(L, sizeof(FilterCall), 0)) FilterCall();
  lua_insert(L, -2);
  lua_setmetatable(L, -2);
  return *call;
}

void count_memory(lua_State* L, FilterCall& call) {
  const auto now = call.run->memory();
  if (now <= call.charged) return;
  script::Vm::of(L).charge(L, now - call.charged);
  call.charged = now;
}

std::string_view text_at(lua_State* L, int index) {
  // A number is taken as its text, as Lua's own string functions do.
  if (lua_isstring(L, index) == 0)
    script::raise(
        L, bad_argument(kFilterText, "argument 1 (text)", "string", luaL_typename(L, index)));
  std::size_t size = 0;
  const char* text = lua_tolstring(L, index, &size);
  return {text, size};
}

Result<std::vector<text::FilterStep>> filters_at(lua_State* L, int index) {
  const auto wrong = [](std::string_view found) {
    return fail(
        bad_argument(kFilterText, "argument 2 (filters)", "a list of " + filter_types(), found));
  };
  const auto list = script::to_value(L, index);
  if (!list) return fail(list.error());
  const auto* map = list->as_map();
  // An empty Lua table is a map.
  if (map != nullptr && map->empty()) return std::vector<text::FilterStep>();
  const auto* items = list->as_array();
  if (items == nullptr) return wrong(lua_kind(*list));
  std::vector<text::FilterStep> filters;
  for (const Value& item : *items) {
    const auto name = item.as_string();
    const auto filter = name ? text::text_filter_named(*name) : std::nullopt;
    if (!filter) return wrong(name ? name->substr(0, 64) : lua_kind(item));
    filters.push_back(*filter);
  }
  return filters;
}

void begin(lua_State* L) {
  const auto text = text_at(L, 1);
  auto filters = filters_at(L, 2);
  if (!filters) script::raise(L, std::move(filters.error()));
  if (text.size() > kMostUnwaited && !script::Vm::of(L).session().can_wait(L))
    script::raise(
        L, Error(codes::kScriptCannotWait, Fatality::fatal,
                 std::string(kFilterText) + " waits for a text of more than " +
                     std::to_string(kMostUnwaited / kKiB) + " KiB, which is not possible here"));
  auto run = text::FilterRun::start(text, *filters);
  if (!run) script::raise(L, std::move(run.error()));
  auto& call = push_call(L);
  call.run.emplace(std::move(*run));
  count_memory(L, call);
}

// Goes on for a slice; true when the text is done.
[[gnu::noinline]] bool advance(lua_State* L) {
  auto& vm = script::Vm::of(L);
  auto& call = call_at(L, -1);
  const bool waits = vm.session().can_wait(L);
  for (const auto start = Clock::now(); !waits || Clock::now() - start < kSlice;) {
    auto done = call.run->advance(kStepBytes);
    if (!done) {
      end_call(L, call);
      script::raise(L, std::move(done.error()));
    }
    count_memory(L, call);
    if (*done) return true;
    if (!waits) vm.check_cpu(L);
  }
  return false;
}

[[gnu::noinline]] int push_filtered(lua_State* L) {
  auto& call = call_at(L, -1);
  const std::string filtered = std::move(*call.run).take();
  end_call(L, call);
  lua_pushlstring(L, filtered.data(), filtered.size());
  return 1;
}

asio::awaitable<Result<Value>> give_way() {
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
  co_return Value::null();
}

[[gnu::noinline]] void take_turn(lua_State* L) {
  auto turn = script::Vm::of(L).session().take_completed();
  if (!turn) script::raise(L, std::move(turn.error()));
}

[[gnu::noinline]] void park_turn(lua_State* L) {
  script::Vm::of(L).session().park(give_way());
}

int go_on(lua_State* L, int status, lua_KContext);

// Without anything to destroy: a yield leaves through this frame.
int run_on(lua_State* L) {
  if (advance(L)) return push_filtered(L);
  park_turn(L);
  return lua_yieldk(L, 0, 0, go_on);
}

int go_on(lua_State* L, int, lua_KContext) {
  take_turn(L);
  return run_on(L);
}

int filter_text(lua_State* L) {
  lua_settop(L, 2);
  begin(L);
  return run_on(L);
}

}  // namespace

void add_text_functions(script::HostTable& table) {
  table.functions.push_back(
      {kCommonLibrary, "filter_text", filter_signature(),
       "UTF-8 text through the filters in their order; docs/scripts.md says what each does. `N` "
       "stands "
       "for a number: \"MaxBytes:4096\". Long texts pass in slices, while other sessions go on. "
       "TOO_LARGE when the result is over 4 times as large.",
       filter_text});
}

}  // namespace gvm::host
