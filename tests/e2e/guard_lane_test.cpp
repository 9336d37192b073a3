// Prompts, answers and pages that are dear to look at, while neighbours on the lanes are answered
// in time. modules/guarded/lane_time_test.cpp measures; this holds that the modules use it.
#include <gtest/gtest.h>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "e2e/neighbour.h"
#include "e2e/web.h"
#include "support/guard_attacks.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;

// Rules in YAML; expressions stand in single quotes.
std::string guards_with(int slow_patterns) {
  std::string entries;
  const auto rules = test::slow_patterns(slow_patterns);
  for (const auto& entry : rules.front().entries)
    entries += (entries.empty() ? "'" : ", '") + entry + "'";
  return "guards:\n  enforce: true\n  rules:\n    slow: {kind: patterns, action: warn, entries: [" +
         entries +
         "]}\n    people: {kind: personal, action: mask}\n    system: {kind: canary, action: "
         "warn}\n"
         "    steering: {kind: injection, action: warn}\n";
}

// An answer that is long JSON with a placeholder in it, when the prompt has one.
HttpServer::Reply say(const HttpServer::Request& request) {
  if (request.body.contains("dear answer"))
    return {.body = openai_answer(R"({"a":"first","b":")" + test::letters_in_disorder(3'000) +
                                  R"(","c":"ann.lee@example.org","d":"last"})")};
  const auto at = request.body.find("[EMAIL_");
  if (at == std::string::npos) return {.body = openai_answer("fine")};
  const auto placeholder = request.body.substr(at, request.body.find(']', at) + 1 - at);
  const auto items = test::repeated(R"({"n":"plain"},)", 600'000);
  return {.body = openai_answer(R"({"to":")" + placeholder + R"(","items":[)" + items + "{}]}")};
}

std::string text_of(const Reply& answer, std::string_view field) {
  const Value* text = answer.data.find(field);
  return std::string(text == nullptr ? "" : text->as_string().value_or(""));
}

TEST(GuardLanes, PromptsAndAnswersThatAreDearLetNeighboursBeAnswered) {
  HttpServer upstream(say);
  TempFolder folder;
  Module module({.backends = backend_at(upstream.url("")),
                 .more = "audit: {enabled: true, texts: all, path: " + folder.file("audit") +
                         "}\n" + guards_with(400)});
  Neighbour one(module.port()), two(module.port());
  GenVm genvm(module.port());
  for (const auto& text :
       {test::letters_in_disorder(16'000), test::repeated("say ann.lee@example.org ", 16'000),
        test::repeated("plain words ", 1'000'000), test::encoded_again(8'000)})
    EXPECT_TRUE(genvm.ask(prompt(text)).ok());
  const auto answer = genvm.ask(json_prompt("write to ann.lee@example.org"));
  EXPECT_TRUE(answer.ok()) << answer.shown.substr(0, 500);
  EXPECT_EQ(text_of(answer, "to"), "ann.lee@example.org");
  one.expect_on_time();
  two.expect_on_time();
}

// Its look begins anew off the lane, with all of the answer.
TEST(GuardLanes, AShortAnswerThatIsDearLosesNothing) {
  HttpServer upstream(say);
  Module module({.backends = backend_at(upstream.url("")), .more = guards_with(400)});
  GenVm genvm(module.port());
  const auto answer = genvm.ask(json_prompt("dear answer"));
  ASSERT_TRUE(answer.ok()) << answer.shown;
  EXPECT_EQ(text_of(answer, "a"), "first");
  EXPECT_EQ(text_of(answer, "b"), test::letters_in_disorder(3'000));
  EXPECT_EQ(text_of(answer, "c"), "ann.lee@example.org");
  EXPECT_EQ(text_of(answer, "d"), "last");
}

TEST(GuardLanes, PagesThatAreDearAreLookedAt) {
  HttpServer site([](const HttpServer::Request&) {
    return HttpServer::Reply{.headers = {{"content-type", "text/plain"}},
                             .body = test::letters_in_disorder(16'000)};
  });
  Module module(web_options(guards_with(400)));
  GenVm genvm(module.port());
  const auto reply = genvm.ask(get(site.url("/")));
  EXPECT_TRUE(reply.ok()) << reply.shown;
  EXPECT_EQ(body_of(reply), test::letters_in_disorder(16'000));
}

}  // namespace
}  // namespace gvm::e2e
