// `genvm-modules top` beside running modules, and beside none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/money.h"
#include "support/http_server.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

test::Finished top(std::vector<std::string> arguments) {
  std::vector<std::string> command{program("genvm-modules"), "top"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return test::run_program(std::move(command), {}, 60s);
}

std::string at(const Module& module) {
  return "http://127.0.0.1:" + std::to_string(module.port());
}

TEST(Top, ShowsOnceWhatAModuleDoes) {
  mock::MockUpstream upstream({.name = "a"});
  const TempFolder folder;
  Module module({.backends = backend_of(upstream, "main", 0),
                 .more = pricing_of(folder) + "budgets: {few: {requests: 4, window: day}}\n"});
  GenVm genvm(module.port());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(genvm.ask(prompt("x")).ok());
  std::string shown;
  EXPECT_TRUE(eventually(
      [&] {
        const auto seen = top({"--once", "--url", at(module)});
        EXPECT_EQ(seen.exit_code, 0) << seen.err;
        shown = seen.out;
        return shown.find("75.0 %") != shown.npos;  // once the calls are in the ledger
      },
      30s));
  EXPECT_THAT(shown, AllOf(HasSubstr("+ genvm-llm"), HasSubstr("  ok  "), HasSubstr("main/m"),
                           HasSubstr("open"), HasSubstr("few"), HasSubstr("sessions  1 of"),
                           HasSubstr("no warnings and errors"), Not(HasSubstr("\033["))));
}

TEST(Top, TellsWhatIsWrong) {
  test::HttpServer upstream([](const test::HttpServer::Request&) {
    return test::HttpServer::Reply{.status = 401,
                                   .body = R"({"error":{"message":"no \u001b[31m such key"}})"};
  });
  Module module({.backends = backend_at(upstream.url(""))});
  GenVm genvm(module.port());
  for (int i = 0; i < 8; ++i) EXPECT_FALSE(genvm.ask(prompt("x")).ok());
  const auto seen = top({"--once", "--url", at(module)});
  EXPECT_THAT(seen.out, AllOf(HasSubstr("! rests"), HasSubstr("a model failed, auth"),
                              Not(HasSubstr("\033["))));
}

TEST(Top, OfSeveralModulesIsALineOfJsonEach) {
  Module llm({.arguments = {"--allow-empty-backends"}});
  Module web({.program = "genvm-web", .more = "browser: {engine: http}\n"});
  const auto seen = top({"--json", "--url", at(llm), "--url", at(web)});
  EXPECT_EQ(seen.exit_code, 0) << seen.err;
  const auto end = seen.out.find('\n');
  const auto first = text::parse_json(seen.out.substr(0, end));
  const auto second = text::parse_json(seen.out.substr(end + 1));
  ASSERT_TRUE(first && second) << seen.out;
  EXPECT_EQ(text::string_at(*first, "/health/program"), "genvm-llm");
  EXPECT_EQ(text::string_at(*second, "/health/program"), "genvm-web");
}

TEST(Top, SaysThatNobodyAnswers) {
  const test::RefusingPort nobody;
  const auto seen = top({"--once", "--url", nobody.url("")});
  EXPECT_EQ(seen.exit_code, 4);
  EXPECT_EQ(seen.out, "");
  EXPECT_THAT(seen.err, AllOf(HasSubstr(nobody.url("/health")), HasSubstr("connect")));
}

TEST(Top, SaysThatSomethingElseAnswers) {
  test::HttpServer other(
      [](const test::HttpServer::Request&) { return test::HttpServer::Reply{.body = "<html>"}; });
  const auto seen = top({"--once", "--url", other.url("")});
  EXPECT_EQ(seen.exit_code, 4);
  EXPECT_THAT(seen.err, HasSubstr("no module of this project"));
}

TEST(Top, RefusesWhatItCannotDo) {
  EXPECT_EQ(top({"--url", "gopher://x", "--once"}).exit_code, 64);
  EXPECT_EQ(top({"--interval", "0"}).exit_code, 64);
  const auto no_terminal = top({});
  EXPECT_EQ(no_terminal.exit_code, 64);
  EXPECT_THAT(no_terminal.err, HasSubstr("--once"));
}

}  // namespace
}  // namespace gvm::e2e
