#pragma once
// Inside of Session: one Vm, the thread entry points run on, and the driver that awaits what host
// functions park.
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "script/program.h"
#include "script/script.h"
#include "script/vm.h"

namespace gvm::script {

// Shared with the deadline timer's handler and the caller's cancellation slot, which may outlive
// the call.
struct CallState {
  asio::cancellation_signal cancel;
  bool deadline_hit = false;
  bool cancelled = false;
  bool finished = false;

  void stop() {
    if (finished) return;
    cancelled = true;
    cancel.emit(asio::cancellation_type::terminal);
  }
};

struct CallFrame;

class SessionImpl final : public Session {
 public:
  using Awaitable = asio::awaitable<Result<Value>>;

  // `vm`: a new one, or one that was rewound.
  SessionImpl(std::shared_ptr<const ProgramImpl> program, asio::any_io_executor executor,
              log::Logger logger, std::unique_ptr<Services> services, std::unique_ptr<Vm> vm);
  ~SessionImpl() override;
  SessionImpl(const SessionImpl&) = delete;
  SessionImpl& operator=(const SessionImpl&) = delete;
  // A started session; `loading` is set only by Program::load. SCRIPT_MEMORY_LIMIT when the cap
  // holds not even a Lua state.
  static Result<std::unique_ptr<SessionImpl>> make(std::shared_ptr<const ProgramImpl> program,
                                                   asio::any_io_executor executor,
                                                   log::Logger logger,
                                                   std::unique_ptr<Services> services,
                                                   ProgramImpl* loading);

  // Makes ctx. Once, before the first call.
  Result<void> begin(Value ctx_fields);
  // `notice` runs once, when the session is destroyed, and gets what is left of it.
  using Notice = std::function<void(std::unique_ptr<Vm>)>;
  void when_gone(Notice notice) { when_gone_ = std::move(notice); }
  // For a session started ahead of its connection.
  void own(log::Logger logger, std::unique_ptr<Services> services);

  Awaitable call(std::string_view entry, std::vector<Argument> arguments,
                 Deadline deadline) override;
  bool usable() const override { return vm_->killed() == Kill::none; }
  Services& services() override { return *services_; }
  const log::Logger& logger() const override { return logger_; }
  const Value& ctx_fields() const override { return ctx_fields_; }
  Deadline deadline() const override { return deadline_; }
  std::size_t memory_used() const override { return vm_->memory_used(); }

  const ProgramImpl& program() const { return *program_; }
  ProgramImpl* loading() const { return loading_; }
  Vm& vm() { return *vm_; }
  // Where the top level failed while Program::load ran it: "script.lua:3". Kept in the error.
  void note_place(const std::string& file, int line) { place_ = file + ":" + std::to_string(line); }
  bool is_entry_thread(const lua_State* L) const { return L == thread_; }
  // Whether a host function may wait on this thread.
  bool can_wait(lua_State* L) const { return L == thread_ && vm_->can_yield(L); }

  // The bridge's side: what a host function waits for, and what came of it. `bytes`: what its
  // arguments take, charged already.
  void park(Awaitable operation, std::size_t bytes = 0);
  // The result counts as the session's memory until it is released.
  Result<Value> take_completed() { return std::move(completed_); }
  void release_completed();
  // Somebody else discharges it.
  void hand_over_completed() { completed_bytes_ = 0; }
  // What is charged for it now, in bytes.
  std::size_t completed_bytes() const { return completed_bytes_; }
  // footprint() of the result that is about to be handed over, when somebody has counted it: a
  // value of many parts takes milliseconds.
  void know_result_size(std::size_t bytes) { known_result_bytes_ = bytes; }
  // Whether the value at `index` is the session's own ctx table.
  bool is_ctx(lua_State* L, int index) const;
  void push_ctx(lua_State* L) const;

 private:
  // Opens the libraries and runs the script's top level.
  Result<void> start(ProgramImpl* loading);

  enum class Progress { suspended, finished, failed };
  struct Step {
    Progress progress;
    std::optional<Error> error;
  };

  Result<void> protect(int (*function)(lua_State*), void* argument, Vm::Runs runs);
  Awaitable drive(CallFrame* frame, std::shared_ptr<CallState> state);
  asio::awaitable<void> wait_for_parked();
  asio::awaitable<void> give_way();
  Step resume(int arguments);
  Error take_error(lua_State* from);
  void abandon_thread();
  void arm_deadline(const std::shared_ptr<CallState>& state);

  std::shared_ptr<const ProgramImpl> program_;
  asio::any_io_executor executor_;
  log::Logger logger_;
  std::unique_ptr<Services> services_;
  Value ctx_fields_;
  ProgramImpl* loading_ = nullptr;
  std::string place_;
  Deadline deadline_ = Deadline::never();
  std::unique_ptr<Vm> vm_;
  lua_State* thread_ = nullptr;
  int ctx_reference_ = 0;
  Notice when_gone_;
  bool running_ = false;
  void complete(Result<Value> result);
  void drop_completed();

  std::optional<Awaitable> parked_;
  std::size_t parked_bytes_ = 0;
  Result<Value> completed_;
  std::size_t completed_bytes_ = 0;
  std::optional<std::size_t> known_result_bytes_;
  std::optional<asio::steady_timer> timer_;
};

}  // namespace gvm::script
