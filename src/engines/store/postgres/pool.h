#pragma once
// A few connections on a thread of their own, and the queries that wait for them. A query is
// repeated until it is answered or its deadline has passed, on another connection when one breaks.
// Therefore every query must be safe to repeat.
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
    // For each attempt of a query without a deadline.
    std::chrono::milliseconds answer_timeout{10'000};
    int most_rejections = 5;  // of a query that the server understands but does not accept
    std::chrono::milliseconds tick_interval{30'000};
    std::function<void()> tick = [] {};  // on the pool's thread
  };
  struct Job {
    Question question;
    // Makes the query on the pool's thread, once, before it is sent; `question` is then not used.
    // An error ends the job. Empty: `question` is sent.
    std::move_only_function<Result<Question>()> make_question = {};
    // Called exactly once, on the pool's thread; must not throw.
    std::function<void(Result<Rows>)> done;
    Deadline deadline = Deadline::never();
    bool stores = true;  // something that flush() waits for
    int rejections = 0;
  };

  Pool(Options options, LedgerHealth& health);
  ~Pool() { stop(); }

  // From any thread; never blocks.
  void post(Job job);
  // Blocks until the jobs that store something have ended; false when `longest` has passed.
  bool flush(std::chrono::milliseconds longest);
  // Waiting jobs fail.
  void stop();
  // How long the database has not responded; zero when it responds.
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
  // Queues the job again, or ends it when its time is over or the server does not accept it.
  void failed(Job job, Error error);
  void up();
  void down(const Error& error);

  Options options_;
  LedgerHealth& health_;
  asio::io_context context_{1};
  std::deque<Job> jobs_;  // used by the thread only
  std::vector<std::unique_ptr<Worker>> workers_;
  asio::steady_timer watch_{context_};
  bool stopping_ = false;                       // used by the thread only
  std::atomic<std::int64_t> down_since_ms_{0};  // by the steady clock; 0: the database responds
  mutable std::mutex mutex_;
  std::condition_variable settled_;
  std::size_t storing_ = 0;  // jobs that flush() waits for
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace gvm::store::postgres
