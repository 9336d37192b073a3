#include "pricing/live_catalog.h"

#include <utility>

namespace gvm::pricing {

std::expected<LoadedCatalog, std::vector<config::Diagnostic>> load_catalog(
    const std::string& path, const config::Environment& env) {
  auto loaded = config::load_prices(path, env);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  return LoadedCatalog{std::make_shared<const PriceCatalog>(loaded->config),
                       std::move(loaded->warnings)};
}

LiveCatalog::LiveCatalog(std::string path, config::Environment env)
    : path_(std::move(path)), env_(std::move(env)) {
  publish(std::make_shared<const PriceCatalog>());
}

void LiveCatalog::publish(std::shared_ptr<const PriceCatalog> catalog) {
  static std::atomic<std::uint64_t> editions = 0;
  const std::lock_guard lock(mutex_);
  current_ = std::move(catalog);
  edition_.store(++editions, std::memory_order_release);
}

std::shared_ptr<const PriceCatalog> LiveCatalog::current() const {
  struct Seen {
    std::uint64_t edition = 0;  // no catalogue has edition 0
    std::shared_ptr<const PriceCatalog> catalog;
  };
  thread_local Seen seen;
  if (seen.edition == edition_.load(std::memory_order_acquire)) return seen.catalog;
  const std::lock_guard lock(mutex_);
  seen = {edition_.load(std::memory_order_relaxed), current_};
  return seen.catalog;
}

bool LiveCatalog::has_settled_change() {
  const auto before = std::exchange(seen_, stamp_of(path_));
  return seen_ != read_ && seen_ == before;
}

std::expected<std::vector<std::string>, std::vector<config::Diagnostic>> LiveCatalog::reload() {
  // Taken before reading, so that a change during the reading is noticed at the next check.
  read_ = seen_ = stamp_of(path_);
  auto loaded = load_catalog(path_, env_);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  publish(std::move(loaded->catalog));
  return std::move(loaded->warnings);
}

}  // namespace gvm::pricing
