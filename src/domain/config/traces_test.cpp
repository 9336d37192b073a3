// `traces`: where traces are sent, and who is told of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/changes.h"
#include "config/load.h"
#include "config/test_environment.h"

namespace gvm::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kBackends =
    "backends: {main: {host: 'http://127.0.0.1:1', provider: ollama, models: [m]}}\n";

Loaded<LlmConfig> load(const std::string& text) {
  return load_llm_text(kBackends + text, "f.yaml", test_environment({{"T", "a-token-of-mine"}}));
}

std::string fault_of(const std::string& text) {
  const auto loaded = load(text);
  return loaded ? "no fault" : loaded.error().front().to_string();
}

TEST(TracesConfig, AreOffUnlessThereIsAnEndpoint) {
  const auto loaded = load("");
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_EQ(loaded->config.common.traces.endpoint, "");
}

TEST(TracesConfig, HeadersAreSecretsOfTheConfiguration) {
  const std::string text =
      "traces: {endpoint: 'http://127.0.0.1:4318/v1/traces', sample: 0.5, timeout: 2s,\n"
      "         headers: {Authorization: '${ENV[T]}'}, propagate: [main], service_name: node-1}";
  const auto loaded = load(text);
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  const auto& traces = loaded->config.common.traces;
  EXPECT_EQ(traces.sample, 0.5);
  EXPECT_EQ(traces.timeout, std::chrono::seconds(2));
  EXPECT_THAT(traces.propagate, ElementsAre("main"));
  ASSERT_EQ(traces.headers.size(), 1U);
  const auto known = [](const Secret& s) { return s.reveal() == "a-token-of-mine"; };
  EXPECT_TRUE(std::ranges::any_of(loaded->secrets, known)) << "the redactor must know it";
  const auto found = changes(kBackends, kBackends + text, ModuleKind::llm, test_environment());
  std::string told;
  for (const auto& change : found) told += change.to_string("f") + "\n";
  EXPECT_THAT(told, AllOf(HasSubstr("traces.headers"), Not(HasSubstr("Authorization")),
                          Not(HasSubstr("next start"))));
}

TEST(TracesConfig, RefusesWhatCannotWork) {
  EXPECT_THAT(fault_of("traces: {endpoint: 'http://127.0.0.1:4318'}"),
              AllOf(HasSubstr("traces.endpoint"), HasSubstr("/v1/traces")));
  EXPECT_THAT(fault_of("traces: {endpoint: 'grpc://127.0.0.1:4317/x'}"),
              HasSubstr("traces.endpoint"));
  EXPECT_THAT(fault_of("traces: {endpoint: 'http://127.0.0.1:4318/v1/traces', sample: 1.5}"),
              HasSubstr("traces.sample"));
  EXPECT_THAT(fault_of("traces: {endpoint: 'http://127.0.0.1:4318/v1/traces', sample: -1}"),
              HasSubstr("traces.sample"));
  EXPECT_THAT(fault_of("traces: {propagate: [mian]}"),
              AllOf(HasSubstr("traces.propagate"), HasSubstr("mian")));
  EXPECT_THAT(fault_of("traces: {max_queue: 0}"), HasSubstr("traces.max_queue"));
}

}  // namespace
}  // namespace gvm::config
