#include "pricing/live_catalog.h"

namespace gvm::pricing {

std::expected<LoadedCatalog, std::vector<config::Diagnostic>> load_catalog(
    const std::string& path, const config::Environment& env) {
  auto loaded = config::load_prices(path, env);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  return LoadedCatalog{std::make_shared<const Catalog>(loaded->config),
                       std::move(loaded->warnings)};
}

LiveCatalog::LiveCatalog(std::string path, config::Environment env)
    : path_(std::move(path)), env_(std::move(env)), current_(std::make_shared<const Catalog>()) {}

std::expected<std::vector<std::string>, std::vector<config::Diagnostic>> LiveCatalog::reload() {
  auto loaded = load_catalog(path_, env_);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  current_.store(std::move(loaded->catalog));
  return std::move(loaded->warnings);
}

}  // namespace gvm::pricing
