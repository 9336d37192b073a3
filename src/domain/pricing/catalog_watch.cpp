#include "pricing/catalog_watch.h"

namespace gvm::pricing {

CatalogWatch::CatalogWatch(LiveCatalog& live, std::chrono::milliseconds every,
                           std::function<void(const Reloaded&)> told)
    : live_(live), every_(every), told_(std::move(told)) {
  if (every_.count() > 0) thread_ = std::jthread([this](const std::stop_token& s) { run(s); });
}

CatalogWatch::~CatalogWatch() = default;

void CatalogWatch::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    pause_.wait_for(lock, stop, every_, [] { return false; });
    if (stop.stop_requested()) return;
    if (live_.has_settled_change()) told_(live_.reload());
  }
}

}  // namespace gvm::pricing
