// The driver: resumes the script, awaits what its host functions park, gives way at the end of a
// slice.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <lua.hpp>
#include <utility>

#include "base/error_codes.h"
#include "script/convert.h"
#include "script/entry_point.h"
#include "script/off_lane.h"
#include "script/session.h"

namespace gvm::script {

namespace {

Error deadline_error() {
  return Error(codes::kDeadlineExceeded, Fatality::user, "the script did not answer in time");
}

}  // namespace

SessionImpl::Step SessionImpl::resume(int arguments) {
  if (vm_->is_cpu_spent()) vm_->kill(Kill::cpu);
  if (vm_->killed() != Kill::none) return {Progress::failed, vm_->kill_error()};
  int results = 0;
  int status = LUA_OK;
  {
    const Vm::Stretch stretch(*vm_, thread_, Vm::Runs::driven);
    status = lua_resume(thread_, vm_->main(), arguments, &results);
  }
  if (status == LUA_ERRMEM) vm_->kill(Kill::memory);
  if (vm_->killed() != Kill::none) return {Progress::failed, vm_->kill_error()};
  if (status == LUA_YIELD) return {Progress::suspended, std::nullopt};
  if (status == LUA_OK) {
    lua_pop(thread_, results);
    return {Progress::finished, std::nullopt};
  }
  Step step{Progress::failed, take_error(thread_)};
  abandon_thread();
  if (vm_->killed() != Kill::none) step.error = vm_->kill_error();
  return step;
}

// Closes the coroutine; variables to be closed still run, under the CPU limits. The thread is as
// new.
void SessionImpl::abandon_thread() {
  parked_.reset();
  vm_->discharge(std::exchange(parked_bytes_, 0));
  drop_completed();
  const Vm::Stretch stretch(*vm_, thread_, Vm::Runs::closing);
  const int status = lua_resetthread(thread_);
  if (status == LUA_ERRMEM) vm_->kill(Kill::memory);
  lua_settop(thread_, 0);
}

asio::awaitable<void> SessionImpl::give_way() {
  try {
    co_await asio::post(executor_, asio::use_awaitable);
  } catch (const boost::system::system_error&) {
    // Cancelled: the caller looks at the state.
  }
}

void SessionImpl::park(Awaitable operation, std::size_t bytes) {
  parked_.emplace(std::move(operation));
  parked_bytes_ = bytes;
}

void SessionImpl::release_completed() {
  vm_->discharge(std::exchange(completed_bytes_, 0));
}

// Of an abandoned call. A large one is not taken apart on the lane.
void SessionImpl::drop_completed() {
  if (completed_) drop_value(std::move(*completed_), completed_bytes_);
  completed_ = Value();
  release_completed();
}

// Once as it is, and once more inside of Lua.
void SessionImpl::complete(Result<Value> result) {
  release_completed();
  const auto known = std::exchange(known_result_bytes_, std::nullopt);
  std::size_t bytes = 0;
  if (result) bytes = known ? *known : footprint(*result);
  if (bytes > vm_->memory_left() / 2) lua_gc(vm_->main(), LUA_GCCOLLECT);
  if (bytes > vm_->memory_left() / 2) {
    drop_value(std::move(*result), bytes);
    completed_ = fail(codes::kTooLarge, Fatality::user,
                      "a result of " + std::to_string(bytes / kKiB) +
                          " KiB does not fit what the script has left of its memory");
    return;
  }
  completed_ = std::move(result);
  if (vm_->try_charge(bytes)) completed_bytes_ = bytes;
}

// No Lua is on the stack here, so exceptions are the awaitable's own.
asio::awaitable<void> SessionImpl::wait_for_parked() {
  Awaitable operation = std::move(*parked_);
  parked_.reset();
  try {
    Result<Value> result = co_await std::move(operation);
    complete(std::move(result));
  } catch (const boost::system::system_error& error) {
    const bool aborted = error.code() == asio::error::operation_aborted;
    completed_ = fail(aborted ? codes::kCancelled : codes::kInternal,
                      aborted ? Fatality::user : Fatality::fatal, error.code().message());
  } catch (const std::exception& error) {
    completed_ = fail(codes::kInternal, Fatality::fatal, error.what());
  }
  vm_->discharge(std::exchange(parked_bytes_, 0));
}

SessionImpl::Awaitable SessionImpl::drive(CallFrame* frame, std::shared_ptr<CallState> state) {
  co_await asio::this_coro::throw_if_cancelled(false);
  push_entry_call(thread_, frame);
  auto turn_start = Clock::now();
  for (int arguments = 1;; arguments = 0) {
    Step step = resume(arguments);
    if (step.progress == Progress::finished) co_return std::move(frame->answer);
    if (step.progress == Progress::failed) co_return fail(std::move(*step.error));
    const bool waits = !vm_->take_slice();
    if (waits) co_await wait_for_parked();
    // Host functions that answer at once never suspended this coroutine, so it yields the lane
    // here.
    if (!waits || Clock::now() - turn_start >= vm_->limits().cpu_slice) {
      if (!state->cancelled) co_await give_way();
      turn_start = Clock::now();
    }
    if (state->cancelled) break;
  }
  abandon_thread();
  if (vm_->killed() != Kill::none) co_return fail(vm_->kill_error());
  if (state->deadline_hit) co_return fail(deadline_error());
  co_return fail(codes::kCancelled, Fatality::user, "the call was cancelled");
}

void SessionImpl::arm_deadline(const std::shared_ptr<CallState>& state) {
  if (deadline_.is_never()) return;
  if (!timer_) timer_.emplace(executor_);
  timer_->expires_at(deadline_.when());
  timer_->async_wait([state](const boost::system::error_code& ec) {
    if (ec || state->finished) return;
    state->deadline_hit = true;
    state->stop();
  });
}

SessionImpl::Awaitable SessionImpl::call(std::string_view entry, std::vector<Argument> arguments,
                                         Deadline deadline) {
  if (!usable()) co_return fail(vm_->kill_error());
  if (running_) co_return fail(codes::kInternal, Fatality::fatal, "the session is running already");
  if (deadline.expired()) co_return fail(deadline_error());
  CallFrame frame{std::string(entry), std::move(arguments), Value()};
  auto state = std::make_shared<CallState>();
  running_ = true;
  deadline_ = deadline;
  vm_->reset_cpu();
  arm_deadline(state);
  auto outer = co_await asio::this_coro::cancellation_state;
  auto forward = [state](asio::cancellation_type) { state->stop(); };
  if (outer.slot().is_connected()) outer.slot().assign(forward);
  auto token = asio::bind_cancellation_slot(state->cancel.slot(), asio::use_awaitable);
  auto body = drive(&frame, state);
  auto running = asio::co_spawn(executor_, std::move(body), std::move(token));
  Result<Value> result = co_await std::move(running);
  if (outer.slot().is_connected()) outer.slot().clear();
  state->finished = true;
  if (timer_) timer_->cancel();
  running_ = false;
  deadline_ = Deadline::never();
  co_return result;
}

}  // namespace gvm::script
