#include "script/vm.h"

#include <lua_build.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <ctime>
#include <lua.hpp>
#include <new>
#include <stdexcept>
#include <utility>

#include "script/codes.h"
#include "script/live_states.h"
#include "script/off_lane.h"
#include "script/random_bits.h"

namespace gvm::script {

namespace {

constexpr std::size_t kLongestInterval = 1000;  // VM instructions between looks at the clock
// Instructions that do much work each (long chains in a table, next() on an emptied one) shorten
// the interval.
constexpr auto kHookSlow = std::chrono::microseconds(500);
constexpr std::size_t kSlowInterval = 10;

// Of the instructions in one interval, when each does the worst that what is alive allows: about
// 1 ns for every byte of the longest string (to read it as a number, to hash it, a library
// function), an eighth for the largest other block (next() on an emptied table, passing `...` on).
constexpr std::size_t kLongestGapNs = 15'000'000;
constexpr std::size_t kBlockBytesPerNs = 8;
// Large blocks made since the last look, in bytes.
constexpr std::size_t kMuchMade = 64 * kKiB;

// A state that was bigger is followed by a request to hand free memory back to the system.
constexpr std::size_t kTrimmedFrom = 1 * kMiB;

// Reached only by unprotected calls that hit the memory cap.
struct Panic : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Budgets are CPU time: a busy machine must not shorten them. Reading that clock is a system call
// (about 1 µs), so a stretch of less than this is charged by the wall clock, in which few get
// interrupted.
constexpr auto kShortStretch = std::chrono::microseconds(500);

std::atomic<std::size_t> states{0};

bool shortened(lua_State* thread) {
  return lua_gethookcount(thread) < static_cast<int>(kLongestInterval);
}

std::chrono::nanoseconds thread_cpu() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

}  // namespace

Vm::Vm(const Limits& limits) : limits_(limits), allocator_(limits.memory_bytes) {
  main_ = lua_newstate(&Allocator::lua_alloc, &allocator_);
  if (main_ == nullptr) throw std::bad_alloc();
  *static_cast<Vm**>(lua_getextraspace(main_)) = this;
  lua_atpanic(main_, &Vm::on_panic);
  // Threads made later inherit the hook.
  lua_sethook(main_, &Vm::on_count, LUA_MASKCOUNT, kLongestInterval);
  allocator_.watch({&Vm::on_large_block, this});
  states.fetch_add(1, std::memory_order_relaxed);
}

std::size_t live_states() {
  return states.load(std::memory_order_relaxed);
}

Vm::~Vm() {
  states.fetch_sub(1, std::memory_order_relaxed);
  close_state();
}

void Vm::close_state() {
  if (main_ == nullptr) return;
  running_ = nullptr;
  // Lua calls a finalizer only when it has memory for the call; of a killed session, too, they free
  // what C++ keeps for it.
  allocator_.lift_cap();
  allocator_.abandon_small_blocks();
  lua_close(std::exchange(main_, nullptr));
  note_free_memory();
}

// What it had outside of mappings lies in the free lists of malloc.
void Vm::note_free_memory() const {
  if (allocator_.peak() >= kTrimmedFrom) return_free_memory();
}

void Vm::watch_generator(void* state, std::size_t bytes) {
  if (bytes != sizeof first_generator_state_) return;  // of another Lua: no Vm is sealed then
  generator_ = state;
  std::memcpy(first_generator_state_.data(), state, bytes);
}

bool Vm::seal() {
  const bool drew = generator_ == nullptr || std::memcmp(generator_, first_generator_state_.data(),
                                                         sizeof first_generator_state_) != 0;
  if (asked_outside_ || drew || killed_ != Kill::none || lua::has_finalizers(main_)) {
    allocator_.end_set_up();
    return false;
  }
  return allocator_.seal();
}

bool Vm::rewind() {
  if (!allocator_.is_sealed() || killed_ != Kill::none) return false;
  lua_State* main = main_;
  running_ = nullptr;
  if (allocator_.can_drop_all()) {
    allocator_.lift_cap();
    if (lua::has_finalizers(main)) lua::run_finalizers(main);
    note_free_memory();
  } else {
    close_state();
  }
  allocator_.rewind();
  main_ = main;
  const GeneratorState random{random_bits() | 1, random_bits(), random_bits(), random_bits()};
  std::memcpy(generator_, random.data(), sizeof random);
  slice_pending_ = false;
  large_blocks_ = 0;
  spent_ = {};
  asked_outside_ = false;
  return true;
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

int Vm::yield(lua_State* L, int results, std::intptr_t context,
              int (*go_on)(lua_State*, int, std::intptr_t)) {
  lua::yield_jumps = true;
  return lua_yieldk(L, results, context, go_on);
}

bool Vm::can_yield(lua_State* L) const {
  return chain_ && lua_isyieldable(L) != 0;
}

void Vm::look_soon(lua_State* L) {
  lua_sethook(L, &Vm::on_count, LUA_MASKCOUNT, 1);
}

void Vm::look(lua_State* L) {
  if (Clock::now() - slice_start_ >= limits_.cpu_slice) look_soon(L);
}

// An instruction made a large block: by doing much work (a concatenation), and more may follow.
// lua_sethook may be called at any time.
void Vm::on_large_block(void* self, std::size_t bytes) {
  auto& vm = *static_cast<Vm*>(self);
  vm.large_blocks_ += bytes;
  if (vm.large_blocks_ >= kMuchMade && vm.running_ != nullptr) vm.look_soon(vm.running_);
}

int Vm::pause(lua_State* L, std::intptr_t context, int (*go_on)(lua_State*, int, std::intptr_t)) {
  of(L).slice_pending_ = true;
  return yield(L, 0, context, go_on);
}

bool Vm::must_pause(lua_State* L) {
  const bool yields = can_yield(L);
  if (killed_ == Kill::none) {
    const Over over = measure();
    if (over == Over::slice && !yields) look_soon(L);
    if (over == Over::nothing || (over == Over::slice && !yields)) return false;
    if (over != Over::total && yields) return true;
    kill(Kill::cpu);
  }
  raise_killed(L);
}

Vm::Chain::Chain(Vm& vm, lua_State* thread, bool reaches_driver)
    : vm_(vm), running_before_(vm.running_), chain_before_(vm.chain_) {
  vm.chain_ = reaches_driver;
  vm.running_ = thread;
  // Each thread counts its instructions for itself. While there is something large, none runs its
  // whole interval unseen.
  if (running_before_ != nullptr && shortened(running_before_)) vm.look_soon(thread);
}

Vm::Chain::~Chain() {
  if (running_before_ != nullptr && shortened(vm_.running_)) vm_.look_soon(running_before_);
  vm_.running_ = running_before_;
  vm_.chain_ = chain_before_;
}

Vm::Stretch::Stretch(Vm& vm, lua_State* thread, Runs runs) : vm_(vm) {
  vm.running_ = thread;
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
  vm_.running_ = nullptr;
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

// Instructions until the next look.
int Vm::interval(Clock::time_point now) {
  const auto gap = now - std::exchange(last_hook_, now);
  large_blocks_ = 0;
  const std::size_t most = gap > kHookSlow ? kSlowInterval : kLongestInterval;
  const std::size_t worst_ns = std::max(
      {allocator_.longest_string(), allocator_.largest_block() / kBlockBytesPerNs, std::size_t{1}});
  return static_cast<int>(std::clamp<std::size_t>(kLongestGapNs / worst_ns, 1, most));
}

void Vm::on_count(lua_State* L, lua_Debug*) {
  Vm& vm = of(L);
  if (vm.allocator_.exhausted()) vm.kill(Kill::memory);
  if (vm.killed_ == Kill::none) {
    const Over over = vm.measure();
    const bool yields = vm.can_yield(L);
    const int wanted = vm.interval(Clock::now());
    if (wanted != lua_gethookcount(L)) lua_sethook(L, &Vm::on_count, LUA_MASKCOUNT, wanted);
    if (over == Over::nothing) return;
    if (over == Over::total || (over == Over::unyielding && !yields)) vm.kill(Kill::cpu);
    if (vm.killed_ == Kill::none && !yields) return;
  }
  // A yield cannot be caught; a raise can, but our pcall passes it on and our xpcall keeps handlers
  // away from it.
  if (!vm.can_yield(L)) vm.raise_killed(L);
  vm.slice_pending_ = true;
  yield(L, 0);
}

void Vm::check_cpu(lua_State* L) {
  if (allocator_.exhausted()) kill(Kill::memory);
  if (killed_ == Kill::none) {
    const Over over = measure();
    if (over == Over::nothing) return;
    if (over == Over::slice) return look_soon(L);
    kill(Kill::cpu);
  }
  raise_killed(L);
}

}  // namespace gvm::script
