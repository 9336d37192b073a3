#pragma once
// Looks at the price file from time to time, on a thread of its own, and has a changed one read.
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

  // `live` must outlive it. `told` hears what reload() said, on the watch's thread. Zero: never.
  CatalogWatch(LiveCatalog& live, std::chrono::milliseconds every,
               std::function<void(const Reloaded&)> told);
  // Returns when a reload under way has ended.
  ~CatalogWatch();
  CatalogWatch(const CatalogWatch&) = delete;
  CatalogWatch& operator=(const CatalogWatch&) = delete;

 private:
  void run(const std::stop_token& stop);

  LiveCatalog& live_;
  std::chrono::milliseconds every_;
  std::function<void(const Reloaded&)> told_;
  std::mutex mutex_;  // of the pause
  std::condition_variable_any pause_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace gvm::pricing
