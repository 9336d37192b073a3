#include "config/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/load.h"
#include "config/test_environment.h"

namespace gvm::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kBackend =
    "backends:\n"
    "  a: {host: https://a.example, provider: openai-compatible, key: canary-1, models: {m: {}}}\n";

Environment environment() {
  return test_environment({{"KEY", "canary-env"}});
}

std::vector<std::string> between(std::string_view before, std::string_view after,
                                 ModuleKind kind = ModuleKind::llm) {
  std::vector<std::string> lines;
  for (const auto& change : changes(before, after, kind, environment()))
    lines.push_back(change.to_string("f"));
  return lines;
}

TEST(Changes, NamesWhatIsNewOtherAndGone) {
  EXPECT_THAT(
      between("vm_count: 1\nlog_level: info\n", "log_level: debug\nlog_disable: net.*\n"),
      ElementsAre("f:1:12: log_level: info -> debug", "f:2:14: log_disable: (not set) -> net.*",
                  "f: vm_count: 1 -> (not set)"));
}

TEST(Changes, LayoutCommentsAndOrderAreNone) {
  EXPECT_THAT(between("vm_count: 1\nmeta: {a: 1, b: [2]}\n",
                      "# new\nmeta:\n  b:\n  - 2\n  a: 1\nvm_count: 1\n"),
              IsEmpty());
}

TEST(Changes, AnInsertedTextIsCompared) {
  EXPECT_THAT(between("meta: \"${ENV[KEY]}\"\n", "meta: canary-env\n"), Not(IsEmpty()))
      << "with quotes it is a text whatever is in it";
  EXPECT_THAT(between("meta: \"${ENV[KEY]}\"\n", "meta: \"canary-env\"\n"), IsEmpty());
}

TEST(Changes, ABackendIsListedByItsKeysAndItsSecretsAreNot) {
  const auto lines = between("backends: {}\n", kBackend);
  const auto text = testing::PrintToString(lines);
  EXPECT_THAT(text, HasSubstr("backends.a.host: (not set) -> https://a.example"));
  EXPECT_THAT(text, HasSubstr("backends.a.key: (not set) -> (not shown)"));
  EXPECT_THAT(text, Not(HasSubstr("canary")));
}

TEST(Changes, AModelWithoutSettingsIsListedToo) {
  EXPECT_THAT(between("backends: {a: {models: {m: {}}}}\n", "backends: {a: {models: {n: {}}}}\n"),
              ElementsAre("f:1:28: backends.a.models.n: (not set) -> {}",
                          "f: backends.a.models.m: {} -> (not set)"));
}

TEST(Changes, NothingThatMayBeASecretIsShown) {
  const std::string_view hidden[] = {
      "backends: {a: {key: canary}}\n",
      "backends: {a: {keys: [canary, canary2]}}\n",
      "backends: {a: {headers: {x: canary}}}\n",
      "backends: {a: canary}\n",
      "signer_headers: {x: canary}\n",
      "signer_url: \"https://user:canary@host/x\"\n",
      "ledger: {url: \"postgresql://u:canary@h/d\"}\n",
      "api_key: canary\n",
      "meta: {nested: [\"see https://u:canary@h/ and http://canary@i\"]}\n",
      "ledger: canary\n",
  };
  for (const auto text : hidden) {
    SCOPED_TRACE(text);
    const auto added = between("vm_count: 1\n", text);
    EXPECT_THAT(added, Not(IsEmpty()));
    EXPECT_THAT(testing::PrintToString(added), Not(HasSubstr("canary")));
    EXPECT_THAT(testing::PrintToString(between(text, "vm_count: 1\n")), Not(HasSubstr("canary")));
  }
}

TEST(Changes, ALongValueIsCutBetweenCharacters) {
  std::string text = "meta: \"";
  for (int i = 0; i < 500; ++i) text += "\xc3\xa4";
  const auto lines = between("vm_count: 1\n", text + "\"\n");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_LT(lines[0].size(), 200U);
  EXPECT_THAT(lines[0], HasSubstr("\xc3\xa4..."));
}

TEST(Changes, KeysThatNeedARestartSaySo) {
  EXPECT_THAT(between("serve: {max_sessions: 1}\n", "serve: {max_sessions: 2}\nvm_count: 2\n"),
              ElementsAre("f:1:23: serve.max_sessions: 1 -> 2 (takes effect at the next start)",
                          "f:2:11: vm_count: (not set) -> 2"));
  EXPECT_THAT(between("threads: 1\n", "threads: 2\n"), ElementsAre(HasSubstr("next start")));
}

TEST(Changes, EveryRestartKeyIsAKeyOfTheSchema) {
  for (const auto kind : {ModuleKind::llm, ModuleKind::web}) {
    const auto known = all_keys(kind);
    for (const auto key : restart_keys(kind))
      EXPECT_NE(std::ranges::find(known, key), known.end()) << key;
  }
}

TEST(RestartKeys, KeepTheValuesOfTheRunningProcess) {
  LlmConfig running, next;
  next.common.bind_address = "127.0.0.1:9";
  next.common.threads = 77;
  next.common.data_dir = "/elsewhere";
  next.common.serve.max_sessions = 7;
  next.common.vm_count = 7;
  next.ledger.when_broken = "continue";
  next.operation.sandbox.mode = "off";
  keep_until_restart(next, running);
  EXPECT_EQ(next.common.bind_address, running.common.bind_address);
  EXPECT_EQ(next.common.threads, running.common.threads);
  EXPECT_EQ(next.common.data_dir, running.common.data_dir);
  EXPECT_EQ(next.common.serve.max_sessions, running.common.serve.max_sessions);
  EXPECT_EQ(next.ledger.when_broken, "refuse");
  EXPECT_EQ(next.operation.sandbox.mode, "best-effort") << "the process is confined already";
  EXPECT_EQ(next.common.vm_count, 7U) << "all others are taken";
}

}  // namespace
}  // namespace gvm::config
