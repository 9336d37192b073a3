#include "script/vm.h"

#include <ctime>
#include <lua.hpp>
#include <new>
#include <stdexcept>
#include <utility>

#include "script/codes.h"

namespace gvm::script {

namespace {

constexpr int kHookLongest = 1000;  // VM instructions between looks at the clock
constexpr int kHookShortest = 10;
// Instructions that do much work each (long chains in a table, next() on an emptied one) shorten
// the interval.
constexpr auto kHookSlow = std::chrono::microseconds(500);

// Reached only by unprotected calls that hit the memory cap.
struct Panic : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Budgets are CPU time: a busy machine must not shorten them. Reading that clock is a system call
// (about 1 µs), so a stretch of less than this is charged by the wall clock, in which few get
// interrupted.
constexpr auto kShortStretch = std::chrono::microseconds(500);

std::chrono::nanoseconds thread_cpu() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

}  // namespace

Vm::Vm(const Limits& limits)
    : limits_(limits), allocator_(limits.memory_bytes), hook_count_(kHookLongest) {
  main_ = lua_newstate(&Allocator::lua_alloc, &allocator_);
  if (main_ == nullptr) throw std::bad_alloc();
  *static_cast<Vm**>(lua_getextraspace(main_)) = this;
  lua_atpanic(main_, &Vm::on_panic);
  // Threads made later inherit the hook.
  lua_sethook(main_, &Vm::on_count, LUA_MASKCOUNT, hook_count_);
}

Vm::~Vm() {
  lua_close(main_);
}

Vm& Vm::of(lua_State* L) {
  return **static_cast<Vm**>(lua_getextraspace(L));
}

int Vm::on_panic(lua_State* L) {
  const char* message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "unknown";
  throw Panic(std::string("Lua error outside a protected call: ") + message);
}

void Vm::kill(Kill reason) {
  if (killed_ == Kill::none) killed_ = reason;
  allocator_.close();
}

Error Vm::kill_error() const {
  if (killed_ == Kill::memory) {
    return Error(codes::kScriptMemoryLimit, Fatality::fatal,
                 "the script exceeded its " + std::to_string(limits_.memory_bytes / kKiB) + " KiB");
  }
  return Error(codes::kScriptCpuLimit, Fatality::fatal,
               "the script exceeded its " + std::to_string(limits_.cpu_total.count()) +
                   " ms of CPU time, or ran " + std::to_string(limits_.cpu_unyielding.count()) +
                   " ms where it cannot be interrupted");
}

int Vm::raise_killed(lua_State* L) {
  // A yield leaves at once; an error would pass through every pcall, each searching the stack:
  // quadratic.
  if (can_yield(L)) lua_yield(L, 0);
  lua_sethook(L, &Vm::on_count, LUA_MASKCOUNT, 1);
  lua_pushlightuserdata(L, this);
  lua_error(L);
  std::unreachable();
}

void Vm::charge(lua_State* L, std::size_t bytes) {
  if (allocator_.charge(bytes)) return;
  if (killed_ == Kill::none) {
    lua_gc(L, LUA_GCCOLLECT);
    if (allocator_.charge(bytes)) return;
    kill(Kill::memory);
  }
  raise_killed(L);
}

bool Vm::can_yield(lua_State* L) const {
  return chain_ && lua_isyieldable(L) != 0;
}

Vm::Stretch::Stretch(Vm& vm, Runs runs) : vm_(vm) {
  vm.chain_ = runs == Runs::driven;
  vm.longest_unyielding_ = runs == Runs::loading ? vm.limits_.cpu_load : vm.limits_.cpu_unyielding;
  vm.slice_pending_ = false;
  vm.slice_start_ = Clock::now();
  vm.last_hook_ = vm.slice_start_;
  vm.marked_ = false;
}

Vm::Stretch::~Stretch() {
  vm_.spent_ += vm_.stretch_cpu(Clock::now());
  vm_.chain_ = false;
  if (vm_.allocator_.exhausted()) vm_.kill(Kill::memory);
}

std::chrono::nanoseconds Vm::stretch_cpu(Clock::time_point now) {
  return marked_ ? before_mark_ + (thread_cpu() - cpu_mark_) : now - slice_start_;
}

Vm::Over Vm::measure() {
  const auto now = Clock::now();
  if (!marked_ && now - slice_start_ > kShortStretch) {
    marked_ = true;
    cpu_mark_ = thread_cpu();
    before_mark_ = now - slice_start_;
  }
  if (now - slice_start_ < limits_.cpu_slice) return Over::nothing;
  const auto stretch = stretch_cpu(now);
  if (spent_ + stretch > limits_.cpu_total) return Over::total;
  return stretch > longest_unyielding_ ? Over::unyielding : Over::slice;
}

void Vm::adapt_hook(lua_State* L, Clock::time_point now) {
  const auto gap = now - std::exchange(last_hook_, now);
  const int wanted = gap > kHookSlow ? kHookShortest : kHookLongest;
  if (wanted == hook_count_) return;
  hook_count_ = wanted;
  lua_sethook(L, &Vm::on_count, LUA_MASKCOUNT, wanted);
}

void Vm::on_count(lua_State* L, lua_Debug*) {
  Vm& vm = of(L);
  if (vm.allocator_.exhausted()) vm.kill(Kill::memory);
  if (vm.killed_ == Kill::none) {
    const Over over = vm.measure();
    if (over == Over::nothing) return vm.adapt_hook(L, Clock::now());
    if (over == Over::total) vm.kill(Kill::cpu);
    if (over == Over::unyielding && !vm.can_yield(L)) vm.kill(Kill::cpu);
    if (vm.killed_ == Kill::none && !vm.can_yield(L)) return;
  }
  // A yield cannot be caught; a raise can, but our pcall passes it on and our xpcall keeps handlers
  // away from it.
  if (!vm.can_yield(L)) vm.raise_killed(L);
  vm.slice_pending_ = true;
  lua_yield(L, 0);
}

void Vm::check_cpu(lua_State* L) {
  if (allocator_.exhausted()) kill(Kill::memory);
  if (killed_ == Kill::none) {
    const Over over = measure();
    if (over == Over::nothing || over == Over::slice) return;
    kill(Kill::cpu);
  }
  raise_killed(L);
}

}  // namespace gvm::script
