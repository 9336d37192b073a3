// Any bytes as a price catalogue and as a usage object: a catalogue loads or its errors have
// positions; a cost is an amount or a reason, and never more than was reserved for that usage.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/prices_load.h"
#include "pricing/cost.h"
#include "text/json.h"

using namespace gvm;
using namespace gvm::pricing;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

const PriceCatalog& fixed_catalog() {
  static const PriceCatalog catalog(
      config::load_prices_text(
          "models: [{model: m, input: 1.1, output: 4.4, cache_read: 0.3, cache_write: 1.375, "
          "reasoning: 3, image: 0.001, tiers: [{above: 1000, input: 2, output: 5, cache_read: 1, "
          "cache_write: 3, reasoning: 3}]}]",
          "p", config::Environment{})
          ->config);
  return catalog;
}

void check_catalogue(std::string_view text) {
  const auto loaded = config::load_prices_text(text, "f", config::Environment{});
  if (!loaded) {
    must(!loaded.error().empty());
    for (const auto& error : loaded.error()) must(!error.message.empty());
    return;
  }
  const PriceCatalog catalog(loaded->config);
  must(catalog.size() > 0 && catalog.hash().size() == 16);
}

void check_usage(std::string_view text, config::Provider provider) {
  const auto raw = text::parse_json(text);
  if (!raw) return;
  const auto usage =
      read_usage(*raw, provider, {.prompt_tokens = 1000, .output_tokens = 100, .images = 1});
  const auto& entry = **fixed_catalog().find("", "m", {});
  const auto money = cost(usage, entry);
  must(money.has_value() || !unknown_name(money.error()).empty());
  if (!money) return;
  must(usage.known);
  const auto reserved = worst_case(entry, {.prompt_tokens = usage.prompt_tokens(),
                                           .max_tokens = usage.output_tokens(),
                                           .images = usage.images});
  must(!reserved || money->nano_usd <= *reserved);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_catalogue(text);
  for (const auto provider : {config::Provider::openai_compatible, config::Provider::anthropic,
                              config::Provider::google, config::Provider::ollama})
    check_usage(text, provider);
  return 0;
}
