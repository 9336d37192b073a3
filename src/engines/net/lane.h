#pragma once
// A lane: one thread with one io_context(1), an HTTP client and a share of the sessions. A session
// stays on one lane from its start to its end, so session code needs no locks, strands or atomics.
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace gvm::net {

namespace asio = boost::asio;

class HttpClient;
struct HttpClientOptions;

class Lane {
 public:
  Lane(std::size_t index, const HttpClientOptions& http);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  std::size_t index() const { return index_; }
  asio::io_context& context() { return context_; }
  asio::io_context::executor_type executor() { return context_.get_executor(); }
  // Only on this lane's thread.
  HttpClient& http() { return *http_; }

 private:
  friend class Lanes;
  std::size_t index_;
  asio::io_context context_{1};
  std::unique_ptr<HttpClient> http_;
};

// All lanes of a process and their threads.
class Lanes {
 public:
  Lanes(std::size_t count, const HttpClientOptions& http);
  // Stops and joins.
  ~Lanes();

  // Starts one thread per lane. Call once.
  void start();
  // Lets every lane's run() return once its work is done or `stop()` is called; then joins the
  // threads.
  void stop();
  void join();

  std::size_t size() const { return lanes_.size(); }
  Lane& at(std::size_t index) { return *lanes_[index]; }
  // Round robin, for new sessions. Thread safe.
  Lane& next();
  // True from stop() on. May outlive the lanes.
  std::shared_ptr<const std::atomic<bool>> stopped() const { return stopped_; }

 private:
  struct Work;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<std::unique_ptr<Work>> work_;
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> next_{0};
  std::shared_ptr<std::atomic<bool>> stopped_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace gvm::net
