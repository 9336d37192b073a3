// `genvm-modules init`: a first configuration that works, holds no key, and replaces nothing by
// accident.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Init : public testing::Test {
 protected:
  test::Finished init(std::vector<std::string> arguments, const std::string& input = "",
                      std::vector<std::string> environment = {}) const {
    arguments.insert(arguments.begin(), {program("genvm-modules"), "init", "--out", folder()});
    return test::run_program(std::move(arguments),
                             {.environment = std::move(environment), .input = input});
  }
  std::string folder() const { return folder_.file("etc"); }
  std::string path() const { return folder() + "/genvm-module-llm.yaml"; }
  std::string text() const {
    std::ifstream file(path());
    return {std::istreambuf_iterator<char>(file), {}};
  }

  HttpServer upstream_{[](const HttpServer::Request& request) {
    const bool json = request.body.find("json_object") != request.body.npos;
    return HttpServer::Reply{.body = openai_answer(json ? R"({"word":"ok"})" : "ok")};
  }};
  TempFolder folder_;
};

TEST_F(Init, WritesAFileThatAModuleStartsWith) {
  const auto made = init({"--yes", "--provider", "openai-compatible", "--host", upstream_.url(""),
                          "--model", "m", "--key-env", "THE_KEY", "--port", "39031"});
  ASSERT_EQ(made.exit_code, 0) << made.out << made.err;
  EXPECT_THAT(made.out, AllOf(HasSubstr("a valid configuration"), HasSubstr("export THE_KEY")));
  EXPECT_THAT(text(), AllOf(HasSubstr("key: ${ENV[THE_KEY]}"), HasSubstr("127.0.0.1:39031"),
                            HasSubstr("# ")));
  // On a port of the system's choice, as the one above may be taken.
  auto moved = text();
  moved.replace(moved.find("39031"), 5, "0");
  std::ofstream(path()) << moved;
  test::Process module({program("genvm-llm"), "--config", path()},
                       {.environment = {"THE_KEY=a-key"}});
  ASSERT_TRUE(module.wait_for_line("\"message\":\"ready\"", 60s)) << module.err();
  EXPECT_TRUE(std::filesystem::exists(folder() + "/data"));
}

TEST_F(Init, AsksForWhatIsNotGiven) {
  const auto made = init({}, "ollama\n\nllama3\n");
  ASSERT_EQ(made.exit_code, 0) << made.out << made.err;
  EXPECT_THAT(text(), AllOf(HasSubstr("provider: ollama"), HasSubstr("http://127.0.0.1:11434"),
                            HasSubstr("\"llama3\":"), Not(HasSubstr("ENV["))));
  const auto silent = init({"--force"}, "");
  EXPECT_EQ(silent.exit_code, 64) << "nobody names a model";
  EXPECT_THAT(silent.err, HasSubstr("--model"));
}

TEST_F(Init, TriesTheModelWhereItIsAskedTo) {
  const std::vector<std::string> given{"--yes",           "--force", "--host",
                                       upstream_.url(""), "--model", "m",
                                       "--key-env",       "THE_KEY", "--try"};
  const auto tried = init(given, "", {"THE_KEY=canary-key-1"});
  EXPECT_EQ(tried.exit_code, 0) << tried.out << tried.err;
  EXPECT_EQ(upstream_.request_count(), 2U) << "a text, and JSON as the file says";
  EXPECT_EQ(upstream_.last_request().header("authorization"), "Bearer canary-key-1");
  EXPECT_THAT(tried.out + tried.err + text(), Not(HasSubstr("canary-key-1")));
}

TEST_F(Init, ReplacesNothingUnlessTold) {
  const std::vector<std::string> given{"--yes", "--model", "m"};
  EXPECT_EQ(init(given).exit_code, 0);
  std::ofstream(path()) << "mine";
  const auto refused = init(given);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("--force"));
  EXPECT_EQ(text(), "mine");
  auto forced = given;
  forced.emplace_back("--force");
  EXPECT_EQ(init(forced).exit_code, 0);
  EXPECT_THAT(text(), HasSubstr("backends:"));
}

TEST_F(Init, AKeyInPlaceOfItsNameIsRefusedAndNotRepeated) {
  for (const std::string& key :
       {std::string("sk-canary-0123456789"), std::string("canary key"), std::string("9canary"),
        std::string("AIzacanary4x"), "canary" + std::string(43, '0')}) {
    const auto refused = init({"--yes", "--model", "m", "--key-env", key});
    EXPECT_EQ(refused.exit_code, 64);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("--key-env"), Not(HasSubstr("canary"))));
  }
  EXPECT_EQ(init({"--yes", "--model", "${ENV[HOME]}"}).exit_code, 64);
  EXPECT_EQ(init({"--yes", "--model", "a\nb: c"}).exit_code, 64);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(Init, WhatYamlWouldTakeForSomethingElseIsAText) {
  const auto made =
      init({"--yes", "--model", "no: \"x\" # {y}", "--data-dir", folder_.file("d: e")});
  EXPECT_EQ(made.exit_code, 0) << made.out << made.err;
}

TEST_F(Init, AFolderThatCannotBeMadeIsNamed) {
  (void)folder_.write("etc", "a file");
  const auto refused = init({"--yes", "--model", "m"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr(folder()));
}

}  // namespace
}  // namespace gvm::e2e
