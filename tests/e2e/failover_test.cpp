// The shipped script goes from one backend to the next, in the documented order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <regex>
#include <tuple>

#include "base/json.h"
#include "calldata/decode.h"
#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using Behaviour = HttpServer::Behaviour;

HttpServer good(std::string answer) {
  return HttpServer([body = openai_answer(answer)](const HttpServer::Request&) {
    return HttpServer::Reply{.body = body};
  });
}

struct Broken {
  std::string name;
  HttpServer::Reply reply;
};

std::vector<Broken> broken_upstreams() {
  return {
      {"status 500", {.status = 500, .body = R"({"error":{"message":"boom"}})"}},
      {"status 429", {.status = 429, .body = "slow down"}},
      {"status 401", {.status = 401, .body = "{}"}},
      {"garbage", {.body = "\x16\x03\x01 this is no HTTP", .behaviour = Behaviour::garbage}},
      {"no JSON", {.body = "<html>sorry</html>"}},
      {"another JSON", {.body = R"({"unexpected": []})"}},
      {"hang", {.behaviour = Behaviour::hang}},
      {"cut", {.behaviour = Behaviour::cut}},
      {"reset", {.behaviour = Behaviour::reset}},
      {"cut in its body", {.body = openai_answer("cut"), .behaviour = Behaviour::cut_in_body}},
  };
}

TEST(Failover, EveryKindOfBrokenUpstreamIsFollowedByTheNext) {
  for (const auto& [name, reply] : broken_upstreams()) {
    HttpServer bad([reply = reply](const HttpServer::Request&) { return reply; });
    HttpServer next = good("from the next");
    Module module(
        {.backends =
             backend({.name = "a", .host = bad.url(""), .priority = 2, .more = "timeout: 400ms"}) +
             backend({.name = "b", .host = next.url(""), .priority = 1})});
    GenVm genvm(module.port());
    EXPECT_EQ(genvm.ask(prompt("x")).text(), "from the next") << name;
    EXPECT_GE(bad.request_count(), 1u) << name;
  }
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Two lines a prompt would fill a disk in an outage, or write on a full one.
TEST(Failover, AnOutageDoesNotFillTheLog) {
  HttpServer bad([](const HttpServer::Request&) { return HttpServer::Reply{.status = 500}; });
  Module module({.backends = backend({.name = "a", .host = bad.url("")}),
                 .more = "routing: {attempts: 1, breaker: {failures: 0, minimum: 1000}}\n"});
  GenVm genvm(module.port());
  constexpr std::size_t kPrompts = 60;
  for (std::size_t i = 0; i < kPrompts; ++i) EXPECT_FALSE(genvm.ask(prompt("x")).ok());
  const auto log = module.process().out();
  EXPECT_GE(count_of(log, "a model failed"), 1U) << log;
  EXPECT_LE(count_of(log, "a model failed"), kPrompts / 2);
  EXPECT_GE(count_of(log, "request failed"), 1U);
  EXPECT_LE(count_of(log, "request failed"), kPrompts / 2);
}

TEST(Failover, ARefusingPortAndAnUnacceptingOneAreFollowedByTheNext) {
  const test::RefusingPort refusing;
  const test::UnacceptingPort hanging;
  HttpServer next = good("at last");
  Module module({.backends = backend({.name = "a", .host = refusing.url(""), .priority = 3}) +
                             backend({.name = "b",
                                      .host = hanging.url(""),
                                      .priority = 2,
                                      .more = "timeouts: {connect: 300ms}"}) +
                             backend({.name = "c", .host = next.url(""), .priority = 1})});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "at last");
}

TEST(Failover, TheOrderIsPriorityThenThatOfTheFile) {
  std::mutex mutex;
  std::vector<std::string> asked;
  HttpServer upstream([&](const HttpServer::Request& request) {
    const auto at = request.body.find("\"model\":\"") + 9;
    const std::lock_guard lock(mutex);
    asked.push_back(request.body.substr(at, request.body.find('"', at) - at));
    return HttpServer::Reply{.status = 503};
  });
  const auto spec = [&](std::string name, std::string models, int priority) {
    return backend(
        {.name = name, .host = upstream.url(""), .models = models, .priority = priority});
  };
  Module module({.backends = spec("z", "{z2: {}, z1: {}}", 5) + spec("b", "{b1: {}}", 1) +
                             spec("a", "{a1: {}, top: {meta: {priority: 9}}}", 1)});
  GenVm genvm(module.port());
  const Reply reply = genvm.ask(prompt("x"));
  EXPECT_EQ(reply.outcome(), "FatalError NO_PROVIDER_FOR_PROMPT") << reply.shown;
  asked.resize(5);  // after these, backends that may work again get a second call
  EXPECT_EQ(asked, (std::vector<std::string>{"top", "z2", "z1", "b1", "a1"}));
}

TEST(Failover, WhenNobodyAnswersTheErrorListsTheAttempts) {
  HttpServer failing(
      [](const HttpServer::Request&) { return HttpServer::Reply{.status = 503, .body = "busy"}; });
  const test::RefusingPort refusing;
  Module module({.backends = backend({.name = "a", .host = failing.url(""), .priority = 2}) +
                             backend({.name = "b", .host = refusing.url(""), .priority = 1})});
  GenVm genvm(module.port());
  const Reply reply = genvm.ask(prompt("the secret text of a contract"));
  EXPECT_EQ(reply.outcome(), "FatalError NO_PROVIDER_FOR_PROMPT");
  const std::string attempts = json::write(*reply.ctx.find("attempts"));
  EXPECT_THAT(attempts,
              testing::StartsWith(R"([{"error":"STATUS_NOT_OK","kind":"overloaded","model":"m",)"
                                  R"("provider":"a","status":503},{"error":"SENDING_REQUEST",)"
                                  R"("kind":"connect","model":"m","provider":"b"})"));
  EXPECT_EQ(reply.shown.find("the secret text"), std::string::npos);
  ASSERT_NE(reply.ctx.find("said"), nullptr) << reply.shown;
  EXPECT_EQ(reply.ctx.find("said")->as_string(), "busy");
  EXPECT_THAT(module.process().out(), testing::HasSubstr("a model failed"));
  EXPECT_THAT(module.process().out(), testing::Not(testing::HasSubstr("busy")));
}

// What one contract makes a model answer sends nobody else to another backend.
TEST(Failover, WhatATextBringsAboutChangesNothingForOthers) {
  const std::string half = R"({"choices":[{"message":{"content":"x"},"finish_reason":")";
  const HttpServer::Reply forged[] = {
      {.body = openai_answer("  ")},
      {.body = half + R"(tool_calls"}]})"},
      {.body = half + R"(content_filter"}]})"},
      {.body = R"({"choices":[{"message":{"content":null,"reasoning":"hm"}}]})"},
      {.body = R"({"error":{"code":"content_filter","message":"filtered"}})"},
      {.body = R"({"error":{"code":"context_length_exceeded","message":"x"}})"},
      {.status = 500, .body = R"({"error":{"code":"content_filter","message":"x"}})"},
      {.status = 413, .body = "<html>"}};
  for (const auto& reply : forged) {
    HttpServer cheap([&reply](const HttpServer::Request& request) {
      const bool attack = request.body.find("attack") != std::string::npos;
      return attack ? reply : HttpServer::Reply{.body = openai_answer("cheap")};
    });
    HttpServer dear = good("dear");
    Module module({.backends = backend({.name = "a", .host = cheap.url(""), .priority = 2}) +
                               backend({.name = "b", .host = dear.url(""), .priority = 1})});
    GenVm contract(module.port());
    for (int i = 0; i < 8; ++i) (void)contract.ask(prompt("attack"));
    EXPECT_GE(cheap.request_count(), 8u) << reply.body;
    GenVm other(module.port());
    EXPECT_EQ(other.ask(prompt("x")).text(), "cheap") << reply.body;
  }
}

// wire.md, "Replies": what GenLayer Studio looks for in the text, with the script that ships.
TEST(Failover, HostsFindTheFirstAndTheLastModelThatFailed) {
  HttpServer first([](const HttpServer::Request&) { return HttpServer::Reply{.status = 401}; });
  HttpServer last([](const HttpServer::Request&) { return HttpServer::Reply{.status = 404}; });
  for (const Value& hello : {hello_a(), hello_b()}) {
    // A module of its own: a refused key is asked last from then on.
    const Module module(
        {.backends = backend({.name = "one", .host = first.url(""), .priority = 3}) +
                     backend({.name = "two", .host = last.url(""), .priority = 1})});
    GenVm genvm(module.port(), hello);
    genvm.send(prompt("x"));
    const auto frame = genvm.ws().receive();
    const auto reply = calldata::decode(*frame);
    const std::string text(reply->find("FatalError")->as_string().value());
    const auto found = [&](const std::string& pattern) {
      std::smatch match;
      return std::regex_search(text, match, std::regex(pattern)) ? match[1].str() : text;
    };
    for (const auto& [key, provider, status] : {std::tuple{"primary_error", "one", "401.0"},
                                                std::tuple{"fallback_error", "two", "404.0"}}) {
      const std::string within = std::string("\"") + key + R"(": Map\(\{[^}]*)";
      EXPECT_EQ(found(within + R"re("provider": Str\("([^"]*)"\))re"), provider);
      EXPECT_EQ(found(within + R"re("status": Number\(([0-9.]+)\))re"), status);
      EXPECT_EQ(found(within + R"re("model": Str\("([^"]*)"\))re"), "m");
      EXPECT_EQ(found(within + R"re("error_message": Str\("(STATUS_NOT_OK): [a-z_]+"\))re"),
                "STATUS_NOT_OK");
    }
  }
}

TEST(Failover, BrokenJsonThatCannotBeRepairedIsAskedForAgainAndGoesToTheNextModel) {
  HttpServer bad = good("I would rather not say");
  HttpServer next = good(R"({"a": 1})");
  Module module({.backends = backend({.name = "a", .host = bad.url(""), .priority = 2}) +
                             backend({.name = "b", .host = next.url(""), .priority = 1})});
  GenVm genvm(module.port());
  const Reply reply = genvm.ask(json_prompt("x"));
  EXPECT_EQ(json::write(reply.data), R"({"a":1})") << reply.shown;
  EXPECT_EQ(bad.request_count(), 2u);
  EXPECT_NE(bad.last_request().body.find("cannot be used"), std::string::npos);
  EXPECT_EQ(module.metric(R"(genvm_llm_tokens_total{backend="a",model="m",kind="output"})"), 10)
      << "a paid answer that cannot be used is still charged\n"
      << module.http("/metrics");
}

TEST(Failover, OnlyModelsWithJsonSupportGetJsonPrompts) {
  HttpServer plain = good(R"({"from": "plain"})"), capable = good(R"({"from": "capable"})");
  Module module(
      {.backends =
           backend({.name = "a", .host = plain.url(""), .models = "{m: {}}", .priority = 2}) +
           backend({.name = "b", .host = capable.url(""), .priority = 1})});
  GenVm genvm(module.port());
  EXPECT_EQ(json::write(genvm.ask(json_prompt("x")).data), R"({"from":"capable"})");
  EXPECT_EQ(genvm.ask(prompt("x")).text(), R"({"from": "plain"})");
}

TEST(Failover, RetriesAreMadeAtTheSameModelFirst) {
  std::atomic<int> calls = 0;
  HttpServer flaky([&](const HttpServer::Request&) {
    if (++calls < 3) return HttpServer::Reply{.status = 503};
    return HttpServer::Reply{.body = openai_answer("third time")};
  });
  Module module({.backends = backend(
                     {.host = flaky.url(""), .more = "retry: {attempts: 3, backoff: 10ms}"})});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "third time");
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace gvm::e2e
