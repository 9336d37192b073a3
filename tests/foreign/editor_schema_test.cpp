// config/schema/*.json as an editor uses them: the YAML language server is silent about every file
// that loads without a warning, and marks what cannot load.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/json.h"
#include "config/load.h"
#include "config/prices_load.h"
#include "config/test_environment.h"
#include "support/line_process.h"
#include "support/paths.h"
#include "text/json.h"

namespace gvm::config {
namespace {

constexpr std::string_view kLlm = "genvm-module-llm";
constexpr std::string_view kWeb = "genvm-module-web";
constexpr std::string_view kPrices = "prices";

std::string read_file(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class EditorSchema : public testing::Test {
 protected:
  void SetUp() override {
    const std::string source = test::source_dir();
    const std::string node = source + "/build/node/node";
    const std::string package = source + "/build/node/node_modules/yaml-language-server";
    if (!std::filesystem::exists(node) || !std::filesystem::exists(package))
      GTEST_SKIP() << package << " is not there: scripts/setup-node.sh makes it";
    editor_ = std::make_unique<test::LineProcess>(
        std::vector<std::string>{node, source + "/tests/foreign/yaml_editor.mjs",
                                 source + "/build/node", source + "/config/schema"});
  }

  // What an editor shows for the text; "" when it shows nothing.
  std::string said(std::string_view schema, const std::string& text) {
    const auto answer = editor_->ask(json::write(Value::object(
        {{"schema", Value::string(std::string(schema))}, {"text", Value::string(text)}})));
    return answer == "[]" ? "" : answer;
  }

  static bool loads_cleanly(std::string_view schema, const std::string& text) {
    const auto env = test_environment({{"THREADS", "3"}, {"KEY", "k"}});
    const LoadOptions options{.empty_backends = EmptyBackends::allow};
    const auto clean = [](const auto& loaded) { return loaded && loaded->warnings.empty(); };
    if (schema == kLlm) return clean(load_llm_text(text, "f", env, options));
    if (schema == kWeb) return clean(load_web_text(text, "f", env, options));
    return clean(load_prices_text(text, "f", env));
  }

  void expect_silence(std::string_view schema, const std::string& text) {
    EXPECT_TRUE(loads_cleanly(schema, text)) << text;
    EXPECT_EQ(said(schema, text), "") << text;
  }

  void expect_silence_if_it_loads(std::string_view schema, const std::string& text) {
    if (!loads_cleanly(schema, text)) return;
    EXPECT_EQ(said(schema, text), "") << text;
  }

  void expect_marked(std::string_view schema, const std::string& text, const std::string& words) {
    EXPECT_FALSE(loads_cleanly(schema, text)) << text;
    EXPECT_THAT(said(schema, text), testing::HasSubstr(words)) << text;
  }

 private:
  std::unique_ptr<test::LineProcess> editor_;
};

TEST_F(EditorSchema, IsSilentAboutTheFilesThatShip) {
  const std::string folder = test::source_dir() + "/config/";
  for (const auto schema : {kLlm, kWeb, kPrices})
    EXPECT_EQ(said(schema, read_file(folder + std::string(schema) + ".yaml")), "") << schema;
}

TEST_F(EditorSchema, IsSilentAboutEverySpellingThatLoads) {
  for (const std::string text : {"threads: 4",
                                 "threads:",
                                 "threads: ${ENV[THREADS]}",
                                 "log_level: WARNING",
                                 "log_level: off",
                                 "log_level: \"Info\"",
                                 "log_disable: 12",
                                 "bind_address: 127.0.0.1:0",
                                 "bind_address: unix:///run/x",
                                 "bind_address: \"fd://3\"",
                                 "bind_address: null",
                                 "bind_address: \"[::1]:80\"",
                                 "data_dir: ${exeDir}/x",
                                 "signer_url: \"\"",
                                 "signer_url: http://127.0.0.1/#{node_address}",
                                 "signer_headers: {a: 1, b: \"#{tx_id}\"}",
                                 "meta: [1, {a: 2}]",
                                 "meta: text",
                                 "http: {max_body: 16 MiB}",
                                 "http: {max_body: 1024}",
                                 "http: {max_body: 1GiB}",
                                 "script: {cpu_total: 90s}",
                                 "script: {cpu_total: 1.5m}",
                                 "script: {cpu_total: 500ms}",
                                 "script: {cpu_total: 2}",
                                 "script: {cpu_total: \"3s\"}"}) {
    expect_silence_if_it_loads(kWeb, text);
    expect_silence_if_it_loads(kLlm, text);
  }
  const std::string backend = "backends: {a: {host: http://h, provider: ollama, models: ";
  for (const std::string models :
       {"[m, n]", "{m: {}}", "{m:}", "{m: {supports_json: True, meta: 3}}",
        "{m: {extra: {a: 1}}, n: {enabled: false}}"})
    expect_silence(kLlm, backend + models + "}}");
}

TEST_F(EditorSchema, MarksWhatCannotLoadAndSaysWhatIsExpected) {
  expect_marked(kLlm, "bind_adress: 127.0.0.1:1", "bind_adress is not allowed");
  expect_marked(kLlm, "threads: many", "expected an integer from 1 to 1024 (threads)");
  expect_marked(kWeb, "threads: 5000", "maximum of 1024");
  expect_marked(kWeb, "threads: 1.5", "integer");
  expect_marked(kWeb, "log_level: loud", "warning");
  expect_marked(kLlm, "meta: 1\nscript: {cpu_total: soon}", "expected a duration");
  expect_marked(kLlm, "backends: {a: {host: 'ftp://h', provider: ollama, models: [m]}}",
                "expected an absolute http or https URL");
  expect_marked(kLlm, "backends: {a: {host: 'http://h', provider: openai, models: [m]}}",
                "openai-compatible");
  expect_marked(kLlm, "backends: {a: {host: 'http://h', provider: ollama, models: {m: {json: 1}}}}",
                "json is not allowed");
  expect_marked(kPrices, "models: [{model: m, input: -1}]", "minimum");
}

TEST_F(EditorSchema, IsSilentAboutTheTextsThatTheFuzzerStartsFrom) {
  const std::string folder = test::source_dir() + "/fuzz/corpus/config_fuzz/";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto text = read_file(entry.path().string());
    for (const auto schema : {kLlm, kWeb}) expect_silence_if_it_loads(schema, text);
  }
}

}  // namespace
}  // namespace gvm::config
