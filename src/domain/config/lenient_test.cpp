// Files written for GenVM's other implementation load: config.md, "Configuration and command line".
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "config/test_environment.h"

namespace gvm::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr LoadOptions kEmpty{.empty_backends = EmptyBackends::allow};
constexpr LoadOptions kStrictEmpty{.empty_backends = EmptyBackends::allow,
                                   .strictness = Strictness::strict};

constexpr const char* kBackend = R"(
backends:
  a:
    host: https://a.example
    provider: openai-compatible
    key: k
    timeout: BACKEND
    models: {m: {timeout: MODEL}}
)";

Loaded<LlmConfig> load(const std::string& yaml, LoadOptions options = kEmpty) {
  return load_llm_text(yaml, "c.yaml", test_environment(), options);
}

std::string with_timeouts(std::string backend, std::string model) {
  std::string yaml = kBackend;
  yaml.replace(yaml.find("BACKEND"), 7, backend);
  yaml.replace(yaml.find("MODEL"), 5, model);
  return yaml;
}

TEST(Lenient, AnUnknownKeyIsAWarningWithItsPlaceAndTheNearestKey) {
  const auto loaded = load("log_level: info\nlog_level_of_all: x\nserve: {something_else: 1}\n");
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_THAT(
      loaded->warnings,
      ElementsAre("c.yaml:2:1: log_level_of_all: unknown key, ignored; not a key of the LLM module",
                  "c.yaml:3:9: serve.something_else: unknown key, ignored; not a key of serve"));
  const auto near = load("max_session_count: 1\nserve: {max_sessions_all: 1}\n");
  ASSERT_TRUE(near) << to_string(near.error());
  EXPECT_THAT(near->warnings.back(), HasSubstr("nearest is \"max_sessions\""));
}

TEST(Lenient, AKeyThatIsNearlyOneOfOursStaysAnError) {
  for (const char* yaml : {"budget: {}\n", "budgetss: {}\n", "bugdets: {}\n", "thread: 2\n",
                           "serve: {max_session: 1}\n", "Bind_Address: x\n"}) {
    const auto loaded = load(yaml);
    ASSERT_FALSE(loaded) << yaml;
    EXPECT_THAT(to_string(loaded.error()), HasSubstr("unknown key, expected")) << yaml;
  }
}

TEST(Lenient, ShortUnknownKeysAreNotTakenForTypingErrors) {
  const auto loaded = load("a: 1\nxyz: 2\n");
  EXPECT_TRUE(loaded) << to_string(loaded.error());
}

TEST(Lenient, StrictRefusesEveryUnknownKey) {
  const auto loaded = load("completely_else: 1\n", kStrictEmpty);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(to_string(loaded.error()), HasSubstr("completely_else: unknown key, expected"));
}

TEST(Lenient, TheWebModuleIsLenientToo) {
  const auto loaded = load_web_text("completely_else: 1\n", "c.yaml", test_environment());
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_EQ(loaded->warnings.size(), 1U);
}

TEST(Lenient, ATimeoutOfZeroIsNoLimit) {
  const auto loaded = load("timeout: 0\n" + with_timeouts("0", "0s"));
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_THAT(loaded->warnings, ElementsAre());
  EXPECT_EQ(loaded->config.timeout, std::chrono::hours(24));
  EXPECT_EQ(loaded->config.backends.front().models.front().timeouts.total, std::chrono::hours(24));
}

TEST(Lenient, LongTimeoutsAreCutToADayWithAWarning) {
  for (const char* text : {"90000", "25000m", "1e12", "99999999999s"}) {
    const auto loaded = load(with_timeouts("30", text));
    ASSERT_TRUE(loaded) << text << to_string(loaded.error());
    EXPECT_EQ(loaded->config.backends.front().models.front().timeouts.total, std::chrono::hours(24))
        << text;
    ASSERT_EQ(loaded->warnings.size(), 1U) << text;
    EXPECT_THAT(loaded->warnings.front(), HasSubstr("cut to 24 hours"));
  }
  EXPECT_FALSE(load(with_timeouts("-1", "1")));
}

constexpr const char* kSwitchedOff = R"(
backends:
  off: {enabled: false, host: not yet, provider: of-another-world, key: k, models: {m: {timeout: soon}}}
  on:
    host: https://a.example
    provider: openai-compatible
    key: k
    models:
      good: {}
      later: {enabled: false, timeout: soon, supports_json: perhaps}
)";

TEST(Lenient, WhatIsWrongInSwitchedOffBackendsAndModelsIsAWarning) {
  const auto loaded = load(kSwitchedOff);
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_THAT(loaded->warnings, ElementsAre(HasSubstr("c.yaml:3:31: backends.off.host: "),
                                            HasSubstr("backends.off.provider: "),
                                            HasSubstr("backends.off.models.m.timeout: "),
                                            HasSubstr("backends.on.models.later.supports_json: "),
                                            HasSubstr("backends.on.models.later.timeout: ")));
  for (const auto& warning : loaded->warnings)
    EXPECT_THAT(warning, HasSubstr("ignored, because it is switched off"));
  ASSERT_EQ(loaded->config.backends.size(), 1U);
  EXPECT_EQ(loaded->config.backends.front().models.size(), 1U);
  EXPECT_FALSE(load(kSwitchedOff, kStrictEmpty));
}

TEST(Lenient, OnlyWhatIsSwitchedOffIsForgiven) {
  // The second backend's name begins like the first one's.
  const auto loaded = load(R"(
backends:
  a: {enabled: false, host: not yet, provider: openai-compatible, key: k, models: {m: {}}}
  a.b: {host: not yet, provider: openai-compatible, key: k, models: {m: {}}}
  c: {host: https://c.example, provider: openai-compatible, key: k, models: {m: {timeout: soon}}}
  d: {enabled: falsch, host: not yet, provider: openai-compatible, key: k, models: {m: {}}}
)");
  ASSERT_FALSE(loaded);
  const auto told = to_string(loaded.error());
  for (const char* key : {"backends.a.b.host", "backends.c.models.m.timeout", "backends.d.enabled",
                          "backends.d.host"})
    EXPECT_THAT(told, HasSubstr(key));
  EXPECT_THAT(told, testing::Not(HasSubstr("backends.a.host")));
}

TEST(Lenient, LogLevelsHaveAnyCase) {
  for (const char* text : {"INFO", "Warn", "DEBUG", "Error", "trace", "Warning"}) {
    const auto loaded = load(std::string("log_level: ") + text + "\n");
    EXPECT_TRUE(loaded) << text;
  }
  EXPECT_EQ(load("log_level: DEBUG\n")->config.common.log_level, log::Level::debug);
  EXPECT_EQ(load("log_level: OFF\n")->config.common.log_disable, "*");
  EXPECT_FALSE(load("log_level: LOUD\n"));
}

TEST(Lenient, ANullBindAddressBindsNothing) {
  EXPECT_EQ(load("bind_address: null\n")->config.common.bind_address, "");
  EXPECT_EQ(load("log_level: info\n")->config.common.bind_address, "127.0.0.1:3031");
  EXPECT_EQ(load("bind_address: fd://7\n")->config.common.bind_address, "fd://7");
  EXPECT_FALSE(load("bind_address: fd://\n"));
  EXPECT_FALSE(load("bind_address: fd://x\n"));
}

TEST(Lenient, TheSignersProfileCanBeForced) {
  EXPECT_EQ(load("log_level: info\n")->config.common.signing.genlayer_profile, "session");
  EXPECT_EQ(load("signing: {genlayer_profile: c}\n")->config.common.signing.genlayer_profile, "c");
  EXPECT_FALSE(load("signing: {genlayer_profile: d}\n"));
}

}  // namespace
}  // namespace gvm::config
