#include "config/shown_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "config/test_environment.h"

namespace gvm::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string shown(const std::string& text) {
  const auto loaded =
      load_llm_text(text, "f.yaml", test_environment({{"KEY", "canary-of-environment"}}),
                    {.empty_backends = EmptyBackends::allow});
  return loaded ? loaded->config.common.shown : to_string(loaded.error());
}

TEST(ShownConfig, HasWhatIsWrittenAndTheDefaults) {
  EXPECT_THAT(
      shown("log_level: debug\nserve: {max_sessions: 7}\nbackends: {}\n"),
      AllOf(HasSubstr("log_level: debug\n"), HasSubstr("  max_sessions: 7\n"),
            HasSubstr("vm_count: 6  # default\n"), HasSubstr("  max_requests: 0  # default\n")));
}

TEST(ShownConfig, HasNoSecretNotEvenAPartOfOne) {
  const auto text = shown(R"(
backends:
  a:
    host: "https://user:canary-of-user@a.example/v1"
    provider: openai-compatible
    key: "${ENV[KEY]}"
    keys: [canary-of-keys]
    headers: {X-Token: canary-of-header}
    meta: {token: canary-of-meta}
    models: {m: {extra: {token: canary-of-extra}}}
signer_headers: {X-Signer: canary-of-signer}
traces: {endpoint: "http://c.example/v1/traces?key=canary-of-query", headers: {Authorization: canary-of-traces}}
serve: {peers: {tokens: [canary-of-the-peers-token]}}
canary-no-key: canary-of-unknown
)");
  EXPECT_THAT(text, AllOf(HasSubstr("key: (not shown)"), HasSubstr("headers: (not shown)"),
                          HasSubstr("a.example"), HasSubstr("endpoint: ")));
  EXPECT_THAT(text, Not(HasSubstr("canary-of")));
  EXPECT_THAT(text, Not(HasSubstr("X-Token")));
}

// A secret that stands where none belongs is known from the key that holds it.
TEST(ShownConfig, HidesASecretThatIsWrittenElsewhereToo) {
  EXPECT_THAT(shown("backends: {a: {host: 'https://a.example', provider: openai-compatible, "
                    "key: canary-of-key, models: [m]}}\nlog_disable: canary-of-key\n"),
              AllOf(HasSubstr("log_disable: [redacted]"), Not(HasSubstr("canary-of-key"))));
}

TEST(ShownConfig, ShortFormsAndListsDoNotConfuseIt) {
  const auto text = shown(
      "sandbox: off\nbackends: {a: {host: 'http://127.0.0.1:1', "
      "provider: ollama, models: [m, n]}}\n");
  EXPECT_THAT(text, AllOf(HasSubstr("sandbox:\n  mode: off"), HasSubstr("models: [m, n]")));
}

}  // namespace
}  // namespace gvm::config
