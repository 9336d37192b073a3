#pragma once
// One lua_State with its memory cap and its CPU budgets. Owned by a session; used only on that
// session's lane.
//
// A Vm is *killed* when it exceeds a budget. From then on the flag decides, not what Lua reports:
// every allocation is refused, every hook raises, our pcall, xpcall and coroutine functions pass
// the error on, and the session ends.
#include <chrono>
#include <cstddef>
#include <cstdint>
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
  // From a C function: leaves for the driver, or raises towards it. Allocates nothing; handlers of
  // xpcall do not see it.
  [[noreturn]] int raise_killed(lua_State* L);

  // C++ memory a script can make us keep (errors) counts like Lua's own. Raises when the cap is
  // reached.
  void charge(lua_State* L, std::size_t bytes);
  void discharge(std::size_t bytes) { allocator_.discharge(bytes); }
  std::size_t memory_used() const { return allocator_.used(); }

  // A new total CPU budget: at the start of every entry-point call.
  void reset_cpu() { spent_ = {}; }
  // Many short stretches: no hook sees their sum.
  bool is_cpu_spent() const { return spent_ > limits_.cpu_total; }

  // A stretch of Lua running without a break.
  // loading: the top level, where nothing can yield. closing: leftovers of a cancelled call.
  enum class Runs { driven, loading, closing };
  class Stretch {
   public:
    Stretch(Vm& vm, Runs runs);
    ~Stretch();
    Stretch(const Stretch&) = delete;

   private:
    Vm& vm_;
  };

  // Whether a yield on this thread reaches the driver through every resume in between.
  bool can_yield(lua_State* L) const;
  // Marks everything below as unable to yield to the driver (coroutine.close, nested resumes from
  // unyieldable places).
  class Chain {
   public:
    Chain(Vm& vm, bool reaches_driver) : vm_(vm), before_(vm.chain_) { vm.chain_ = reaches_driver; }
    ~Chain() { vm_.chain_ = before_; }
    Chain(const Chain&) = delete;

   private:
    Vm& vm_;
    bool before_;
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
  void adapt_hook(lua_State* L, Clock::time_point now);

  Limits limits_;
  Allocator allocator_;
  lua_State* main_ = nullptr;
  SessionImpl* session_ = nullptr;
  Kill killed_ = Kill::none;
  bool chain_ = false;
  bool slice_pending_ = false;
  int hook_count_;
  std::chrono::nanoseconds longest_unyielding_{};
  Clock::time_point slice_start_{};
  Clock::time_point last_hook_{};
  bool marked_ = false;  // whether the stretch has been long enough to read the CPU clock
  std::chrono::nanoseconds cpu_mark_{};  // the thread's CPU clock then
  std::chrono::nanoseconds before_mark_{};
  std::chrono::nanoseconds spent_{};  // finished stretches of this call
};

}  // namespace gvm::script
