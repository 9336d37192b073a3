#pragma once
// One lua_State with its memory cap and its CPU budgets. Owned by a session; used only on that
// session's lane.
//
// The slice holds whatever a script calls. A hook looks at the clock every `interval` instructions:
// as many as end in time when each of them reads the longest string or the largest table that is
// alive (a comparison, a concatenation, a call of string.upper). A C function that did much
// work calls look(), and the hook then ends the slice with the next instruction. A C function that
// takes long works in pieces and pauses between them (must_pause, pause).
//
// A Vm is *killed* when it exceeds a budget. From then on the flag decides, not what Lua reports:
// every allocation is refused, every hook raises, our pcall, xpcall and coroutine functions pass
// the error on, and the session ends.
//
// A Vm may serve one session after the other: seal() keeps a copy of the state as the script's top
// level left it, and rewind() brings it back, byte by byte, with new random numbers. That is only
// so when another run of the top level would have made the same: it asked for nothing outside the
// state (host functions, the time, random numbers), and made nothing that has a finalizer.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/error_codes.h"
#include "script/allocator.h"
#include "script/script.h"

struct lua_Debug;

namespace gvm::script {

class SessionImpl;

enum class Kill : std::uint8_t { none, memory, cpu };

class Vm {
 public:
  explicit Vm(const Limits& limits);
  ~Vm();
  Vm(const Vm&) = delete;
  Vm& operator=(const Vm&) = delete;

  // From any of its threads.
  static Vm& of(lua_State* L);

  lua_State* main() { return main_; }
  const Limits& limits() const { return limits_; }
  SessionImpl& session() { return *session_; }
  void set_session(SessionImpl* session) { session_ = session; }

  Kill killed() const { return killed_; }
  void kill(Kill reason);
  Error kill_error() const;
  // From a C function: leaves for the driver, or raises towards it. Either runs the destructors of
  // the frames in between. Allocates nothing; handlers of xpcall do not see it.
  [[noreturn]] int raise_killed(lua_State* L);

  // C++ memory a script can make us keep (errors) counts like Lua's own. Raises when the cap is
  // reached.
  void charge(lua_State* L, std::size_t bytes);
  void discharge(std::size_t bytes) { allocator_.discharge(bytes); }
  // The same without a thread of Lua's at hand. False over the cap.
  bool try_charge(std::size_t bytes) { return allocator_.charge(bytes); }
  std::size_t memory_used() const { return allocator_.used(); }
  std::size_t memory_left() const { return allocator_.left(); }

  // Processor time spent elsewhere for this call: counts as its own.
  void add_cpu(std::chrono::nanoseconds spent) { spent_ += spent; }
  // A new total CPU budget: at the start of every entry-point call.
  void reset_cpu() { spent_ = {}; }
  // Checks the CPU budget after many short runs: no hook has seen their sum.
  bool is_cpu_spent() const { return spent_ > limits_.cpu_total; }

  // After the top level, before anything of a session is in the state. False: it cannot be sealed.
  bool seal();
  void end_set_up() { allocator_.end_set_up(); }
  bool is_sealed() const { return allocator_.is_sealed(); }
  // After a session, when none of its calls runs: finalizers run, then the state is as at seal().
  // False when it was not sealed, or was killed: the Vm can only be destroyed.
  bool rewind();
  // The top level asks for something that may be different next time.
  void note_outside() { asked_outside_ = true; }
  // The state of math.random, alive as long as the Vm.
  void watch_generator(void* state, std::size_t bytes);

  // A stretch of Lua running without a break.
  // loading: the top level, where nothing can yield. closing: leftovers of a cancelled call.
  enum class Runs { driven, loading, closing };
  class Stretch {
   public:
    Stretch(Vm& vm, lua_State* thread, Runs runs);
    ~Stretch();
    Stretch(const Stretch&) = delete;

   private:
    Vm& vm_;
  };

  // As lua_yieldk, but by a jump in place of an exception, which costs a fiftieth: no frame between
  // here and the resume may have a destructor. Those frames are Lua's own, and C functions that
  // call Lua with a continuation (lua_callk, lua_pcallk) or call this.
  static int yield(lua_State* L, int results, std::intptr_t context = 0,
                   int (*go_on)(lua_State*, int, std::intptr_t) = nullptr);
  // After work of a C function: ends the slice with the next instruction when it is used up.
  void look(lua_State* L);
  // Between two pieces of a C function's work, each of about a millisecond: whether the slice is
  // used up. Then the function returns pause(), whose continuation does the rest. Where nothing can
  // yield, false until cpu_unyielding has passed, which raises.
  bool must_pause(lua_State* L);
  static int pause(lua_State* L, std::intptr_t context,
                   int (*go_on)(lua_State*, int, std::intptr_t));

  // Whether a yield on this thread reaches the driver through every resume in between.
  bool can_yield(lua_State* L) const;
  // While `thread` runs on behalf of another. `reaches_driver`: false marks everything below as
  // unable to yield to the driver (coroutine.close, nested resumes from unyieldable places).
  class Chain {
   public:
    Chain(Vm& vm, lua_State* thread, bool reaches_driver);
    ~Chain();
    Chain(const Chain&) = delete;

   private:
    Vm& vm_;
    lua_State* running_before_;
    bool chain_before_;
  };
  bool chain() const { return chain_; }

  // Set by the hook just before it yields; the driver takes it.
  bool slice_pending() const { return slice_pending_; }
  bool take_slice() { return std::exchange(slice_pending_, false); }

  // For C loops that scripts can make long: call every few thousand steps. Raises when a budget is
  // exceeded.
  void check_cpu(lua_State* L);

 private:
  static void on_count(lua_State* L, lua_Debug* ar);
  static int on_panic(lua_State* L);
  std::chrono::nanoseconds stretch_cpu(Clock::time_point now);
  enum class Over { nothing, slice, unyielding, total };
  Over measure();
  int interval(Clock::time_point now);
  void look_soon(lua_State* L);
  static void on_large_block(void* self, std::size_t bytes);
  void close_state();
  void note_free_memory() const;

  using GeneratorState = std::array<std::uint64_t, 4>;  // lmathlib.c's, never all zero
  Limits limits_;
  Allocator allocator_;
  lua_State* main_ = nullptr;
  SessionImpl* session_ = nullptr;
  Kill killed_ = Kill::none;
  bool chain_ = false;
  bool slice_pending_ = false;
  lua_State* running_ = nullptr;
  std::size_t large_blocks_ = 0;  // bytes of them made since the last look
  std::chrono::nanoseconds longest_unyielding_{};
  Clock::time_point slice_start_{};
  Clock::time_point last_hook_{};
  bool marked_ = false;  // whether the stretch has been long enough to read the CPU clock
  std::chrono::nanoseconds cpu_mark_{};  // the thread's CPU clock then
  std::chrono::nanoseconds before_mark_{};
  std::chrono::nanoseconds spent_{};  // finished stretches of this call
  bool asked_outside_ = false;
  void* generator_ = nullptr;
  GeneratorState first_generator_state_{};
};

}  // namespace gvm::script
