// `genvm-modules doctor`: what it says of a machine and a configuration, and its exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "e2e/module.h"
#include "support/http_server.h"
#include "support/process.h"
#include "text/json.h"

namespace gvm::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

class MachineDoctor : public testing::Test {
 protected:
  // A configuration of the LLM module with one backend there.
  std::string llm(const std::string& host, const std::string& more = "") {
    (void)folder_.write("script.lua", "function ExecPrompt() end");
    return folder_.write(
        "genvm-module-llm.yaml",
        "lua_script_path: " + folder_.file("script.lua") + "\ndata_dir: " + folder_.file("data") +
            "\nbackends:\n  main: {host: '" + host +
            "', provider: openai-compatible, key: 'sk-canary', models: [m]}\n" + more);
  }

  static test::Finished ask(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {program("genvm-modules"), "doctor"});
    return test::run_program(arguments);
  }

  TempFolder folder_;
};

TEST_F(MachineDoctor, FindsNothingWrongWhereAllIsWell) {
  test::HttpServer server([](const auto&) { return test::HttpServer::Reply{.status = 404}; });
  const auto said = ask({"--config", llm(server.url(""))});
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("is valid"));
  EXPECT_THAT(said.out, HasSubstr("backend main: " + server.url("")));
  EXPECT_THAT(said.out, HasSubstr("data_dir"));
  EXPECT_THAT(said.out, HasSubstr("open files"));
  EXPECT_THAT(said.out, Not(HasSubstr("error")));
  EXPECT_THAT(said.out + said.err, Not(HasSubstr("sk-canary")));
}

TEST_F(MachineDoctor, SaysWhichHostDoesNotAnswerAndWhatToCheck) {
  const auto file = llm("http://user:pw-canary@127.0.0.1:1");
  const auto said = ask({"--config", file});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_THAT(said.out, HasSubstr("error    backend main"));
  EXPECT_THAT(said.out, HasSubstr("firewall"));
  EXPECT_THAT(said.out + said.err, Not(HasSubstr("pw-canary")));
  EXPECT_EQ(ask({"--config", file, "--offline"}).exit_code, 0);
}

TEST_F(MachineDoctor, ComparesTheClockWithWhatHostsSay) {
  test::HttpServer server([](const auto&) {
    return test::HttpServer::Reply{.headers = {{"Date", "Tue, 15 Nov 1994 08:12:31 GMT"}}};
  });
  const auto said = ask({"--config", llm(server.url(""))});
  EXPECT_EQ(said.exit_code, 0) << said.out;
  EXPECT_THAT(said.out, HasSubstr("warning  clock"));
  EXPECT_THAT(said.out, HasSubstr("ahead of"));
}

TEST_F(MachineDoctor, TellsEveryFaultOfAConfigurationAtOnce) {
  const auto file =
      folder_.write("genvm-module-llm.yaml", "threads: many\nlua_script_path: 4\nbackends: 3\n");
  const auto said = ask({"--offline", "--config", file});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_THAT(said.out, HasSubstr("genvm-module-llm.yaml:1"));
  EXPECT_THAT(said.out, HasSubstr("genvm-module-llm.yaml:3"));
}

TEST_F(MachineDoctor, FindsFoldersThatCannotBeWrittenAndScriptsThatAreMissing) {
  const auto file = folder_.write(
      "genvm-module-web.yaml",
      "lua_script_path: /nowhere/script.lua\ndata_dir: /proc/nowhere\nbrowser: {engine: http}\n");
  const auto said = ask({"--offline", "--config", file});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_THAT(said.out, HasSubstr("error    lua_script_path"));
  EXPECT_THAT(said.out, HasSubstr("error    data_dir"));
  EXPECT_THAT(said.out, HasSubstr("browser: none is needed"));
}

TEST_F(MachineDoctor, StartsABrowserAndSaysHowItIsProtectedOrWhatIsMissing) {
  (void)folder_.write("script.lua", "function Request() end function Render() end");
  const std::string common = "lua_script_path: " + folder_.file("script.lua") +
                             "\ndata_dir: " + folder_.file("data") + "\n";
  const std::string runtime = "/tmp/gvm-doctor-" + std::to_string(::getpid());
  const auto said =
      ask({"--config", folder_.write("genvm-module-web.yaml",
                                     common + "browser: {runtime_dir: " + runtime + "}\n")});
  EXPECT_THAT(said.out, HasSubstr(said.exit_code == 0 ? "starts and answers" : "error    browser"))
      << said.out;
  const auto without =
      ask({"--config", folder_.write("genvm-module-web.yaml",
                                     common + "browser: {chromedriver: /nowhere, runtime_dir: " +
                                         runtime + "}\n")});
  EXPECT_EQ(without.exit_code, 1);
  EXPECT_THAT(without.out, HasSubstr("chromium-driver"));
  std::filesystem::remove_all(runtime);
}

TEST_F(MachineDoctor, PrintsJsonForPrograms) {
  const auto said = ask({"--json", "--offline", "--config", llm("http://127.0.0.1:1")});
  const auto parsed = text::parse_json(said.out);
  ASSERT_TRUE(parsed) << said.out;
  EXPECT_EQ(parsed->find("errors")->as_integer()->to_i64(), 0);
  for (const auto& finding : *parsed->find("findings")->as_array())
    for (const char* key : {"level", "subject", "text", "mend"})
      EXPECT_NE(finding.find(key), nullptr) << key;
}

TEST_F(MachineDoctor, RefusesQuestionsThatExcludeEachOther) {
  EXPECT_EQ(ask({"--genvm-root", "/", "--json"}).exit_code, 64);
}

}  // namespace
}  // namespace gvm::e2e
