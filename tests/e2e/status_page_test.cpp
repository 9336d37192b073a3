// The status page of a running module, in a real browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "e2e/manager.h"
#include "e2e/money.h"
#include "e2e/web.h"
#include "support/http_server.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kChromium = "/usr/bin/chromium";

// The page's document after its program has run for some seconds of its own time.
std::string document_at(std::uint16_t port, const TempFolder& profile) {
  const auto shown =
      test::run_program({kChromium, "--headless=new", "--no-sandbox", "--disable-gpu",
                         "--disable-background-networking",
                         "--user-data-dir=" + profile.file("profile"), "--virtual-time-budget=3000",
                         "--dump-dom", "http://127.0.0.1:" + std::to_string(port) + "/"},
                        {}, 90s);
  return shown.exit_code == 0 ? shown.out : "chromium failed: " + shown.err;
}

std::string document_of(const Module& module, const TempFolder& profile) {
  return document_at(module.port(), profile);
}

// The JSON of a part of the page.
Value part_of(const Module& module, std::string_view path) {
  const auto answer = module.http(path);
  const auto body = answer.substr(answer.find("\r\n\r\n") + 4);
  auto value = text::parse_json(body);
  EXPECT_TRUE(value) << answer;
  return value ? std::move(*value).to_owned() : Value::null();
}

std::string text_at(const Value& value, std::string_view pointer) {
  return std::string(text::string_at(value, pointer).value_or(""));
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
    return HttpServer::Reply{.status = 401, .body = R"({"error":{"message":"no such key"}})"};
  });
  Module module({.backends = backend_at(upstream.url(""))});
  Value hello = hello_a();
  Value host_data = *hello.find("host_data");
  host_data.as_map()->set("tx_id", Value::string("<b id=strange>0x1</b>"));
  hello.as_map()->set("host_data", std::move(host_data));
  GenVm genvm(module.port(), hello);
  for (int i = 0; i < 8; ++i) EXPECT_FALSE(genvm.ask(prompt("x")).ok());
  const auto document = document_of(module, profile_);
  EXPECT_THAT(document,
              AllOf(HasSubstr("No model answers: main/m"), HasSubstr("genvm-modules llm-check"),
                    HasSubstr("The provider refuses the key"), HasSubstr("&lt;b id=strange&gt;0x1"),
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

TEST_F(StatusPageInABrowser, ShowsHowFullTheBudgetsAre) {
  mock::MockUpstream upstream({.name = "a"});
  Module module({.backends = backend_of(upstream, "main", 0),
                 .more = "budgets: {few: {requests: 2, window: day}, much: {requests: 100, "
                         "window: month}}\n"});
  GenVm genvm(module.port());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(genvm.ask(prompt("x")).ok());
  EXPECT_FALSE(genvm.ask(prompt("x")).ok());
  EXPECT_TRUE(eventually(
      [&] { return text_at(part_of(module, "/status/budgets"), "/budgets/0/spent") == "2"; }, 30s));
  EXPECT_TRUE(eventually(
      [&] {
        return module.metric(R"(genvm_llm_budget_used_ratio{budget="few",window="day"})") >= 0;
      },
      30s));
  const auto document = document_of(module, profile_);
  EXPECT_THAT(document,
              AllOf(HasSubstr("✕ 100.0 %"), HasSubstr("2.0 %"), HasSubstr("2 requests"),
                    HasSubstr("The budget “few” is used up"), HasSubstr("calls are refused")));
}

TEST(StatusPageParts, TellWhyAModelWasChosen) {
  mock::MockUpstream upstream({.name = "a"});
  Module module({.backends = backend_of(upstream, "main", 0)});
  Value hello = hello_a();
  Value host_data = *hello.find("host_data");
  host_data.as_map()->set("tx_id", Value::string("0xabc"));
  hello.as_map()->set("host_data", std::move(host_data));
  GenVm genvm(module.port(), hello);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(genvm.ask(prompt("x")).ok());
  const std::string path = "/status/decisions?id=";
  Value of_tx;
  EXPECT_TRUE(eventually(
      [&] {
        of_tx = part_of(module, path + "0xabc");
        return text::at(of_tx, "/decisions/1/id") != nullptr;
      },
      30s));
  EXPECT_EQ(text::at(of_tx, "/decisions/2"), nullptr);
  const auto id = text_at(of_tx, "/decisions/0/id");
  const auto of_record = part_of(module, path + id);
  EXPECT_EQ(text_at(of_record, "/decisions/0/text"), text_at(of_tx, "/decisions/0/text"));
  EXPECT_THAT(text_at(of_record, "/decisions/0/text"), HasSubstr("main/m"));
  EXPECT_EQ(text::at(part_of(module, path + "unknown"), "/decisions/0"), nullptr);
  for (const auto& bad :
       {std::string(), std::string("a%27b"), std::string("a'b"), std::string(129, 'a')})
    EXPECT_THAT(module.http(path + bad), HasSubstr("HTTP/1.1 400")) << bad;
  EXPECT_THAT(module.http("/status/decisions"), HasSubstr("HTTP/1.1 400"));
}

TEST(StatusPageParts, ShowTheConfigurationWithoutSecrets) {
  HttpServer upstream(
      [](const HttpServer::Request&) { return HttpServer::Reply{.body = openai_answer("x")}; });
  Module llm({.backends = backend({.host = upstream.url(""), .more = "key: canary-of-key"})});
  EXPECT_THAT(
      llm.http("/status/config"),
      AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr("log_level: info"), HasSubstr("key: (not shown)"),
            HasSubstr("# default"), Not(HasSubstr("canary"))));
  Module web(web_options());
  EXPECT_THAT(web.http("/status/config"),
              AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr("max_redirects: 10  # default")));
}

TEST_F(StatusPageInABrowser, OfTheManagerShowsBothModules) {
  ManagerUnderTest manager;
  EXPECT_THAT(document_at(manager.port(), profile_), HasSubstr("No module runs"));
  ASSERT_EQ(
      manager.module("start", "Llm", manager.llm_config({}), R"(,"allow_empty_backends":true)")
          .status,
      200);
  const auto document = document_at(manager.port(), profile_);
  const auto port = std::to_string(manager.module_port("llm"));
  EXPECT_THAT(document,
              AllOf(HasSubstr("Everything works"), HasSubstr("✓ runs"), HasSubstr("– stopped"),
                    HasSubstr("href=\"http://127.0.0.1:" + port + "/\"")));
}

}  // namespace
}  // namespace gvm::e2e
