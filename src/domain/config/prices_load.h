#pragma once
// prices.yaml to a PriceCatalogConfig, or all its errors. A caller that reloads keeps what it has
// when this fails. Never throws on bad input.
#include <string>
#include <string_view>

#include "config/load.h"
#include "config/prices_config.h"

namespace gvm::config {

Loaded<PriceCatalogConfig> load_prices(const std::string& path, const Environment& env);
// The same from text; `file` is the name in diagnostics.
Loaded<PriceCatalogConfig> load_prices_text(std::string_view text, const std::string& file,
                                            const Environment& env);

// The table that is read; its keys in words, for docs/prices.md.
struct Section;
const Section& price_catalog_section();

}  // namespace gvm::config
