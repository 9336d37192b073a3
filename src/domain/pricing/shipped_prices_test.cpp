// Compares config/prices.yaml with config/genvm-module-llm.yaml.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "config/prices_load.h"
#include "pricing/cost.h"
#include "pricing/test_catalog.h"
#include "support/paths.h"

namespace gvm::pricing {
namespace {

const std::string kFolder = test::source_dir() + "/config/";

config::Environment with_all_keys() {
  config::Environment env;
  env.get_env = [](const std::string& name) -> std::optional<std::string> { return "key-" + name; };
  env.exe_dir = "/opt/bin";
  env.genvm_root = "/opt";
  env.version = "1";
  return env;
}

TEST(ShippedPrices, CoverTheShippedModelsButForTheBackendThatIsSaidToBeMissing) {
  const auto prices = config::load_prices(kFolder + "prices.yaml", with_all_keys());
  ASSERT_TRUE(prices) << config::to_string(prices.error());
  const PriceCatalog catalog(prices->config);
  const auto llm = config::load_llm(kFolder + "genvm-module-llm.yaml", with_all_keys());
  ASSERT_TRUE(llm) << config::to_string(llm.error());
  std::vector<std::string> unknown;
  for (const auto& backend : llm->config.backends)
    for (const auto& model : backend.models)
      if (!catalog.find(backend.name, model.upstream_name(), on_day(2026, 6, 1)))
        unknown.push_back(backend.name);
  EXPECT_THAT(unknown, testing::ElementsAre("heurist"));
}

}  // namespace
}  // namespace gvm::pricing
