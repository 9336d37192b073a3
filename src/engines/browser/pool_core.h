#pragma once
// The pool's state and its queue. On the home lane, unless stated otherwise. Internal.
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <optional>

#include "browser/backoff.h"
#include "browser/pool.h"
#include "browser/pool_counters.h"
#include "browser/session_source.h"
#include "browser/tasks.h"

namespace gvm::browser {

class OwnSource;

// A request for a lease. The first group of members belongs to the waiting lane; the rest is
// constant.
struct LeaseRequest {
  explicit LeaseRequest(asio::any_io_executor executor) : lane(executor), wake(executor) {}
  asio::any_io_executor lane;
  asio::steady_timer wake;
  std::optional<Result<Lease>> outcome;
  bool abandoned = false;

  net::HttpClient* http = nullptr;
  std::shared_ptr<const egress::SlotPolicy> policy;
  Clock::time_point until;  // end of the time in the queue
};

class PoolCore : public std::enable_shared_from_this<PoolCore> {
 public:
  // More preparations at the same time would slow down each other and the pages.
  static constexpr std::size_t kMaxPreparing = 2;
  static constexpr std::chrono::milliseconds kTick{1000};

  PoolCore(asio::any_io_executor home, net::HttpClient& http, egress::Proxy* proxy,
           PoolOptions options, log::Logger log);

  // Call once, after construction: prepares sessions as soon as the home lane runs.
  void begin();

  // On any lane:
  asio::awaitable<Result<Lease>> lease(net::HttpClient& http,
                                       std::shared_ptr<const egress::SlotPolicy> policy,
                                       Deadline deadline);
  void release(std::uint64_t id, SessionFate fate, std::size_t pages);
  PoolCounters& counters() { return counters_; }
  const PoolOptions& options() const { return options_; }
  asio::any_io_executor home() const { return home_; }

  // On the home lane:
  asio::awaitable<Result<void>> check(Deadline deadline);
  asio::awaitable<void> stop();
  // Ends everything without waiting, for when no lane runs any more.
  void abandon();
  std::string protection() const;

 private:
  static asio::awaitable<void> prepare(std::shared_ptr<PoolCore> self, Place place);
  static asio::awaitable<void> discard(std::shared_ptr<PoolCore> self, Prepared prepared,
                                       SessionFate fate, std::size_t pages);
  void enqueue(std::shared_ptr<LeaseRequest> request);
  void forget(const std::shared_ptr<LeaseRequest>& request);
  void pump();
  void drop_unusable();
  void grant_ready();
  void refuse_late();
  void prepare_more();
  void arm();
  void on_timer();
  void grant(std::shared_ptr<LeaseRequest> request, Prepared prepared);
  void refuse_all(const Error& error);
  void take_back(std::uint64_t id, SessionFate fate, std::size_t pages);
  void show_counts();
  Error none_free() const;
  std::optional<Error> fault() const;

  asio::any_io_executor home_;
  PoolOptions options_;
  log::Logger log_;
  PoolCounters counters_;
  std::shared_ptr<SessionSource> source_;
  OwnSource* own_ = nullptr;  // equals `source_` when the browsers are ours
  std::unique_ptr<asio::steady_timer> timer_;
  Clock::time_point next_tick_ = Clock::time_point::min();
  std::deque<std::shared_ptr<LeaseRequest>> queue_;
  std::deque<Prepared> ready_;
  std::map<std::uint64_t, Prepared> leased_;
  std::uint64_t last_id_ = 0;
  std::size_t preparing_ = 0;
  Backoff backoff_;
  std::optional<Error> fault_;  // the error of the last preparation
  std::size_t checking_ = 0;
  bool stopping_ = false;
  std::atomic<bool> gone_{false};
  Tasks tasks_;
};

}  // namespace gvm::browser
