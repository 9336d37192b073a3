// Moderators: an endpoint of OpenAI's form or a model, asked about what the rules let pass.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using testing::HasSubstr;
using testing::Not;

const std::string kKey = "sk-moderation-4711";

std::string said(bool flagged) {
  return flagged
             ? R"({"id":"m","model":"x","results":[{"flagged":true,"categories":{"violence":true},)"
               R"("category_scores":{"violence":0.9}}]})"
             : R"({"id":"m","model":"x","results":[{"flagged":false,"categories":{"violence":false},)"
               R"("category_scores":{"violence":0.1}}]})";
}

std::string guards_with(const std::string& url, const std::string& more) {
  return "guards:\n  enforce: true\n  rules: {p: {kind: personal, action: mask}}\n"
         "  moderators:\n    m: {url: \"" +
         url + "\", key: " + kKey + ", model: omni, " + more + "}\n";
}

struct Moderated {
  Moderated(HttpServer::Handler answers, const std::string& more)
      : upstream([](const auto&) { return HttpServer::Reply{.body = openai_answer("fine")}; }),
        moderator(std::move(answers)),
        module({.backends = backend_at(upstream.url("")),
                .more = guards_with(moderator.url("/v1/moderations"), more),
                .log_level = "trace"}) {}
  HttpServer upstream;
  HttpServer moderator;
  Module module;
};

HttpServer::Handler flags(std::string word) {
  return [word = std::move(word)](const HttpServer::Request& request) {
    return HttpServer::Reply{.body = said(request.body.find(word) != std::string::npos)};
  };
}

TEST(Moderators, AreAskedAboutPromptsWithTheirMasks) {
  Moderated world(flags("violent"), "stages: input");
  GenVm genvm(world.module.port());
  EXPECT_EQ(genvm.ask(prompt("Write to ann@example.org")).text(), "fine");
  const auto asked = world.moderator.last_request();
  EXPECT_EQ(asked.header("authorization"), "Bearer " + kKey);
  EXPECT_THAT(asked.body, HasSubstr("[EMAIL_1_"));
  EXPECT_THAT(asked.body, HasSubstr(R"("model":"omni")"));
  EXPECT_THAT(asked.body, Not(HasSubstr("ann@")));
  const Reply refused = genvm.ask(prompt("a violent thing"));
  EXPECT_EQ(refused.outcome(), "UserError GUARD_BLOCKED");
  EXPECT_THAT(refused.shown, Not(HasSubstr("violent")));
  EXPECT_EQ(world.upstream.requests().size(), 1U);
  EXPECT_EQ(
      world.module.metric(R"(genvm_guard_moderations_total{moderator="m",opinion="flagged"})"), 1);
}

TEST(Moderators, AreAskedAboutAnswers) {
  Moderated world(flags("fine"), "stages: output");
  GenVm genvm(world.module.port());
  EXPECT_EQ(genvm.ask(prompt("hello")).outcome(), "UserError GUARD_BLOCKED");
  EXPECT_EQ(world.upstream.requests().size(), 1U);
}

TEST(Moderators, OnlyCountAsADryRun) {
  Moderated world(flags("hello"), "dry_run: true");
  GenVm genvm(world.module.port());
  EXPECT_EQ(genvm.ask(prompt("hello")).text(), "fine");
  EXPECT_EQ(
      world.module.metric(R"(genvm_guard_moderations_total{moderator="m",opinion="flagged"})"), 1);
}

struct Nonsense {
  std::string name;
  HttpServer::Reply reply;
};

std::vector<Nonsense> nonsense() {
  return {{"no JSON", {.body = "<html>busy</html>"}},
          {"no results", {.body = R"({"error":{"message":"no"}})"}},
          {"empty results", {.body = R"({"results":[]})"}},
          {"a flag that is a text", {.body = R"({"results":[{"flagged":"false"}]})"}},
          {"no flag", {.body = R"({"results":[{"categories":{}}]})"}},
          {"a list", {.body = "[false]"}},
          {"an error", {.status = 500, .body = said(false)}},
          {"a redirect", {.status = 302, .headers = {{"location", "/x"}}, .body = said(false)}},
          {"nothing", {.body = ""}},
          {"more than a megabyte", {.body = std::string(2'000'000, ' ') + said(false)}},
          {"a cut answer", {.body = said(false).substr(0, 60)}},
          {"a closed connection", {.behaviour = HttpServer::Behaviour::hang}}};
}

TEST(Moderators, BlockWhenTheyGiveNoUsableVerdict) {
  for (const auto& each : nonsense()) {
    SCOPED_TRACE(each.name);
    Moderated world([&](const auto&) { return each.reply; }, "stages: input, timeout: 2s");
    GenVm genvm(world.module.port());
    const Reply reply = genvm.ask(prompt("secret words"));
    EXPECT_EQ(reply.outcome(), "UserError GUARD_UNAVAILABLE") << reply.shown;
    EXPECT_THAT(reply.shown, Not(HasSubstr("secret words")));
    EXPECT_THAT(reply.shown, Not(HasSubstr(kKey)));
    EXPECT_TRUE(world.upstream.requests().empty());
    EXPECT_EQ(world.module.metric(R"(genvm_guard_moderations_total{moderator="m",opinion="none"})"),
              1);
  }
}

TEST(Moderators, LetPassWhenTheyAreDownAndTheConfigurationSaysSo) {
  const HttpServer::Reply hang{.behaviour = HttpServer::Behaviour::hang};
  Moderated world([&](const auto&) { return hang; },
                  "stages: input, timeout: 500ms, when_down: pass");
  GenVm genvm(world.module.port());
  EXPECT_EQ(genvm.ask(prompt("hello")).text(), "fine");
}

TEST(Moderators, CountAnAnswerThatContradictsItselfAsFlagged) {
  Moderated world(
      [](const auto&) {
        return HttpServer::Reply{
            .body = R"({"results":[{"flagged":false,"categories":{"violence":true}}]})"};
      },
      "stages: input");
  GenVm genvm(world.module.port());
  EXPECT_EQ(genvm.ask(prompt("hello")).outcome(), "UserError GUARD_BLOCKED");
}

TEST(Moderators, JudgeByTheScoresOfConfiguredCategories) {
  Moderated world(flags("violent"), "stages: input, categories: violence, score: 0.05");
  GenVm genvm(world.module.port());
  EXPECT_EQ(genvm.ask(prompt("hello")).outcome(), "UserError GUARD_BLOCKED") << "0.1 is enough";
  Moderated unknown(flags("violent"), "stages: input, categories: [weather]");
  GenVm other(unknown.module.port());
  EXPECT_EQ(other.ask(prompt("hello")).outcome(), "UserError GUARD_UNAVAILABLE");
}

// A backend that answers, and another one that judges.
struct Judged {
  Judged(HttpServer::Handler judges, const std::string& more = {})
      : upstream([](const auto&) { return HttpServer::Reply{.body = openai_answer("fine")}; }),
        judge(std::move(judges)),
        module({.backends = backend({.name = "main", .host = upstream.url(""), .priority = 9}) +
                            backend({.name = "judge", .host = judge.url("")}),
                .more = "guards:\n  enforce: true\n  moderators:\n    j: {backend: judge, model: "
                        "m, stages: input, instructions: Refuse what is violent., timeout: 20s" +
                        more + "}\n"}) {}
  HttpServer upstream;
  HttpServer judge;
  Module module;
};

HttpServer::Handler verdict(std::string text) {
  return [text = std::move(text)](const auto&) {
    return HttpServer::Reply{.body = openai_answer(text)};
  };
}

TEST(Moderators, MayBeModelsOfABackend) {
  Judged passes(verdict(R"({"result": true})"));
  GenVm genvm(passes.module.port());
  EXPECT_EQ(genvm.ask(prompt("hello there")).text(), "fine");
  EXPECT_THAT(passes.judge.last_request().body, HasSubstr("Refuse what is violent."));
  EXPECT_THAT(passes.judge.last_request().body, HasSubstr("hello there"));
  Judged refuses(verdict(R"({"result": false})"));
  GenVm other(refuses.module.port());
  EXPECT_EQ(other.ask(prompt("hello there")).outcome(), "UserError GUARD_BLOCKED");
  EXPECT_TRUE(refuses.upstream.requests().empty());
}

TEST(Moderators, ThatAreModelsBlockWithoutAVerdict) {
  for (const auto* words : {"I do not know", "[]", ""}) {
    SCOPED_TRACE(words);
    Judged world(verdict(words));
    GenVm genvm(world.module.port());
    EXPECT_EQ(genvm.ask(prompt("hello")).outcome(), "UserError GUARD_UNAVAILABLE");
    EXPECT_TRUE(world.upstream.requests().empty());
  }
}

TEST(Moderators, NeedWhatTheyJudgeBy) {
  const auto refused = [](const std::string& moderator) {
    TempFolder folder;
    const auto config = write_config(
        folder, {.backends = backend_at("http://127.0.0.1:1"),
                 .more = "guards: {enforce: true, moderators: {m: " + moderator + "}}\n"});
    const auto run = test::run_program({program("genvm-modules"), "check-config", config});
    return run.out + run.err;
  };
  EXPECT_THAT(refused("{}"), HasSubstr("needs either `url`, or `backend` and `model`"));
  EXPECT_THAT(refused("{backend: main, model: m}"), HasSubstr("needs `instructions`"));
  EXPECT_THAT(refused("{backend: nobody, model: m, instructions: x}"),
              HasSubstr("there is no backend \"nobody\""));
  EXPECT_THAT(refused("{backend: main, model: n, instructions: x}"),
              HasSubstr("has no model \"n\""));
}

}  // namespace
}  // namespace gvm::e2e
