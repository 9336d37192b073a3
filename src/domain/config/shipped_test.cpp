// The files in config/ and docs/configuration.md agree with the schema.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/default_templates.h"
#include "config/load.h"
#include "config/test_environment.h"
#include "support/paths.h"

namespace gvm::config {
namespace {

const std::string kRoot = test::source_dir();
const std::string kLlmFile = kRoot + "/config/genvm-module-llm.yaml";
const std::string kWebFile = kRoot + "/config/genvm-module-web.yaml";

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Environment with_all_keys() {
  auto env = test_environment();
  env.get_env = [](const std::string& name) -> std::optional<std::string> { return "key-" + name; };
  return env;
}

TEST(ShippedLlmFile, LoadsWithEveryBackendWhenKeysAreSet) {
  const auto loaded = load_llm(kLlmFile, with_all_keys());
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_TRUE(loaded->warnings.empty());
  EXPECT_EQ(loaded->config.backends.size(), 6U);
}

TEST(ShippedLlmFile, NeedsOnlyOneKey) {
  const auto loaded = load_llm(kLlmFile, test_environment({{"OPENAIKEY", "sk-1234567"}}));
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  ASSERT_EQ(loaded->config.backends.size(), 1U);
  EXPECT_EQ(loaded->config.backends.front().name, "openai");
  EXPECT_EQ(loaded->warnings.size(), 5U);
  ASSERT_EQ(loaded->secrets.size(), 1U);
}

TEST(ShippedLlmFile, HoldsTheBuiltInTemplates) {
  const auto loaded = load_llm(kLlmFile, with_all_keys());
  ASSERT_TRUE(loaded);
  const auto shipped = loaded->config.prompt_templates;
  const auto ours = default_templates();
  const auto same = [](const PromptTemplate& a, const PromptTemplate& b) {
    EXPECT_EQ(a.system, b.system);
    EXPECT_EQ(a.user, b.user);
  };
  same(shipped.eq_comparative, ours.eq_comparative);
  same(shipped.eq_non_comparative_leader, ours.eq_non_comparative_leader);
  same(shipped.eq_non_comparative_validator, ours.eq_non_comparative_validator);
}

TEST(ShippedWebFile, LoadsWithoutWarnings) {
  const auto loaded = load_web(kWebFile, test_environment());
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_TRUE(loaded->warnings.empty());
}

// A key in a comment counts: keys whose default is the best value are explained in comments, not
// set.
void expect_every_key(ModuleKind kind, const std::string& file) {
  const auto text = read_file(file);
  for (const auto& key : all_keys(kind)) {
    const auto name = key.substr(key.rfind('.') + 1);
    EXPECT_THAT(text, testing::ContainsRegex("[^a-z_]" + name + "[^a-z_]"))
        << key << " in " << file;
  }
}

TEST(ShippedFiles, ExplainEveryKeyOfTheSchema) {
  expect_every_key(ModuleKind::llm, kLlmFile);
  expect_every_key(ModuleKind::web, kWebFile);
}

TEST(ShippedFiles, AreRecognised) {
  EXPECT_EQ(detect_kind(kLlmFile), ModuleKind::llm);
  EXPECT_EQ(detect_kind(kWebFile), ModuleKind::web);
}

class TempFile {
 public:
  TempFile(const std::string& name, const std::string& text) {
    char folder[] = "/tmp/gvm-config-XXXXXX";
    folder_ = ::mkdtemp(folder);
    path_ = folder_ + "/" + name;
    std::ofstream(path_) << text;
  }
  ~TempFile() { std::filesystem::remove_all(folder_); }
  const std::string& path() const { return path_; }

 private:
  std::string folder_;
  std::string path_;
};

TEST(DetectKind, GoesByKeysThenByName) {
  EXPECT_EQ(detect_kind(TempFile("web.yaml", "backends: {}\n").path()), ModuleKind::llm);
  EXPECT_EQ(detect_kind(TempFile("llm.yaml", "extra_tld: []\n").path()), ModuleKind::web);
  EXPECT_EQ(detect_kind(TempFile("my-llm.yaml", "threads: 1\n").path()), ModuleKind::llm);
  EXPECT_EQ(detect_kind(TempFile("my-web.yaml", "a: [\n").path()), ModuleKind::web);
  EXPECT_FALSE(detect_kind(TempFile("x.yaml", "threads: 1\n").path()));
  EXPECT_FALSE(detect_kind("/nonexistent/x.yaml"));
}

TEST(ReferencePage, IsWhatTheSchemaSays) {
  const auto path = kRoot + "/docs/configuration.md";
  if (std::getenv("GVM_UPDATE_DOCS") != nullptr) std::ofstream(path) << reference_page();
  EXPECT_EQ(read_file(path), reference_page()) << "GVM_UPDATE_DOCS=1 config_test writes it anew";
}

TEST(EditorSchemas, AreWhatTheSchemaSays) {
  const std::pair<EditorSchemaOf, std::string> kFiles[] = {
      {EditorSchemaOf::llm, "genvm-module-llm"},
      {EditorSchemaOf::web, "genvm-module-web"},
      {EditorSchemaOf::prices, "prices"}};
  for (const auto& [of, name] : kFiles) {
    const auto path = kRoot + "/config/schema/" + name + ".schema.json";
    if (std::getenv("GVM_UPDATE_DOCS") != nullptr) std::ofstream(path) << editor_schema(of);
    EXPECT_EQ(read_file(path), editor_schema(of)) << "GVM_UPDATE_DOCS=1 config_test writes it anew";
  }
}

TEST(ReferencePage, NamesEveryKey) {
  const auto page = reference_page();
  for (const auto kind : {ModuleKind::llm, ModuleKind::web})
    for (const auto& key : all_keys(kind))
      EXPECT_THAT(page, testing::HasSubstr("| `" + key.substr(key.rfind('.') + 1) + "`")) << key;
}

}  // namespace
}  // namespace gvm::config
