#pragma once
// The price catalogue of the running module: read at the start and again when its file changes.
// After a faulty change the last good catalogue stays. Shared by all lanes.
#include <atomic>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/metrics.h"
#include "config/environment.h"
#include "config/llm_config.h"
#include "pricing/catalog_watch.h"
#include "pricing/live_catalog.h"

namespace gvm::billing {

// False for a catalogue whose models no backend has, which is worth a warning.
bool has_price_for_any(const pricing::PriceCatalog& prices, const config::LlmConfig& config);

class PriceReload {
 public:
  // Reads the file. INVALID_CONFIG with every error of it. Warns when it has a price for none of
  // the configured models.
  static Result<std::shared_ptr<PriceReload>> open(std::shared_ptr<const config::LlmConfig> config,
                                                   const config::Environment& environment,
                                                   log::Logger logger);
  // For the configuration that follows that of `before`; the same errors. When file and prices are
  // the same the result is `before` itself.
  static Result<std::shared_ptr<PriceReload>> reopen(
      const std::shared_ptr<PriceReload>& before, std::shared_ptr<const config::LlmConfig> config,
      const config::Environment& environment, log::Logger logger);

  std::shared_ptr<const pricing::PriceCatalog> current() const { return prices_.current(); }
  // Another one has taken its place: for the sessions that began with this one it still follows its
  // file, and says nothing any more.
  void supersede() { superseded_.store(true, std::memory_order_relaxed); }
  // Ends the thread that watches the file.
  void close() { watch_.reset(); }
  void write_to(metrics::Exposition& out) const;

 private:
  PriceReload(std::shared_ptr<const config::LlmConfig> config,
              const config::Environment& environment, log::Logger logger)
      : config_(std::move(config)),
        prices_(config_->pricing.file, environment),
        logger_(std::move(logger)) {}
  void warn(const std::vector<std::string>& warnings);
  // On the watch's thread.
  void note(const pricing::CatalogWatch::Reloaded& read);

  std::shared_ptr<const config::LlmConfig> config_;
  pricing::LiveCatalog prices_;
  log::Logger logger_;
  std::atomic<std::uint64_t> taken_{0};  // since the start
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<bool> outdated_{false};  // the file has errors
  std::atomic<bool> superseded_{false};
  std::unique_ptr<pricing::CatalogWatch>
      watch_;  // the last member, because its thread uses the others
};

}  // namespace gvm::billing
