// The C++ client against the real modules.
#include "e2e/module.h"

#include <genvm_client.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include "e2e/genvm.h"
#include "support/http_server.h"
#include "support/paths.h"

namespace gvm::clients {
namespace {

using namespace std::chrono_literals;
using test::HttpServer;

std::vector<genvm::Hello> hellos() {
  const genvm::Value::Map host{{"tx_id", genvm::Value::string("0x1")},
                               {"node_address", genvm::Value::string("0x2")}};
  return {genvm::Hello::a("cookie-1", host), genvm::Hello::b(7, host),
          genvm::Hello::c(7, genvm::Role::leader, host, {{"gas", "1"}}, 5)};
}

// What a model would say: JSON where JSON is asked for, and else a text. "slow" takes 3 seconds.
HttpServer::Reply model(const HttpServer::Request& request) {
  const bool json = request.body.find("json_object") != std::string::npos ||
                    request.body.find("\\\"result\\\"") != std::string::npos;
  HttpServer::Reply reply;
  reply.body = e2e::openai_answer(json ? R"({"reason":"r","result":true})" : "an answer");
  if (request.body.find("slow") != std::string::npos) reply.delay = 3s;
  return reply;
}

class Llm : public testing::Test {
 protected:
  static e2e::ModuleOptions options(const HttpServer& upstream) {
    return {.backends = e2e::backend_at(upstream.url(""))};
  }
  static std::string address(const e2e::Module& module) {
    return "tcp://127.0.0.1:" + std::to_string(module.port());
  }

  HttpServer upstream_{model};
};

TEST_F(Llm, AnswersEveryRequestOfEveryGeneration) {
  const e2e::Module module(options(upstream_));
  for (const auto& hello : hellos()) {
    genvm::Client client(address(module), hello);
    EXPECT_EQ(client.prompt("capital?").data, "an answer");
    EXPECT_EQ(*client.prompt_json("an object").data.find("result"), genvm::Value::boolean(true));
    EXPECT_TRUE(client.eq_comparative("a", "a", "same").data);
    EXPECT_EQ(client.eq_non_comparative_leader("task", "criteria", "input").data, "an answer");
    EXPECT_TRUE(client.eq_non_comparative_validator("task", "criteria", "input", "output").data);
    EXPECT_EQ(client.stats().find("requests")->as_integer(), genvm::Integer(5));
    EXPECT_TRUE(client.health().serving);
    EXPECT_NE(client.metrics().find("genvm_llm_calls_total{"), std::string::npos);
  }
}

TEST_F(Llm, TellsImageErrorsApart) {
  const e2e::Module module(options(upstream_));
  std::ifstream file(test::source_dir() + "/tests/data/images/receipt.png", std::ios::binary);
  const std::string png{std::istreambuf_iterator<char>(file), {}};
  genvm::Client client(address(module), genvm::Hello::b(1));
  genvm::PromptOptions with;
  with.images = {png};
  EXPECT_EQ(client.prompt("what is it?", with).data, "an answer");
  with.images = {"no image"};
  try {
    client.prompt("x", with);
    ADD_FAILURE();
  } catch (const genvm::UserError& error) {
    EXPECT_EQ(error.code(), "INVALID_IMAGE");
  }
}

TEST_F(Llm, RefusesWrongHellos) {
  const e2e::Module module(options(upstream_));
  const genvm::Hello wrong{genvm::Generation::b, {{"genvm_id", genvm::Value::string("7")}}};
  genvm::Client client(address(module), wrong);
  EXPECT_THROW(client.prompt("x"), genvm::Error);
}

TEST_F(Llm, ALateAnswerIsNotTheNextOne) {
  const e2e::Module module(options(upstream_));
  genvm::Client client(address(module), genvm::Hello::b(1));
  genvm::PromptOptions hurried;
  hurried.timeout = 300ms;
  EXPECT_THROW(client.prompt("slow", hurried), genvm::DeadlineExceeded);
  EXPECT_EQ(client.prompt("quick").data, "an answer");
}

TEST_F(Llm, AKillIsALostConnectionAndTheNextCallComesBack) {
  std::optional<e2e::Module> module(options(upstream_));
  const auto port = module->port();
  genvm::Options patient;
  patient.backoff = {50ms, 500ms, 200};
  genvm::Client client(address(*module), genvm::Hello::b(1), patient);
  client.prompt("x");
  auto stopping = std::thread([&] {
    upstream_.wait_for_requests(2, 30s);
    module->process().signal(SIGTERM);
    module->process().wait_for_line("shutting down", 30s);
    module->process().signal(SIGTERM);  // the second one ends it at once
  });
  EXPECT_THROW(client.prompt("slow"), genvm::ConnectionLost);
  stopping.join();
  module.reset();
  auto again = options(upstream_);
  again.bind_address = "127.0.0.1:" + std::to_string(port);
  auto starting = std::thread([&] { module.emplace(again); });
  EXPECT_EQ(client.prompt("back").data, "an answer");
  starting.join();
}

TEST(ClientWeb, AnswersEveryRequestOfEveryGeneration) {
  HttpServer site([](const HttpServer::Request& request) {
    HttpServer::Reply reply;
    reply.headers = {{"content-type", "text/html"}};
    reply.body = request.method == "POST" ? request.body : "<h1>Prices</h1>";
    return reply;
  });
  const e2e::Module module(
      {.program = "genvm-web",
       .more = "always_allow_hosts: [\"127.0.0.1\"]\nbrowser: {engine: http}\n"});
  for (const auto& hello : hellos()) {
    genvm::Client client("tcp://127.0.0.1:" + std::to_string(module.port()), hello);
    genvm::WebRequest request;
    request.method = "POST";
    request.url = site.url();
    request.body = std::string("\0\xff", 2);
    EXPECT_EQ(client.request(request).body, request.body);
    EXPECT_NE(client.render_text({site.url()}).find("Prices"), std::string::npos);
    EXPECT_NE(client.render_html({site.url()}).find("<h1>"), std::string::npos);
    request.url = "http://10.0.0.1/";
    EXPECT_THROW(client.request(request), genvm::UserError);
    EXPECT_THROW(client.prompt("x"), genvm::FatalError);
  }
}

}  // namespace
}  // namespace gvm::clients
