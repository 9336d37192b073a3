// What the log of a running module says: whose line it is, what each step did, and in which form.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using testing::HasSubstr;

HttpServer::Reply good(const HttpServer::Request&) {
  return {.body = openai_answer("fine")};
}

Value hello_of(std::string_view tx) {
  Value hello = hello_a();
  Value host_data = *hello.find("host_data");
  host_data.as_map()->set("tx_id", Value::string(std::string(tx)));
  hello.as_map()->set("host_data", std::move(host_data));
  return hello;
}

Value line_with(Module& module, std::string_view part) {
  const auto line = module.process().wait_for_line(part, 30s);
  EXPECT_TRUE(line) << part;
  auto value = text::parse_json(line.value_or("{}"));
  return value ? std::move(*value).to_owned() : Value::null();
}

TEST(Logs, HaveAnEventForEachStep) {
  HttpServer upstream(good);
  Module module({.backends = backend_at(upstream.url("")), .log_level = "debug"});
  GenVm genvm(module.port(), hello_of("0xfeed"));
  ASSERT_TRUE(genvm.ask(prompt("x")).ok());
  const auto request = line_with(module, "\"request answered\"");
  const auto call = line_with(module, "\"host call\"");
  const auto answer = line_with(module, "\"message\":\"answered\"");
  const auto session = text::integer_at(request, "/session");
  EXPECT_TRUE(session);
  for (const auto* line : {&request, &call, &answer}) {
    EXPECT_EQ(text::string_at(*line, "/tx_id"), "0xfeed");
    EXPECT_EQ(text::integer_at(*line, "/session"), session);
  }
  EXPECT_EQ(text::string_at(call, "/function"), "llm.rs.exec_prompt");
  EXPECT_EQ(text::string_at(call, "/code"), "OK");
  EXPECT_TRUE(text::string_at(answer, "/record"));
}

TEST(Logs, AFailureHasItsCodeAndWhoseItIs) {
  HttpServer upstream([](const HttpServer::Request&) { return HttpServer::Reply{.status = 401}; });
  Module module({.backends = backend_at(upstream.url(""))});
  GenVm genvm(module.port(), hello_of("0xfeed"));
  ASSERT_FALSE(genvm.ask(prompt("x")).ok());
  const auto model = line_with(module, "\"a model failed\"");
  EXPECT_EQ(text::string_at(model, "/tx_id"), "0xfeed");
  EXPECT_EQ(text::string_at(model, "/kind"), "auth");
  const auto request = line_with(module, "\"request failed\"");
  EXPECT_EQ(text::string_at(request, "/tx_id"), "0xfeed");
  EXPECT_EQ(text::string_at(request, "/error/causes/0"), "NO_PROVIDER_FOR_PROMPT");
}

TEST(Logs, AreWordsForPeopleWhereThatIsWanted) {
  const TempFolder folder;
  const auto config =
      write_config(folder, {.program = "genvm-web", .more = "browser: {engine: http}\n"});
  for (const std::string form : {"pretty", "json"}) {
    test::Process process({program("genvm-web"), "--config", config, "--log-format", form});
    const auto line =
        process.wait_for_line(form == "pretty" ? "  ready  " : R"("message":"ready")", 60s);
    ASSERT_TRUE(line) << process.err();
    EXPECT_EQ(line->starts_with('{'), form == "json") << *line;
    if (form == "pretty") {
      EXPECT_THAT(*line, HasSubstr(" INFO  web  ready  address=127.0.0.1:"));
    }
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(60s), 0);
  }
  const auto refused = test::run_program({program("genvm-web"), "--log-format", "loud"});
  EXPECT_EQ(refused.exit_code, 64);
}

}  // namespace
}  // namespace gvm::e2e
