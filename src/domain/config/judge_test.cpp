// `judge` of the LLM module.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "config/test_environment.h"

namespace gvm::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Loaded<LlmConfig> load(const std::string& judge) {
  LoadOptions options;
  options.empty_backends = EmptyBackends::allow;
  return load_llm_text("backends: {}\n" + judge, "f.yaml", test_environment(), options);
}

std::string fault_of(const std::string& judge) {
  const auto loaded = load(judge);
  return loaded ? "no fault" : loaded.error().front().to_string();
}

TEST(JudgeConfig, HardensEverythingAndAsksOnceByDefault) {
  const auto loaded = load("");
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  const auto& judge = loaded->config.judge;
  EXPECT_THAT(judge.harden, ElementsAre("fences", "marks", "sandwich", "unseen", "phrasings"));
  EXPECT_FALSE(judge.harden_own);
  EXPECT_FALSE(judge.swap);
  EXPECT_EQ(judge.models, 1);
  EXPECT_EQ(judge.disagree, "false");
  EXPECT_EQ(judge.when_missing, "disagree");
}

TEST(JudgeConfig, IsReadAsOperatorsWriteIt) {
  const auto loaded = load(
      "judge: {harden: fences, harden_own: true, swap: true, models: 3, disagree: refuse, "
      "when_missing: first}\n");
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  const auto& judge = loaded->config.judge;
  EXPECT_TRUE(judge.hardens("fences"));
  EXPECT_FALSE(judge.hardens("marks"));
  EXPECT_TRUE(judge.harden_own && judge.swap);
  EXPECT_EQ(judge.models, 3);
  EXPECT_EQ(judge.disagree, "refuse");
  EXPECT_EQ(judge.when_missing, "first");
  EXPECT_THAT(load("judge: {harden: []}")->config.judge.harden, IsEmpty());
  // Without quotes too.
  EXPECT_EQ(load("judge: {disagree: false}")->config.judge.disagree, "false");
}

TEST(JudgeConfig, NamesTheKeyAndTheLineThatAreWrong) {
  EXPECT_THAT(fault_of("judge:\n  swap: true\n  disagree: refuze\n"), HasSubstr("f.yaml:4:"));
  EXPECT_THAT(fault_of("judge: {disagree: refuze}"),
              HasSubstr("judge.disagree: got \"refuze\", expected one of refuse, false, nearest is "
                        "\"refuse\""));
  EXPECT_THAT(fault_of("judge: {disagree: true}"), HasSubstr("got \"true\""));
  EXPECT_THAT(fault_of("judge: {models: 0}"), HasSubstr("judge.models"));
  EXPECT_THAT(fault_of("judge: {models: 4}"), HasSubstr("judge.models"));
  EXPECT_THAT(fault_of("judge: {swap: maybe}"), HasSubstr("judge.swap"));
  EXPECT_THAT(fault_of("judge: {harden: [fences, mark]}"), HasSubstr("nearest is \"marks\""));
  EXPECT_THAT(fault_of("judge: {when_missing: last}"), HasSubstr("judge.when_missing"));
  EXPECT_THAT(fault_of("judge: {model: 2}"), HasSubstr("judge.model"));
  EXPECT_THAT(fault_of("judges: {models: 2}"), HasSubstr("judge"));
}

}  // namespace
}  // namespace gvm::config
