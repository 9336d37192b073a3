#pragma once
// Catalogues from YAML, for the tests of this folder.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "config/prices_load.h"
#include "pricing/price_catalog.h"

namespace gvm::pricing {

inline PriceCatalog catalog_of(std::string_view yaml) {
  const auto loaded = config::load_prices_text(yaml, "p.yaml", config::Environment{});
  if (loaded) return PriceCatalog(loaded->config);
  ADD_FAILURE() << config::to_string(loaded.error());
  return {};
}

// A catalogue of one entry for the model "m": its keys as a YAML flow map without braces.
inline PriceCatalog catalog_with(const std::string& keys) {
  return catalog_of("models: [{model: m, " + keys + "}]");
}

inline PriceCatalog::Time on_day(int year, unsigned month, unsigned day) {
  using namespace std::chrono;
  return sys_days(
      year_month_day(std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)));
}

}  // namespace gvm::pricing
