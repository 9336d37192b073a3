#pragma once
// Runs queries for lanes on a blocking reader, one after the other, on a thread of its own. The
// thread starts with the first query.
#include <boost/asio/awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "store/reader.h"

namespace gvm::store {

class QueryThread {
 public:
  static constexpr std::size_t kMostWaiting = 256;
  using Open = std::function<Result<std::unique_ptr<LedgerReader>>()>;

  explicit QueryThread(Open open) : open_(std::move(open)) {}
  ~QueryThread() { stop(); }

  // LEDGER_UNAVAILABLE when too many queries wait, or after stop(); else the result of the reader.
  boost::asio::awaitable<Result<std::optional<DecisionRecord>>> record(std::string id);
  boost::asio::awaitable<Result<std::vector<UsageRow>>> usage(UsageQuery query);
  boost::asio::awaitable<Result<std::vector<Balance>>> balances(std::vector<BudgetPtr> budgets);

  void stop();

 private:
  using Job = std::function<void(Result<std::unique_ptr<LedgerReader>>&)>;
  template <class T>
  boost::asio::awaitable<Result<T>> ask(std::function<Result<T>(LedgerReader&)> question);
  bool post(Job job);
  void run();

  Open open_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gvm::store
