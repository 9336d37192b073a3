#pragma once
// A few connections on one thread of their own, and the questions that wait for them. A question is
// repeated until it is answered or its deadline has passed, on another connection when one breaks.
// So every question must be one that may be asked twice.
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "store/ledger_health.h"
#include "store/postgres/connection.h"

namespace gvm::store::postgres {

class Pool {
 public:
  struct Options {
    Secret url;
    std::size_t connections = 4;
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds answer_timeout{10'000};  // of a question without a deadline, a time
    int most_rejections = 5;  // of a question that the server understands and does not take
    std::chrono::milliseconds tick_interval{30'000};
    std::function<void()> tick = [] {};  // on the pool's thread
  };
  struct Job {
    Question question;
    // Makes the question on the pool's thread, once, before it is asked; then `question` is not
    // used. An error ends the job. Empty: `question` is asked.
    std::move_only_function<Result<Question>()> make_question = {};
    // On the pool's thread, exactly once; must not throw.
    std::function<void(Result<Rows>)> done;
    Deadline deadline = Deadline::never();
    int rejections = 0;
  };

  Pool(Options options, LedgerHealth& health);
  ~Pool() { stop(); }

  // On any thread, never blocks.
  void post(Job job);
  // Blocks until the jobs without a deadline have ended; false when `longest` has passed before.
  bool flush(std::chrono::milliseconds longest);
  // Jobs that still wait fail.
  void stop();
  // For how long the database has not answered; zero when it does.
  std::chrono::milliseconds down_for() const;

 private:
  struct Worker {
    explicit Worker(asio::io_context& context)
        : connection(context), pause(context, asio::steady_timer::time_point::max()) {}
    Connection connection;
    asio::steady_timer pause;
    bool idle = false;
    unsigned failures = 0;  // in a row
  };

  asio::awaitable<void> work(Worker& worker);
  asio::awaitable<bool> connect(Worker& worker);
  asio::awaitable<void> wait(Worker& worker, Deadline until);
  asio::awaitable<void> watch();
  void expire();
  void end_all();
  void take(Job job);
  void finish(Job job, Result<Rows> answer);
  // Queues the job again, or ends it when its time is over or the server refuses it.
  void failed(Job job, Error error);
  void up();
  void down(const Error& error);

  Options options_;
  LedgerHealth& health_;
  asio::io_context context_{1};
  std::deque<Job> jobs_;  // of the thread
  std::vector<std::unique_ptr<Worker>> workers_;
  asio::steady_timer watch_{context_};
  bool stopping_ = false;                       // of the thread
  std::atomic<std::int64_t> down_since_ms_{0};  // of the steady clock; 0: up
  mutable std::mutex mutex_;
  std::condition_variable settled_;
  std::size_t durable_ = 0;  // jobs without a deadline
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace gvm::store::postgres
