#include "config/prices_load.h"

#include "config/load_impl.h"

namespace gvm::config {

namespace {

// The schema makes all checks.
Loaded<PriceCatalogConfig> load(Document document, const std::string& file,
                                const Environment& env) {
  return load_document<PriceCatalogConfig>(
      std::move(document), file, env, price_catalog_section(),
      UnknownKeys::refuse,  // a misspelt key would change what is charged
      [](const Node&, Context&, PriceCatalogConfig&) {});
}

}  // namespace

Loaded<PriceCatalogConfig> load_prices(const std::string& path, const Environment& env) {
  return load(read_document(path), path, env);
}

Loaded<PriceCatalogConfig> load_prices_text(std::string_view text, const std::string& file,
                                            const Environment& env) {
  return load(parse_document(text, file), file, env);
}

}  // namespace gvm::config
