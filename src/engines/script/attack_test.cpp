// The attack list: one row a trick. Each ends its own session with a typed error in bounded time,
// or gets nothing, while a neighbour on the same lane is answered on time. Times are CPU time of
// the lane's thread: a busy machine changes nothing.
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ctime>
#include <ostream>

#include "base/error_codes.h"
#include "script/codes.h"
#include "support/script_session.h"

namespace gvm::script {
namespace {

using namespace std::chrono_literals;

enum class Ends {
  cpu,      // SCRIPT_CPU_LIMIT, the session is over
  memory,   // SCRIPT_MEMORY_LIMIT, the session is over
  limit,    // one of these two
  error,    // an ordinary error; the session goes on
  nothing,  // answers "safe": the trick has no effect
};

struct Attack {
  const char* name;
  Ends ends;
  const char* body;
};

std::ostream& operator<<(std::ostream& out, const Attack& attack) {
  return out << attack.name;
}

#ifdef GVM_SANITIZED
constexpr int kSlower = 6;  // AddressSanitizer and UBSan
constexpr int kBudget = 2;
#else
constexpr int kSlower = 1;
constexpr int kBudget = 1;
#endif

Limits small_limits() {
  Limits limits;
  limits.memory_bytes = 8 * kMiB;
  limits.values = 50'000;  // in proportion to the memory: 250'000 for 64 MiB
  limits.cpu_total = 150ms * kBudget;
  limits.cpu_unyielding = 40ms * kBudget;
  return limits;
}

constexpr auto kLongestAttack = 400ms;          // cpu_total and what was not interruptible
constexpr auto kLongestWait = 100ms * kSlower;  // of a neighbour: cpu_unyielding and one C call

const Attack kAttacks[] = {
    // Loops, in every place a script can hide one.
    {"while_loop", Ends::cpu, "while true do end"},
    {"repeat_loop", Ends::cpu, "repeat until false"},
    {"for_loop", Ends::cpu, "for i = 1, math.maxinteger do end"},
    {"goto_loop", Ends::cpu, "::a:: goto a"},
    {"tail_call_loop", Ends::cpu, "local function f() return f() end f()"},
    {"loop_under_pcall", Ends::cpu, "while true do pcall(function() while true do end end) end"},
    {"pcall_itself_in_a_loop", Ends::cpu, "while true do pcall(error) end"},
    {"xpcall_handler_loops", Ends::cpu,
     "xpcall(function() while true do end end, function() while true do end end)"},
    {"xpcall_handler_of_an_error_loops", Ends::cpu,
     "xpcall(error, function() while true do end end)"},
    {"xpcall_handler_raises", Ends::error,
     "local ok, e = xpcall(error, function(e) error(e) end) error('ended: ' .. tostring(e))"},
    {"xpcall_in_an_unyieldable_place", Ends::cpu,
     "table.sort({1, 2, 3}, function() xpcall(function() while true do end end,"
     " function() while true do end end) return false end)"},
    {"pcall_recursion_around_a_loop", Ends::cpu,
     "local function f() pcall(f) while true do end end f()"},
    {"pcall_tree", Ends::limit, "local function f() while true do pcall(f) end end f()"},
    {"index_metamethod_loops", Ends::cpu,
     "return setmetatable({}, {__index = function() while true do end end}).x"},
    {"newindex_metamethod_loops", Ends::cpu,
     "setmetatable({}, {__newindex = function() while true do end end}).x = 1"},
    {"lt_metamethod_loops", Ends::cpu,
     "local m = {__lt = function() while true do end end}"
     " return setmetatable({}, m) < setmetatable({}, m)"},
    {"eq_metamethod_loops", Ends::cpu,
     "local m = {__eq = function() while true do end end}"
     " return setmetatable({}, m) == setmetatable({}, m)"},
    {"concat_metamethod_loops", Ends::cpu,
     "return setmetatable({}, {__concat = function() while true do end end}) .. 'x'"},
    {"call_metamethod_loops", Ends::cpu,
     "setmetatable({}, {__call = function() while true do end end})()"},
    {"len_metamethod_loops", Ends::cpu,
     "return #setmetatable({}, {__len = function() while true do end end})"},
    {"close_metamethod_loops", Ends::cpu,
     "local x <close> = setmetatable({}, {__close = function() while true do end end})"},
    {"close_metamethod_loops_after_an_error", Ends::cpu,
     "local x <close> = setmetatable({}, {__close = function() while true do end end}) error('x')"},
    {"pairs_metamethod_loops", Ends::cpu,
     "for _ in pairs(setmetatable({}, {__pairs = function() while true do end end})) do end"},
    {"iterator_never_ends", Ends::cpu, "for _ in function() return 1 end do end"},
    {"tostring_metamethod_loops_in_c", Ends::cpu,
     "return tostring(setmetatable({}, {__tostring = function() while true do end end}))"},
    {"tostring_metamethod_loops_in_format", Ends::cpu,
     "return ('%s'):format(setmetatable({}, {__tostring = function() while true do end end}))"},
    {"sort_comparator_loops", Ends::cpu, "table.sort({1, 2}, function() while true do end end)"},
    {"gsub_callback_loops", Ends::cpu, "('x'):gsub('x', function() while true do end end)"},
    {"gsub_table_metamethod_loops", Ends::cpu,
     "('x'):gsub('x', setmetatable({}, {__index = function() while true do end end}))"},
    {"load_reader_loops", Ends::cpu, "load(function() while true do end end)"},
    {"load_reader_never_ends", Ends::error, "load(function() return 'x = 1 ' end)"},
    {"concat_index_metamethod_never_ends", Ends::limit,
     "table.concat(setmetatable({}, {__index = function() return '' end}), '', 1, 1e15)"},
    {"unpack_index_metamethod_loops", Ends::cpu,
     "table.unpack(setmetatable({}, {__index = function() while true do end end}), 1, 2)"},
    {"coroutine_loops", Ends::cpu, "coroutine.wrap(function() while true do end end)()"},
    {"coroutine_loops_under_pcall", Ends::cpu,
     "while true do pcall(coroutine.wrap(function() while true do end end)) end"},
    {"coroutine_resumed_for_ever", Ends::cpu,
     "local c = coroutine.wrap(function() while true do coroutine.yield() end end)"
     " while true do c() end"},
    {"coroutines_in_coroutines", Ends::error,
     "local function f() while true do coroutine.wrap(f)() end end f()"},
    {"coroutine_loop_in_a_comparator", Ends::cpu,
     "table.sort({1, 2}, coroutine.wrap(function() while true do end end))"},
    {"coroutine_close_handler_loops", Ends::cpu,
     "local co = coroutine.create(function() local x <close> = setmetatable({}, {__close ="
     " function() while true do end end}) coroutine.yield() end)"
     " coroutine.resume(co) coroutine.close(co)"},
    {"wrapped_error_close_handler_loops", Ends::cpu,
     "coroutine.wrap(function() local x <close> = setmetatable({}, {__close ="
     " function() while true do end end}) error('x') end)()"},
    {"error_object_tostring_loops", Ends::error,
     "error(setmetatable({}, {__tostring = function() while true do end end}))"},
    {"yield_from_the_entry_point", Ends::error, "coroutine.yield(1)"},
    {"resume_itself", Ends::error, "error(select(2, coroutine.resume(coroutine.running())))"},

    // C functions that loop without running Lua.
    {"rep_of_nothing", Ends::nothing, "(''):rep(math.maxinteger) return 'safe'"},
    {"rep_of_nothing_with_empty_separator", Ends::nothing, "(''):rep(1e10, '') return 'safe'"},
    {"move_of_nothing", Ends::cpu, "table.move({}, 1, 1e15, 2)"},
    {"insert_with_a_lying_len", Ends::cpu,
     "table.insert(setmetatable({}, {__len = function() return 1e15 // 1 | 0 end}), 1, 1)"},
    {"remove_with_a_lying_len", Ends::cpu,
     "table.remove(setmetatable({}, {__len = function() return 1e15 // 1 | 0 end}), 1)"},
    {"sort_with_a_lying_len", Ends::limit,
     "table.sort(setmetatable({}, {__len = function() return 2000000000 end}), rawequal)"},
    {"sort_with_a_c_comparator", Ends::cpu,
     "local t = {} for i = 1, 50000 do t[i] = i end"
     " while true do table.sort(t, function(a, b) return a > b end) end"},
    {"sort_with_an_inconsistent_comparator", Ends::nothing,
     "table.sort({3, 1, 2, 5, 4}, function() return true end) return 'safe'"},
    {"plain_find_quadratic", Ends::nothing,
     "local a = ('a'):rep(1000000) a:find(('a'):rep(500000) .. 'b', 1, true) return 'safe'"},
    {"unpack_a_million", Ends::error, "while true do select('#', table.unpack({}, 1, 900000)) end"},
    {"next_over_an_emptied_table", Ends::cpu,
     "local t = {} for i = 1, 200000 do t[i] = i end for i = 1, 200000 do t[i] = nil end"
     " while true do next(t) end"},
    {"colliding_keys", Ends::cpu,
     "local t = {} for i = 1, 4000 do t[i * 4095] = true end"
     " while true do for i = 1, 4000 do local x = t[i * 4095] end end"},
    {"deep_index_chain", Ends::cpu,
     "local t = {} for i = 1, 1900 do t = setmetatable({}, {__index = t}) end"
     " while true do local x = t.x end"},
    {"weak_key_chain", Ends::nothing,
     "local n, keys, w = 25000, {}, setmetatable({}, {}) getmetatable(w).__mode = 'k'"
     " for i = 1, n do keys[i] = {} end"
     " for i = 1, n - 1 do w[keys[i * 7919 % n + 1]] = keys[(i + 1) * 7919 % n + 1] end"
     " root = keys[7919 % n + 1] keys = nil"
     " for i = 1, 100 do local s = ('x'):rep(100000 + i) end return 'safe'"},
    {"os_date_bomb", Ends::error, "os.date(('%c'):rep(100000))"},
    {"compiler_bomb", Ends::error, "error(select(2, pcall(load, ('a = 1 '):rep(100000))))"},
    {"compiler_labels", Ends::cpu,
     "local t = {} for i = 1, 6000 do t[i] = '::a' .. i .. '::' end"
     " local s = table.concat(t) while true do load(s) end"},
    {"compiler_nesting", Ends::error, "error(select(2, load('return ' .. ('('):rep(10000))))"},
    {"pack_format_bomb", Ends::error, "string.pack(('x'):rep(1000000))"},
    {"format_bomb", Ends::error, "string.format(('%%'):rep(1000000))"},

    // Patterns.
    {"pattern_polynomial", Ends::cpu, "('a'):rep(60000):find('.-.-.-.-b')"},
    {"pattern_exponential", Ends::cpu, "('a'):rep(30):find(('a?'):rep(30) .. ('a'):rep(30))"},
    {"pattern_quadratic_gsub", Ends::cpu, "('<'):rep(200000):gsub('<.->', '')"},
    {"pattern_balanced_quadratic", Ends::cpu, "('('):rep(200000):find('%b()')"},
    {"pattern_gmatch_quadratic", Ends::cpu, "for _ in ('<'):rep(200000):gmatch('<.->') do end"},
    {"pattern_back_reference", Ends::cpu, "('a'):rep(20000):find('(.-)%1%1%1b')"},
    {"pattern_loop_under_pcall", Ends::cpu,
     "while true do pcall(string.find, ('a'):rep(60000), '.-.-.-b') end"},
    {"pattern_too_many_repeats", Ends::error, "('a'):find(('a?'):rep(1000))"},
    {"pattern_too_long", Ends::error, "('a'):find(('a'):rep(1000000) .. '.')"},
    {"gsub_grows", Ends::limit, "local s = 'x' while true do s = s:gsub('.', '%0%0') end"},

    // Memory.
    {"rep_bomb", Ends::memory, "return ('x'):rep(7e6):rep(2)"},
    {"rep_over_everything", Ends::error, "return ('x'):rep(1e12)"},
    {"rep_chain", Ends::error, "local s = 'x' for i = 1, 100 do s = s:rep(10) .. s end"},
    {"concat_doubling", Ends::memory, "local s = 'x' while true do s = s .. s end"},
    {"table_growth", Ends::memory, "local t = {} while true do t[#t + 1] = {} end"},
    {"table_preallocation", Ends::memory, "local t = table.pack(table.unpack({}, 1, 500000))"},
    {"closures", Ends::memory,
     "local t = {} while true do t[#t + 1] = function() return t end end"},
    {"coroutines_kept", Ends::memory,
     "local t = {} while true do t[#t + 1] = coroutine.create(print) end"},
    {"memory_under_pcall", Ends::memory,
     "while true do pcall(function() local t = {} while true do t[#t + 1] = {} end end) end"},
    {"memory_under_xpcall", Ends::memory,
     "while true do xpcall(function() local s = 'x' while true do s = s .. s end end, print) end"},
    {"memory_in_a_coroutine", Ends::memory,
     "while true do coroutine.resume(coroutine.create(function()"
     " local s = 'x' while true do s = s .. s end end)) end"},
    {"stays_at_the_memory_limit", Ends::memory,
     "local t = {} while true do if not pcall(function() t[#t + 1] = ('x'):rep(100000) .. #t end)"
     " then ('y'):rep(100) end end"},
    {"long_error_message", Ends::memory, "error(('x'):rep(3e6) .. ('y'):rep(3e6))"},
    {"typed_errors_kept", Ends::memory,
     "local big = ('x'):rep(1e6) local t = {} while true do"
     " t[#t + 1] = select(2, pcall(rs.user_error, {causes = {big}})) end"},
    {"rats_grow", Ends::error, "local r = rat.new(3) for i = 1, 100 do r = r * r end"},
    {"rats_kept", Ends::memory,
     "local r = rat.new(3):pow(4000) r = r * r local t = {} while true do t[#t + 1] = r + #t end"},
    {"rat_power", Ends::error, "rat.new(2):pow(1000000000)"},
    {"rat_text", Ends::error, "rat.new('1e1000000000')"},
    {"rat_long_text", Ends::error, "rat.new(('9'):rep(1000000))"},
    {"format_widths", Ends::error, "return ('%9999999d'):format(1)"},
    {"format_many", Ends::memory,
     "local s = ('x'):rep(1e6) return (('%s'):rep(100)):format(table.unpack((function() local t = "
     "{}"
     " for i = 1, 100 do t[i] = s end return t end)()))"},
    {"answer_unfolds", Ends::error, "local t = {1} for i = 1, 100 do t = {t, t} end return t"},
    {"answer_of_shared_strings", Ends::error,
     "local s = ('x'):rep(1e6) local t = {} for i = 1, 1000 do t[i] = s end return t"},
    {"argument_unfolds", Ends::error,
     "local t = {1} for i = 1, 100 do t = {t, t} end rs.user_error({causes = {'x'}, ctx = {t}})"},
    {"answer_contains_itself", Ends::error, "local t = {} t.t = t return t"},

    // Recursion.
    {"lua_recursion", Ends::limit, "local function f() return 1 + f() end f()"},
    {"lua_recursion_under_pcall", Ends::limit,
     "local function f() return 1 + f() end while true do pcall(f) end"},
    {"c_recursion", Ends::error,
     "local t = setmetatable({}, {}) getmetatable(t).__tostring = function() return tostring(t) end"
     " tostring(t)"},
    {"index_recursion", Ends::error,
     "local m = {} m.__index = function(t, k) return t[k .. 'x'] end"
     " return setmetatable({}, m).x"},
    {"gsub_recursion", Ends::error, "local function f(s) return s:gsub('.', f) end f('x')"},
    {"sort_recursion", Ends::error,
     "local function f() table.sort({1, 2}, f) return false end f()"},
    {"coroutine_recursion", Ends::error, "local function f() return coroutine.wrap(f)() end f()"},
    {"pcall_recursion", Ends::error,
     "local function f() local ok, e = pcall(f) if not ok then error(e, 0) end end f()"},
    {"xpcall_handler_recursion", Ends::error,
     "local function h() error('x') end assert(xpcall(error, h))"},

    // Ways out of the sandbox.
    {"no_io", Ends::nothing, "return io == nil and 'safe'"},
    {"no_debug", Ends::nothing, "return debug == nil and package.loaded.debug == nil and 'safe'"},
    {"no_processes", Ends::nothing,
     "for _, n in ipairs{'execute', 'exit', 'getenv', 'remove', 'rename', 'tmpname', 'setlocale'}"
     " do assert(os[n] == nil and package.loaded.os[n] == nil) end return 'safe'"},
    {"no_files", Ends::nothing, "return dofile == nil and loadfile == nil and 'safe'"},
    {"no_loaders", Ends::nothing,
     "return package.loadlib == nil and package.cpath == nil and package.searchers == nil"
     " and 'safe'"},
    {"require_io", Ends::error, "require('io')"},
    {"require_a_path", Ends::error, "require('../../../../etc/passwd')"},
    {"require_an_absolute_path", Ends::error, "require('/etc/passwd')"},
    {"no_dump", Ends::nothing, "return string.dump == nil and ('').dump == nil and 'safe'"},
    {"load_bytecode", Ends::nothing,
     "local f, e = load('\\27Lua\\x54\\0\\x19\\x93', 'x', 'b') assert(f == nil) return 'safe'"},
    {"load_bytecode_by_pieces", Ends::nothing,
     "local n = 0 local f = load(function() n = n + 1 return ({'\\27', 'Lua'})[n] end)"
     " assert(f == nil) return 'safe'"},
    {"string_metatable", Ends::nothing, "return getmetatable('') == false and 'safe'"},
    {"string_metatable_set", Ends::error, "setmetatable('', {})"},
    {"array_metatable", Ends::nothing,
     "local ok, e = pcall(rs.user_error, {causes = {'x'}})"
     " local list = rs.as_user_error(e).causes"
     " return getmetatable(list) == false and not pcall(setmetatable, list, {}) and 'safe'"},
    {"error_metatable", Ends::nothing,
     "local ok, e = pcall(rs.user_error, {causes = {'x'}})"
     " return getmetatable(e) == 'error' and not pcall(rawset, e, 1, 1)"
     " and not pcall(function() e.fatal = true end) and 'safe'"},
    {"rat_metatable", Ends::nothing, "return getmetatable(rat.zero) == 'rat' and 'safe'"},
    {"finalizer", Ends::error, "setmetatable({}, {__gc = function() while true do end end})"},
    {"finalizer_added_later", Ends::nothing,
     "local m = {} for i = 1, 1000 do setmetatable({}, m) end"
     " m.__gc = function() while true do end end"
     " for i = 1, 100 do local s = ('x'):rep(1e5 + i) end return 'safe'"},
    {"finalizer_behind_a_metamethod", Ends::nothing,
     "local m = setmetatable({}, {__index = {__gc = function() while true do end end}})"
     " for i = 1, 1000 do setmetatable({}, m) end"
     " for i = 1, 100 do local s = ('x'):rep(1e5 + i) end return 'safe'"},
    {"collector_off", Ends::nothing,
     "collectgarbage('stop') for i = 1, 100 do local s = ('x'):rep(1e5 + i) end return 'safe'"},
    {"main_thread_closed", Ends::error, "coroutine.close(main_thread)"},
    {"main_thread_resumed", Ends::error, "assert(coroutine.resume(main_thread, print))"},
    {"wrong_userdata", Ends::error, "getmetatable(rat.zero).__index.numer(rs)"},
    {"rat_method_on_an_error", Ends::error,
     "local ok, e = pcall(rs.user_error, {causes = {'x'}}) rat.zero.numer(e)"},
    {"globals_destroyed", Ends::nothing,
     "local g = _G for k in pairs(g) do if k ~= 'Ping' then g[k] = nil end end return 'safe'"},
    {"globals_get_a_metatable", Ends::nothing,
     "setmetatable(_G, {__index = function() error('x') end}) return 'safe'"},
    {"forged_kill", Ends::nothing, "pcall(error, nil) return 'safe'"},
};

std::chrono::nanoseconds thread_cpu() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

ProgramOptions options() {
  ProgramOptions options;
  options.limits = small_limits();
  options.libraries = {{"lib-t", "local name, host = ...\nreturn host['lib.rs']"}};
  return options;
}

std::string script_of(const Attack& attack) {
  return "rs = require('lib-t')\nmain_thread = coroutine.running()\nfunction Attack(ctx)\n" +
         std::string(attack.body) + "\nend\nfunction Ping() return 'pong' end";
}

class AttackTest : public testing::TestWithParam<Attack> {};

asio::awaitable<void> ping(Session* session, const bool* over, std::chrono::nanoseconds* longest) {
  while (!*over) {
    auto executor = co_await asio::this_coro::executor;
    const auto before = thread_cpu();
    std::vector<Argument> none;
    auto call = session->call("Ping", std::move(none), Deadline::never());
    const auto answer = co_await std::move(call);
    EXPECT_TRUE(answer);
    co_await asio::post(executor, asio::use_awaitable);
    *longest = std::max(*longest, thread_cpu() - before);
  }
}

void expect_end(const Attack& attack, const Result<Value>& result, bool usable) {
  if (attack.ends == Ends::nothing) {
    ASSERT_TRUE(result) << result.error().to_string();
    EXPECT_EQ(*result, Value::string("safe"));
    return;
  }
  ASSERT_FALSE(result) << "no error";
  const std::string_view code = result.error().code();
  const bool cpu = code == codes::kScriptCpuLimit;
  const bool memory = code == codes::kScriptMemoryLimit;
  EXPECT_EQ(usable, attack.ends == Ends::error) << result.error().to_string();
  const std::string text = result.error().to_string().substr(0, 300);
  EXPECT_EQ(cpu || memory, attack.ends != Ends::error) << text;
  EXPECT_FALSE(attack.ends == Ends::cpu && memory) << text;
  EXPECT_FALSE(attack.ends == Ends::memory && cpu) << text;
}

TEST_P(AttackTest, EndsOnlyItsOwnSession) {
  const Attack& attack = GetParam();
  test::ScriptRun run(script_of(attack), options());
  ASSERT_FALSE(run.load_error) << run.load_error->to_string();
  auto neighbour = Session::open(run.program, run.io.get_executor(), log::Logger(),
                                 std::make_unique<Services>(), Value::map());
  ASSERT_TRUE(neighbour);
  bool over = false;
  std::chrono::nanoseconds longest{};
  std::optional<Result<Value>> result;
  const auto rethrow = [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  };
  asio::co_spawn(run.io, ping(neighbour->get(), &over, &longest), rethrow);
  asio::co_spawn(run.io, run.session->call("Attack", {}, Deadline::never()),
                 [&](std::exception_ptr error, Result<Value> answer) {
                   rethrow(error);
                   result.emplace(std::move(answer));
                   over = true;
                 });
  const auto before = thread_cpu();
  run.io.run();
  const auto took = thread_cpu() - before;
  ASSERT_TRUE(result);
  expect_end(attack, *result, run.session->usable());
  const auto ms = [](auto span) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
  };
  EXPECT_LT(took, kLongestAttack * kSlower) << ms(took) << " ms";
  EXPECT_LT(longest, kLongestWait) << ms(longest) << " ms";
  EXPECT_EQ(run.call("Ping").has_value(), run.session->usable());
}

INSTANTIATE_TEST_SUITE_P(List, AttackTest, testing::ValuesIn(kAttacks),
                         [](const auto& row) { return std::string(row.param.name); });

// The same at the top level stops the start.
TEST(AttackAtTheTopLevel, StopsTheStartInBoundedTime) {
  for (const std::string body :
       {"while true do end", "while true do pcall(function() while true do end end) end",
        "xpcall(function() while true do end end, function() while true do end end)",
        "local s = 'x' while true do s = s .. s end",
        "coroutine.wrap(function() while true do end end)()",
        "('a'):rep(60000):find('.-.-.-.-b')"}) {
    test::ScriptRun run(body, options());
    ASSERT_TRUE(run.load_error) << body;
    EXPECT_EQ(run.load_error->code(), codes::kInvalidConfig) << body;
  }
}

}  // namespace
}  // namespace gvm::script
