#include "provider/call_request.h"

#include <gtest/gtest.h>

namespace gvm::provider {
namespace {

TEST(CallRequest, SamplingRulesOfTheModelApply) {
  config::ModelConfig model;
  model.sampling.temperature.max = 1;
  model.sampling.top_p.preset = 0.8;
  model.sampling.seed.send = false;
  model.sampling.stop.preset = {"END"};
  model.max_tokens.ceiling = 100;
  Prompt prompt;
  prompt.sampling.temperature = 1.7;
  prompt.sampling.seed = 5;
  prompt.max_tokens = 8000;
  apply_rules(prompt, model);
  EXPECT_EQ(prompt.sampling.temperature, 1.0);
  EXPECT_EQ(prompt.sampling.top_p, 0.8);
  EXPECT_EQ(prompt.sampling.seed, std::nullopt);
  EXPECT_EQ(prompt.sampling.stop, std::vector<std::string>{"END"});
  EXPECT_EQ(prompt.max_tokens, 100u);
}

TEST(CallRequest, ResponseLimitGrowsWithTheTokensAskedForUpTo32MiB) {
  Prompt prompt;
  EXPECT_EQ(response_limit(prompt), 16 * kMiB);
  prompt.max_tokens = 1000;
  EXPECT_EQ(response_limit(prompt), 16 * kMiB + 16000);
  prompt.max_tokens = UINT32_MAX;
  EXPECT_EQ(response_limit(prompt), 32 * kMiB);
}

}  // namespace
}  // namespace gvm::provider
