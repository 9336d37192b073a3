#include "store/query_thread.h"

#include <boost/asio/this_coro.hpp>

#include "store/codes.h"
#include "store/one_shot.h"

namespace gvm::store {

template <class T>
boost::asio::awaitable<Result<T>> QueryThread::ask(
    std::function<Result<T>(LedgerReader&)> question) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto shot = std::make_shared<OneShot<T>>(executor);
  const bool queued =
      post([shot, question = std::move(question)](Result<std::unique_ptr<LedgerReader>>& reader) {
        auto answer = reader ? question(**reader) : Result<T>(fail(reader.error()));
        OneShot<T>::answer(shot, std::move(answer));
      });
  if (!queued)
    co_return fail(codes::kLedgerUnavailable, Fatality::fatal,
                   "too many questions to the ledger wait");
  auto answered = co_await OneShot<T>::wait(shot);
  co_return answered;
}

boost::asio::awaitable<Result<std::optional<DecisionRecord>>> QueryThread::record(std::string id) {
  return ask<std::optional<DecisionRecord>>(
      [id = std::move(id)](LedgerReader& reader) { return reader.record(id); });
}

boost::asio::awaitable<Result<std::vector<UsageRow>>> QueryThread::usage(UsageQuery query) {
  return ask<std::vector<UsageRow>>(
      [query = std::move(query)](LedgerReader& reader) { return reader.usage(query); });
}

boost::asio::awaitable<Result<std::vector<Balance>>> QueryThread::balances(
    std::vector<BudgetPtr> budgets) {
  return ask<std::vector<Balance>>(
      [budgets = std::move(budgets)](LedgerReader& reader) { return reader.balances(budgets); });
}

bool QueryThread::post(Job job) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || jobs_.size() >= kMostWaiting) return false;
  jobs_.push_back(std::move(job));
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
  return true;
}

void QueryThread::run() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    auto reader = open_();  // opened for each query: that is cheap beside the query, and the
                            // connection cannot be stale
    job(reader);
  }
}

void QueryThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace gvm::store
