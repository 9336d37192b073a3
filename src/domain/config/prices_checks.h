#pragma once
// Checks on prices.yaml that concern several keys together. Included by prices_schema.cpp only.
#include <optional>
#include <string>
#include <string_view>

#include "config/prices_config.h"
#include "config/schema.h"

namespace gvm::config {

// "2026-01-31", a day of the calendar.
std::optional<std::chrono::sys_days> parse_day(std::string_view text);

void check_price_entry(const Node& node, const std::string& path, Context& context,
                       PriceEntry& entry);
void check_price_catalog(const Node& node, const std::string& path, Context& context,
                         PriceCatalogConfig& catalog);

}  // namespace gvm::config
