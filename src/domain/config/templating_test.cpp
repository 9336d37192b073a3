#include "config/templating.h"

#include <gtest/gtest.h>

#include "config/test_environment.h"

namespace gvm::config {
namespace {

std::string expanded(std::string_view text) {
  const auto env = test_environment({{"KEY", "k-1"}, {"NESTED", "${exeDir} #{x}"}});
  const auto result = expand(text, env);
  return result ? *result : "error: " + result.error();
}

TEST(Templating, FillsTheInstallationsVariables) {
  EXPECT_EQ(expanded("${genvmRoot}|${exeDir}|${genvmVersion}"), "/opt/genvm|/opt/genvm/bin|9.8.7");
}

TEST(Templating, FillsTheEnvironmentAndTakesWhatIsMissingAsEmpty) {
  EXPECT_EQ(expanded("<${ENV[KEY]}|${ENV[ABSENT]}>"), "<k-1|>");
}

TEST(Templating, LooksAtInsertedTextOnlyOnce) {
  EXPECT_EQ(expanded("${ENV[NESTED]}"), "${exeDir} #{x}");
}

TEST(Templating, WritesADollarSign) {
  EXPECT_EQ(expanded("${dollar}{exeDir}"), "${exeDir}");
}

TEST(Templating, LeavesOtherTextsAlone) {
  EXPECT_EQ(expanded("$5 {a} #{b} %s $ENV $"), "$5 {a} #{b} %s $ENV $");
  EXPECT_EQ(expanded(""), "");
}

TEST(Templating, RefusesUnknownAndUnfinishedVariables) {
  EXPECT_TRUE(expanded("${exedir}").starts_with("error: unknown variable \"exedir\""));
  EXPECT_TRUE(expanded("${ENV[KEY}").starts_with("error: unknown variable"));
  EXPECT_TRUE(expanded("a ${exeDir").starts_with("error: \"${\" without"));
  EXPECT_TRUE(expanded("$${exeDir}").starts_with("error: \"$${\" is ambiguous"));
}

TEST(Templating, NamesTheVariablesThatAreNotSet) {
  const auto env = test_environment({{"SET", "x"}, {"EMPTY", ""}});
  EXPECT_EQ(unset_variables("${ENV[SET]}${ENV[EMPTY]}${ENV[ABSENT]}${exeDir}${", env),
            (std::vector<std::string>{"EMPTY", "ABSENT"}));
}

TEST(Templating, KnowsTheRunningProcess) {
  const auto env = Environment::of_process("1.2.3");
  EXPECT_EQ(env.version, "1.2.3");
  EXPECT_TRUE(env.exe_dir.starts_with("/"));
  EXPECT_TRUE(env.exe_dir.starts_with(env.genvm_root));
  EXPECT_FALSE(env.get_env("GVM_CERTAINLY_NOT_SET").has_value());
}

}  // namespace
}  // namespace gvm::config
