#include "billing/price_reload.h"

#include <chrono>

#include "base/error_codes.h"

namespace gvm::billing {
namespace {

Error catalogue_error(const std::vector<config::Diagnostic>& errors) {
  Error error(codes::kInvalidConfig, Fatality::fatal, "the price catalogue is not usable");
  for (const auto& each : errors) error.add_cause(each.to_string());
  return error;
}

}  // namespace

bool has_price_for_any(const pricing::PriceCatalog& prices, const config::LlmConfig& config) {
  const auto now = std::chrono::system_clock::now();
  for (const auto& backend : config.backends)
    for (const auto& model : backend.models)
      if (prices.find(backend.name, model.upstream_name(), now)) return true;
  return false;
}

Result<std::shared_ptr<PriceReload>> PriceReload::open(
    std::shared_ptr<const config::LlmConfig> config, const config::Environment& environment,
    log::Logger logger) {
  const auto& pricing = config->pricing;
  std::shared_ptr<PriceReload> made(new PriceReload(config, environment, std::move(logger)));
  if (pricing.file.empty()) return made;
  auto loaded = made->prices_.reload();
  if (!loaded) return fail(catalogue_error(loaded.error()));
  made->warn(*loaded);
  made->watch_ = std::make_unique<pricing::CatalogWatch>(
      made->prices_, pricing.reload_every,
      [reload = made.get()](const auto& read) { reload->note(read); });
  return made;
}

Result<std::shared_ptr<PriceReload>> PriceReload::reopen(
    const std::shared_ptr<PriceReload>& before, std::shared_ptr<const config::LlmConfig> config,
    const config::Environment& environment, log::Logger logger) {
  auto opened = open(config, environment, std::move(logger));
  if (!opened) return opened;
  PriceReload& next = **opened;
  const auto& was = before->config_->pricing;
  const auto& is = config->pricing;
  if (was.file == is.file && was.reload_every == is.reload_every &&
      before->current()->hash() == next.current()->hash())
    return before;
  next.taken_.store(before->taken_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  next.refused_.store(before->refused_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  return opened;
}

void PriceReload::warn(const std::vector<std::string>& warnings) {
  for (const auto& warning : warnings) logger_.warn(warning);
  if (!has_price_for_any(*current(), *config_))
    logger_.warn("the price file has a price for none of the configured models",
                 {{"file", Value::string(config_->pricing.file)}});
}

void PriceReload::note(const pricing::CatalogWatch::Reloaded& read) {
  outdated_.store(!read, std::memory_order_relaxed);
  (read ? taken_ : refused_).fetch_add(1, std::memory_order_relaxed);
  if (superseded_.load(std::memory_order_relaxed)) return;
  const Value hash = Value::string(current()->hash());
  if (!read) {
    logger_.error("the price catalogue is not usable, the old one stays",
                  {{"error", catalogue_error(read.error()).to_value()}, {"hash", hash}});
    return;
  }
  logger_.info("price catalogue loaded", {{"hash", hash}});
  warn(*read);
}

void PriceReload::write_to(metrics::Exposition& out) const {
  using metrics::Type;
  out.family("genvm_llm_prices_taken_total", Type::counter,
             "Changed price catalogues that were taken.")
      .sample(taken_.load(std::memory_order_relaxed));
  out.family("genvm_llm_prices_refused_total", Type::counter,
             "Changed price catalogues with errors.")
      .sample(refused_.load(std::memory_order_relaxed));
  out.family("genvm_llm_prices_outdated", Type::gauge,
             "1 while the price catalogue has errors and the one before it is in use.")
      .sample(outdated_.load(std::memory_order_relaxed) ? 1 : 0);
}

}  // namespace gvm::billing
