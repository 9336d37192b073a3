#pragma once
// Runs the questions of lanes on a blocking reader, one after the other, on a thread that starts
// with the first.
#include <boost/asio/this_coro.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "store/one_shot.h"
#include "store/reader.h"

namespace gvm::store {

class QueryThread {
 public:
  static constexpr std::size_t kMostWaiting = 256;
  using Open = std::function<Result<std::unique_ptr<LedgerReader>>()>;

  explicit QueryThread(Open open) : open_(std::move(open)) {}
  ~QueryThread() { stop(); }

  // LEDGER_UNAVAILABLE when too many wait, or it was stopped.
  template <class T>
  boost::asio::awaitable<Result<T>> ask(std::function<Result<T>(LedgerReader&)> question) {
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

  void stop();

 private:
  using Job = std::function<void(Result<std::unique_ptr<LedgerReader>>&)>;
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
