// The status page of a running module, in a real browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "e2e/web.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kChromium = "/usr/bin/chromium";

// The page's document after its program has run for some seconds of its own time.
std::string document_of(const Module& module, const TempFolder& profile) {
  const auto shown =
      test::run_program({kChromium, "--headless=new", "--no-sandbox", "--disable-gpu",
                         "--disable-background-networking",
                         "--user-data-dir=" + profile.file("profile"), "--virtual-time-budget=3000",
                         "--dump-dom", "http://127.0.0.1:" + std::to_string(module.port()) + "/"},
                        {}, 90s);
  return shown.exit_code == 0 ? shown.out : "chromium failed: " + shown.err;
}

class StatusPageInABrowser : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kChromium)) GTEST_SKIP() << "chromium is not installed";
  }
  TempFolder profile_;
};

TEST_F(StatusPageInABrowser, SaysThatEverythingWorks) {
  HttpServer upstream(
      [](const HttpServer::Request&) { return HttpServer::Reply{.body = openai_answer("good")}; });
  Module module({.backends = backend_at(upstream.url(""))});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "good");
  const auto document = document_of(module, profile_);
  EXPECT_THAT(document, AllOf(HasSubstr("Everything works"), HasSubstr("genvm-llm"),
                              HasSubstr("✓ open"), HasSubstr("None since the module started.")));
}

// Names and texts of others are shown as they are, and are no markup.
TEST_F(StatusPageInABrowser, SaysWhatIsWrongAndWhatToDo) {
  HttpServer upstream([](const HttpServer::Request&) {
    return HttpServer::Reply{.status = 401,
                             .body = R"({"error":{"message":"<b id=strange>no such key</b>"}})"};
  });
  Module module({.backends = backend_at(upstream.url(""))});
  GenVm genvm(module.port());
  for (int i = 0; i < 8; ++i) EXPECT_FALSE(genvm.ask(prompt("x")).ok());
  const auto document = document_of(module, profile_);
  EXPECT_THAT(document,
              AllOf(HasSubstr("No model answers: main/m"), HasSubstr("genvm-modules llm-check"),
                    HasSubstr("The provider refuses the key"), HasSubstr("no such key"),
                    Not(HasSubstr("id=\"strange\"")), Not(HasSubstr("Everything works"))));
}

TEST_F(StatusPageInABrowser, TellsOfTheWebModulesRequests) {
  Module module(web_options());
  GenVm genvm(module.port());
  for (int i = 0; i < 6; ++i) EXPECT_FALSE(genvm.ask(get("http://10.0.0.1/")).ok());
  EXPECT_THAT(document_of(module, profile_),
              AllOf(HasSubstr("genvm-web"), HasSubstr("100 % of the requests to servers failed"),
                    HasSubstr("Refusals by the policy count, too.")));
}

}  // namespace
}  // namespace gvm::e2e
