#pragma once
// One peer's session: a reader that is always reading (so that pings are answered and a vanished
// peer is noticed while a request runs) and a worker that answers one message after the other.
// Lives on one lane.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "serve/channel.h"
#include "serve/connection_registry.h"
#include "serve/event.h"
#include "serve/stream.h"

namespace gvm::serve {

// Whether the hello must show a token. `shown`: the upgrade did.
enum class Token : std::uint8_t { not_needed, shown, needed };

class Session final : public TrackedConnection, public ChannelEvents {
 public:
  Session(std::shared_ptr<ConnectionRegistry> registry, std::unique_ptr<Stream> stream,
          std::unique_ptr<Channel> channel, std::uint64_t id, Token token);
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Returns when everything of the session is over and released. `self` keeps it alive meanwhile.
  asio::awaitable<void> run(std::shared_ptr<Session> self);

  Clock::time_point on_tick(Clock::time_point now) override;
  void drain() override;
  void abort() override;
  void on_close_frame() override;
  void on_control() override;

 private:
  // draining: the requests received so far are answered, no more are read. ending: waiting requests
  // are dropped.
  enum class Phase : std::uint8_t { serving, draining, ending };
  // Why a call into the handler was cancelled.
  enum class Cause : std::uint8_t { none, deadline, ended };

  // The call into the handler that runs now: request() or finish().
  struct Call {
    bool running = false;
    Cause cancelled = Cause::none;
    Clock::time_point due = Clock::time_point::max();
  };

  // reader
  asio::awaitable<Incoming> read_all();
  asio::awaitable<bool> wait_for_room();
  bool over_full() const;
  void reader_ended(const Incoming& last);

  // worker
  asio::awaitable<void> work(std::shared_ptr<Session> self);
  asio::awaitable<void> answer_all();
  void greet(std::string frame);
  void refuse_hello(const Error& error);
  bool shows_token();
  void refuse_token();
  asio::awaitable<void> answer(std::string frame);
  // OVERLOADED, at once: nothing of the request is read.
  asio::awaitable<void> refuse(Overload overload);
  asio::awaitable<void> send(std::string reply);
  asio::awaitable<void> finish();
  asio::awaitable<void> say_goodbye();
  std::string take_frame();

  Deadline begin_call(std::chrono::milliseconds limit);
  Cause end_call();
  void cancel_call(Cause cause);

  void end(CloseReason reason);
  void end_with(CloseCode code, std::string_view error_code, std::string text);
  void peer_gone();
  void expect_close_by(Clock::time_point due);
  bool idle() const;
  const ServerOptions& options() const { return registry_->core().options; }
  LaneCounters& counters() { return registry_->counters(); }

  std::shared_ptr<ConnectionRegistry> registry_;
  std::uint64_t id_;
  Token token_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Channel> channel_;
  std::unique_ptr<SessionHandler> handler_;
  asio::cancellation_signal cancel_;

  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  Event work_;  // for the worker: a frame came, or the phase changed
  Event room_;  // for the reader: the queue got shorter
  Event worker_gone_;

  Phase phase_ = Phase::serving;
  CloseReason goodbye_;
  Call call_;
  bool greeted_ = false;
  bool gone_ = false;     // the peer; nothing is written any more
  bool hurried_ = false;  // abort(): nobody is waited for
  bool worker_done_ = false;
  Clock::time_point last_activity_ = Clock::now();
  Clock::time_point hello_due_ = Clock::time_point::max();
  Clock::time_point write_due_ = Clock::time_point::max();
  Clock::time_point close_due_ = Clock::time_point::max();
};

}  // namespace gvm::serve
