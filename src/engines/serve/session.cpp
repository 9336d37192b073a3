#include "serve/session.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>

#include "base/error_codes.h"
#include "serve/codes.h"
#include "serve/http_pages.h"
#include "serve/linger.h"
#include "serve/peer_rules.h"

namespace gvm::serve {
namespace {

constexpr Clock::duration kVanishPoll = std::chrono::milliseconds(5);  // while reading is paused
constexpr std::chrono::milliseconds kHurry{
    250};  // for finish and goodbye once the session is aborted

// What an exception says; handlers throw none unless they have a bug or were cancelled.
std::string what_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

}  // namespace

Session::Session(std::shared_ptr<ConnectionRegistry> registry, std::unique_ptr<Stream> stream,
                 std::unique_ptr<Channel> channel, std::uint64_t id, Token token)
    : registry_(std::move(registry)),
      id_(id),
      token_(token),
      stream_(std::move(stream)),
      channel_(std::move(channel)),
      work_(registry_->lane().executor()),
      room_(registry_->lane().executor()),
      worker_gone_(registry_->lane().executor()) {
  channel_->set_events(this);
  registry_->add(*this);
  if (options().handshake_timeout.count() > 0) {
    hello_due_ = Clock::now() + options().handshake_timeout;
    registry_->watch(hello_due_);
  }
}

Session::~Session() {
  registry_->remove(*this);
}

asio::awaitable<void> Session::run(std::shared_ptr<Session> self) {
  if (registry_->draining()) drain();
  auto on_worker_end = [self](const std::exception_ptr&) {
    self->worker_done_ = true;
    self->worker_gone_.set();
  };
  asio::co_spawn(registry_->lane().executor(), work(self),
                 asio::bind_cancellation_slot(cancel_.slot(), std::move(on_worker_end)));
  auto reading = read_all();
  const Incoming last = co_await std::move(reading);
  reader_ended(last);
  while (!worker_done_) {
    auto waiting = worker_gone_.wait();
    co_await std::move(waiting);
  }
  if (!gone_) {
    auto lingering = linger(*stream_);
    co_await std::move(lingering);
  }
  stream_->close();
}

// ---------------------------------------------------------------- reader

asio::awaitable<Incoming> Session::read_all() {
  for (;;) {
    auto reading = channel_->read();
    Incoming incoming = co_await std::move(reading);
    if (incoming.end != ReadEnd::frame) co_return incoming;
    last_activity_ = Clock::now();
    if (phase_ != Phase::serving)
      continue;  // nobody answers any more; the peer's goodbye is awaited
    queued_bytes_ += incoming.frame.size();
    queue_.push_back(std::move(incoming.frame));
    work_.set();
    if (!over_full()) continue;
    auto waiting = wait_for_room();
    const bool peer_is_here = co_await std::move(waiting);
    if (peer_is_here) continue;
    incoming.end = ReadEnd::vanished;
    co_return incoming;
  }
}

// One message more than the limit has been read by then: with a queue that is just full, reading
// goes on, and a close frame behind it is seen.
bool Session::over_full() const {
  return phase_ == Phase::serving && (queue_.size() > options().max_pending_requests ||
                                      queued_bytes_ > options().max_pending_bytes);
}

asio::awaitable<bool> Session::wait_for_room() {
  while (over_full()) {
    auto waiting = room_.wait_for(kVanishPoll);
    co_await std::move(waiting);
    if (stream_->peer_vanished()) co_return false;
  }
  co_return true;
}

void Session::reader_ended(const Incoming& last) {
  if (last.end == ReadEnd::closed || last.end == ReadEnd::vanished) {
    peer_gone();
    stream_->close();  // a write that is stuck ends here
    return;
  }
  counters().violations.add(1);
  expect_close_by(Clock::now() + options().close_timeout);
  if (last.end == ReadEnd::oversize) {
    end_with(CloseCode::too_big, codes::kTooLarge,
             "message over max_message_bytes (" + std::to_string(options().max_message_bytes) +
                 " bytes)");
    return;
  }
  registry_->core().log.debug("protocol violation",
                              {{"session", Value::integer(Integer::from_u64(id_))},
                               {"detail", Value::string(last.detail)}});
  end_with(last.code, codes::kMalformedRequest, last.detail);
}

// ---------------------------------------------------------------- worker

asio::awaitable<void> Session::work([[maybe_unused]] std::shared_ptr<Session> self) {
  std::exception_ptr failure;
  try {
    auto answering = answer_all();
    co_await std::move(answering);
    auto finishing = finish();
    co_await std::move(finishing);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    registry_->core().log.error("session failed",
                                {{"session", Value::integer(Integer::from_u64(id_))},
                                 {"what", Value::string(what_of(failure))}});
    end_with(CloseCode::internal_error, codes::kInternal, "internal error");
  }
  handler_.reset();
  if (gone_) co_return;
  auto leaving = say_goodbye();
  co_await std::move(leaving);
}

asio::awaitable<void> Session::answer_all() {
  for (;;) {
    while (queue_.empty() && phase_ == Phase::serving) {
      auto waiting = work_.wait();
      co_await std::move(waiting);
    }
    if (queue_.empty()) co_return;
    auto frame = take_frame();
    if (!greeted_) {
      greet(std::move(frame));
      continue;
    }
    auto answering = answer(std::move(frame));
    co_await std::move(answering);
  }
}

std::string Session::take_frame() {
  auto frame = std::move(queue_.front());
  queue_.pop_front();
  queued_bytes_ -= frame.size();
  if (!over_full()) room_.set();
  return frame;
}

void Session::greet(std::string frame) {
  handler_ = registry_->core().service.open(registry_->lane(), id_);
  const auto greeted = handler_->hello(std::move(frame));
  hello_due_ = Clock::time_point::max();
  if (!greeted) return refuse_hello(greeted.error());
  greeted_ = shows_token();
  if (!greeted_) refuse_token();
}

bool Session::shows_token() {
  if (token_ == Token::not_needed) return true;
  const Secret given(handler_->take_token());  // also when the upgrade has shown one
  return token_ == Token::shown || knows_token(options().peers, given.reveal());
}

void Session::refuse_token() {
  constexpr auto kReason = RefusalReason::peer_token;
  const std::string name = kRefusalNames[static_cast<std::size_t>(kReason)];
  counters().refused[static_cast<std::size_t>(kReason)].add(1);
  registry_->core().sampled.warn("session refused", {{"limit", Value::string(name)}}, name);
  end_with(CloseCode::policy_violation, codes::kUnauthorized, refusal_sentence(kReason));
}

void Session::refuse_hello(const Error& error) {
  counters().hellos_refused.add(1);
  registry_->core().log.info("hello refused", {{"session", Value::integer(Integer::from_u64(id_))},
                                               {"error", Value::string(error.to_string())}});
  CloseReason reason;
  const bool calldata = error.code() == codes::kMalformedCalldata;
  reason.code = calldata ? CloseCode::invalid_payload : CloseCode::protocol_error;
  reason.text = error.to_string();
  if (!channel_->has_close_codes())
    reason.fatal_reply = registry_->core().service.fatal_reply(error);
  end(std::move(reason));
}

asio::awaitable<void> Session::answer(std::string frame) {
  auto place = registry_->core().load.begin_request(registry_->delay());
  if (!place) {
    auto refusing = refuse(place.error());
    co_await std::move(refusing);
    co_return;
  }
  const auto began = Clock::now();
  const auto deadline = begin_call(options().request_timeout);
  std::string reply;
  std::exception_ptr failure;
  try {
    auto answering = handler_->request(std::move(frame), deadline);
    reply = co_await std::move(answering);
  } catch (...) {
    failure = std::current_exception();
  }
  *place = RequestPlace();
  registry_->delay().request_ended();
  const Cause cancelled = end_call();
  auto outcome = RequestOutcome::answered;
  if (cancelled != Cause::none) {
    // The session goes on, so the worker must be able to wait again. Here and not in a coroutine of
    // its own: awaiting that one would already throw.
    co_await asio::this_coro::reset_cancellation_state();
    co_await asio::this_coro::throw_if_cancelled(true);
    outcome = cancelled == Cause::deadline ? RequestOutcome::deadline : RequestOutcome::cancelled;
  } else if (failure) {
    outcome = RequestOutcome::failed;
  }
  counters().requests[static_cast<std::size_t>(outcome)].add(1);
  counters().durations.add(Clock::now() - began);
  if (outcome == RequestOutcome::failed) std::rethrow_exception(failure);
  if (outcome == RequestOutcome::cancelled) co_return;
  if (outcome == RequestOutcome::deadline) reply = handler_->deadline_reply();
  auto sending = send(std::move(reply));
  co_await std::move(sending);
  if (handler_->ended()) {
    end({CloseCode::internal_error, "the session's script used up one of its limits", {}});
  }
}

asio::awaitable<void> Session::refuse(Overload overload) {
  counters().overloaded[static_cast<std::size_t>(overload)].add(1);
  counters().requests[static_cast<std::size_t>(RequestOutcome::refused)].add(1);
  auto reply = handler_->refusal_reply(registry_->core().load.error(overload));
  auto sending = send(std::move(reply));
  co_await std::move(sending);
}

asio::awaitable<void> Session::send(std::string reply) {
  last_activity_ = Clock::now();
  if (options().write_timeout.count() > 0) {
    write_due_ = last_activity_ + options().write_timeout;
    registry_->watch(write_due_);
  }
  auto writing = channel_->write(std::move(reply));
  const bool written = co_await std::move(writing);
  write_due_ = Clock::time_point::max();
  if (written) co_return;
  peer_gone();
  stream_->close();  // the reader ends too
}

asio::awaitable<void> Session::finish() {
  if (!greeted_) co_return;
  auto limit = options().finish_timeout;
  if (hurried_) limit = std::min(limit, kHurry);
  const auto deadline = begin_call(limit);
  std::exception_ptr failure;
  try {
    auto finishing = handler_->finish(deadline);
    co_await std::move(finishing);
  } catch (...) {
    failure = std::current_exception();
  }
  const bool cancelled = end_call() != Cause::none;
  if (cancelled) {
    co_await asio::this_coro::reset_cancellation_state();
    co_await asio::this_coro::throw_if_cancelled(true);
  } else if (failure) {
    std::rethrow_exception(failure);
  }
}

asio::awaitable<void> Session::say_goodbye() {
  expect_close_by(Clock::now() + (hurried_ ? kHurry : options().close_timeout));
  auto closing = channel_->close(std::move(goodbye_));
  co_await std::move(closing);
}

// ---------------------------------------------------------------- calls into the handler

Deadline Session::begin_call(std::chrono::milliseconds limit) {
  const auto deadline = limit.count() > 0 ? Deadline::in(limit) : Deadline::never();
  call_ = Call();
  call_.running = true;
  call_.due = deadline.when();
  registry_->watch(call_.due);
  return deadline;
}

Session::Cause Session::end_call() {
  const Cause cause = call_.cancelled;
  call_ = Call();
  return cause;
}

void Session::cancel_call(Cause cause) {
  if (!call_.running || call_.cancelled != Cause::none) return;
  call_.cancelled = cause;
  call_.due = Clock::time_point::max();
  cancel_.emit(asio::cancellation_type::terminal);
}

// ---------------------------------------------------------------- endings

void Session::end(CloseReason reason) {
  if (phase_ == Phase::ending) return;
  phase_ = Phase::ending;
  goodbye_ = std::move(reason);
  if (greeted_)
    counters().requests[static_cast<std::size_t>(RequestOutcome::dropped)].add(queue_.size());
  queue_.clear();
  queue_.shrink_to_fit();
  queued_bytes_ = 0;
  cancel_call(Cause::ended);
  work_.set();
  room_.set();
}

void Session::end_with(CloseCode code, std::string_view error_code, std::string text) {
  CloseReason reason;
  reason.code = code;
  if (!channel_->has_close_codes()) {
    const Error error(error_code, Fatality::fatal, text);
    reason.fatal_reply = registry_->core().service.fatal_reply(error);
  }
  reason.text = std::move(text);
  end(std::move(reason));
}

void Session::peer_gone() {
  gone_ = true;
  end(CloseReason());
}

void Session::expect_close_by(Clock::time_point due) {
  close_due_ = std::min(close_due_, due);
  registry_->watch(close_due_);
}

void Session::on_close_frame() {
  expect_close_by(Clock::now() + options().close_timeout);
  peer_gone();
}

void Session::on_control() {
  last_activity_ = Clock::now();
}

void Session::drain() {
  if (phase_ != Phase::serving) return;
  phase_ = Phase::draining;
  goodbye_.code = CloseCode::going_away;
  goodbye_.text = "the module is shutting down";
  work_.set();
  room_.set();
}

void Session::abort() {
  hurried_ = true;
  cancel_call(Cause::ended);  // also a finish that runs
  if (close_due_ != Clock::time_point::max()) expect_close_by(Clock::now() + kHurry);
  CloseReason reason;
  reason.text = "the module is shutting down";
  end(std::move(reason));
}

bool Session::idle() const {
  return phase_ == Phase::serving && !call_.running && queue_.empty() &&
         write_due_ == Clock::time_point::max();
}

Clock::time_point Session::on_tick(Clock::time_point now) {
  if (now >= call_.due) cancel_call(Cause::deadline);
  if (now >= write_due_) {
    counters().write_timeouts.add(1);
    write_due_ = Clock::time_point::max();
    stream_->close();
  }
  if (now >= close_due_) {
    close_due_ = Clock::time_point::max();
    stream_->close();
  }
  auto due = std::min({call_.due, write_due_, close_due_});
  if (phase_ != Phase::serving) return due;
  if (now >= hello_due_)
    end_with(CloseCode::protocol_error, codes::kDeadlineExceeded, "no hello came in time");
  due = std::min(due, hello_due_);
  const auto began = channel_->message_began();
  if (began && options().message_timeout.count() > 0) {
    const auto message_due = *began + options().message_timeout;
    if (now >= message_due) {
      end_with(CloseCode::protocol_error, codes::kDeadlineExceeded,
               "a message was not finished in time");
    }
    due = std::min(due, message_due);
  }
  if (idle() && options().idle_timeout.count() > 0) {
    const auto idle_due = last_activity_ + options().idle_timeout;
    if (now >= idle_due) end(CloseReason{CloseCode::going_away, "idle for too long", {}});
    due = std::min(due, idle_due);
  }
  return due;
}

}  // namespace gvm::serve
