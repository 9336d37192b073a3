#pragma once
// Checks the price file at intervals, on a thread of its own, and reloads it when it has changed.
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "pricing/live_catalog.h"

namespace gvm::pricing {

class CatalogWatch {
 public:
  using Reloaded = std::expected<std::vector<std::string>, std::vector<config::Diagnostic>>;

  // `live` must outlive this object. `told` gets the result of each reload(), on the watch's
  // thread. Interval zero: the file is never checked.
  CatalogWatch(LiveCatalog& live, std::chrono::milliseconds every,
               std::function<void(const Reloaded&)> told);
  // Waits for a reload under way.
  ~CatalogWatch();
  CatalogWatch(const CatalogWatch&) = delete;
  CatalogWatch& operator=(const CatalogWatch&) = delete;

 private:
  void run(const std::stop_token& stop);

  LiveCatalog& live_;
  std::chrono::milliseconds every_;
  std::function<void(const Reloaded&)> told_;
  std::mutex mutex_;  // guards the pause
  std::condition_variable_any pause_;
  std::jthread thread_;  // the last member, because the thread uses the others
};

}  // namespace gvm::pricing
