#include "net/lane.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <string>

#include "net/http_client.h"

namespace gvm::net {

Lane::Lane(std::size_t index, const HttpClientOptions& http)
    : index_(index), http_(std::make_unique<HttpClient>(context_, http)) {}

Lane::~Lane() = default;

// Keeps the run() of a lane from returning while it has nothing to do.
struct Lanes::Work {
  asio::executor_work_guard<asio::io_context::executor_type> guard;
};

Lanes::Lanes(std::size_t count, const HttpClientOptions& http) {
  for (std::size_t i = 0; i < count; ++i) {
    lanes_.push_back(std::make_unique<Lane>(i, http));
    work_.push_back(std::make_unique<Work>(Work{asio::make_work_guard(lanes_.back()->context())}));
  }
}

Lanes::~Lanes() {
  stop();
  join();
}

void Lanes::start() {
  for (auto& lane : lanes_) {
    threads_.emplace_back([&context = lane->context()] { context.run(); });
    const std::string name = "lane-" + std::to_string(lane->index());
    pthread_setname_np(threads_.back().native_handle(), name.c_str());
  }
}

void Lanes::stop() {
  stopped_->store(true);
  for (auto& lane : lanes_) lane->context().stop();
}

void Lanes::join() {
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

Lane& Lanes::next() {
  return *lanes_[next_.fetch_add(1, std::memory_order_relaxed) % lanes_.size()];
}

}  // namespace gvm::net
