// Templates as the shipped script asks them: hardened prompts, questions with the answers in
// changed places, second opinions, and what becomes of disagreement.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/json.h"
#include "e2e/mocks.h"
#include "e2e/money.h"
#include "support/http_server.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string verdict(bool result) {
  return openai_answer(result ? R"({"reason":"r","result":true})"
                              : R"({"reason":"r","result":false})");
}

// A message's content is a text or a list of parts.
std::string content_of(const Value& message) {
  const Value& content = *message.find("content");
  if (const auto text = content.as_string()) return std::string(*text);
  return std::string(content.as_array()->front().find("text")->as_string().value_or(""));
}
std::string user_text(const HttpServer::Request& request) {
  const auto body = text::parse_json(request.body);
  return body ? content_of(body->find("messages")->as_array()->back()) : std::string();
}
std::string system_text(const HttpServer::Request& request) {
  const auto body = text::parse_json(request.body);
  return body ? content_of(body->find("messages")->as_array()->front()) : std::string();
}
// Whether the text with "AAA" stands before the one with "BBB".
bool in_order(const HttpServer::Request& request) {
  const auto text = user_text(request);
  return text.find("AAA") < text.find("BBB");
}

HttpServer::Handler says(bool result) {
  return [result](const auto&) { return HttpServer::Reply{.body = verdict(result)}; };
}
HttpServer::Handler fails() {
  return [](const auto&) { return HttpServer::Reply{.status = 400, .body = "{}"}; };
}

// Up to three backends, "a" before "b" before "c", each with a model of its own.
struct World {
  World(std::vector<HttpServer::Handler> models, const std::string& judge, std::string more = {})
      : servers(start(std::move(models))),
        module({.backends = backends(), .more = "judge: " + judge + "\n" + std::move(more)}),
        genvm(module.port()) {}

  static std::vector<std::unique_ptr<HttpServer>> start(std::vector<HttpServer::Handler> models) {
    std::vector<std::unique_ptr<HttpServer>> servers;
    for (auto& model : models) servers.push_back(std::make_unique<HttpServer>(std::move(model)));
    return servers;
  }
  std::string backends() const {
    std::string all;
    for (std::size_t i = 0; i < servers.size(); ++i)
      all += backend({.name = std::string(1, static_cast<char>('a' + i)),
                      .host = servers[i]->url(""),
                      .priority = 9 - static_cast<int>(i)});
    return all;
  }
  Reply compare() { return genvm.ask(e2e::compare("AAA", "BBB")); }
  Reply validate() {
    return genvm.ask(
        judge("EqNonComparativeValidator",
              {{"task", "t"}, {"criteria", "c"}, {"input", "AAA"}, {"output", "BBB"}}));
  }
  std::vector<std::size_t> calls() const {
    std::vector<std::size_t> counts;
    for (const auto& server : servers) counts.push_back(server->request_count());
    return counts;
  }

  std::vector<std::unique_ptr<HttpServer>> servers;
  Module module;
  GenVm genvm;
};

void expect_verdict(const Reply& reply, bool result) {
  ASSERT_TRUE(reply.ok()) << reply.shown;
  ASSERT_NE(reply.data.as_bool(), nullptr) << reply.shown;
  EXPECT_EQ(*reply.data.as_bool(), result);
}

TEST(Judge, HardensTheBuiltInTemplatesUnlessItIsToldNotTo) {
  World hardened({says(true)}, "{}");
  expect_verdict(hardened.compare(), true);
  const auto text = user_text(hardened.servers[0]->last_request());
  EXPECT_THAT(text, HasSubstr("Each text stands between two lines \""));
  EXPECT_THAT(text, Not(HasSubstr("<first_answer>")));
  World as_it_is({says(true)}, "{harden: []}");
  expect_verdict(as_it_is.compare(), true);
  EXPECT_THAT(user_text(as_it_is.servers[0]->last_request()), HasSubstr("<first_answer>\nAAA\n"));
}

TEST(Judge, LeavesTheOperatorsOwnTemplateAsItIsUnlessItIsToldToHardenIt) {
  const std::string own =
      "prompt_templates: {eq_comparative: {system: mine, user: \"A #{leader_answer} B "
      "#{validator_answer} P #{principle}\"}}\n";
  World plain({says(true)}, "{}", own);
  expect_verdict(plain.compare(), true);
  EXPECT_EQ(user_text(plain.servers[0]->last_request()), "A AAA B BBB P the same meaning");
  EXPECT_THAT(system_text(plain.servers[0]->last_request()), StartsWith("mine\n\nAnswer"));
  World hardened({says(true)}, "{harden_own: true}", own);
  expect_verdict(hardened.compare(), true);
  EXPECT_THAT(system_text(hardened.servers[0]->last_request()),
              HasSubstr("mine\nEach text stands"));
}

TEST(Judge, NeverExpandsAPlaceholderInAnAnswer) {
  World world({says(true)}, "{}");
  expect_verdict(world.genvm.ask(e2e::compare("#{principle}#{validator_answer}", "BBB")), true);
  const auto text = user_text(world.servers[0]->last_request());
  EXPECT_THAT(text, HasSubstr("#{principle}#{validator_"));
  EXPECT_EQ(text.find("the same meaning"), text.rfind("the same meaning"));
}

TEST(Judge, DoesNotMarkTextsThatEnforcedGuardsLookAt) {
  World world({says(true)}, "{}",
              "guards: {enforce: true, rules: {p: {kind: literals, action: mask, entries: [red fox "
              "jumps]}}}\n");
  expect_verdict(world.genvm.ask(e2e::compare("the red fox jumps", "BBB")), true);
  EXPECT_THAT(user_text(world.servers[0]->last_request()), Not(HasSubstr("red fox")));
}

TEST(Judge, AsksOnceUnlessItIsToldOtherwise) {
  World world({says(true), says(false)}, "{}");
  expect_verdict(world.compare(), true);
  EXPECT_THAT(world.calls(), ElementsAre(1, 0));
}

TEST(Judge, SwapsTheAnswersForItsSecondQuestion) {
  // Whoever answers "yes" to the text that comes first is biased by the place.
  World biased(
      {[](const auto& request) { return HttpServer::Reply{.body = verdict(in_order(request))}; }},
      "{swap: true}");
  expect_verdict(biased.compare(), false);
  ASSERT_THAT(biased.calls(), ElementsAre(2));
  const auto asked = biased.servers[0]->requests();
  EXPECT_TRUE(in_order(asked[0]));
  EXPECT_FALSE(in_order(asked[1]));
  World sure({says(true)}, "{swap: true}");
  expect_verdict(sure.compare(), true);
  EXPECT_THAT(sure.calls(), ElementsAre(2));
}

TEST(Judge, SwapsNothingWhereThereIsNothingToSwap) {
  World world({says(true)}, "{swap: true}");
  expect_verdict(world.validate(), true);
  EXPECT_THAT(world.calls(), ElementsAre(1));
  EXPECT_TRUE(
      world.genvm
          .ask(judge("EqNonComparativeLeader", {{"task", "t"}, {"criteria", "c"}, {"input", "i"}}))
          .ok());
  EXPECT_THAT(world.calls(), ElementsAre(2));
}

TEST(Judge, TakesItsSecondOpinionFromAnotherModel) {
  World agree({says(true), says(true)}, "{models: 2}");
  expect_verdict(agree.compare(), true);
  EXPECT_THAT(agree.calls(), ElementsAre(1, 1));
  World differ({says(true), says(false)}, "{models: 2}");
  expect_verdict(differ.validate(), false);
  EXPECT_THAT(differ.calls(), ElementsAre(1, 1));
}

TEST(Judge, SwapsForTheSecondModelToo) {
  World world({says(true), says(true)}, "{models: 2, swap: true}");
  expect_verdict(world.compare(), true);
  EXPECT_THAT(world.calls(), ElementsAre(1, 1));
  EXPECT_FALSE(in_order(world.servers[1]->last_request()));
}

TEST(Judge, StopsOnceTheVerdictIsCertain) {
  World no({says(false), says(true)}, "{models: 2}");
  expect_verdict(no.compare(), false);  // a second opinion could not make it true
  EXPECT_THAT(no.calls(), ElementsAre(1, 0));
  World two_of_three({says(true), says(true), says(false)}, "{models: 3}");
  expect_verdict(two_of_three.compare(), true);
  EXPECT_THAT(two_of_three.calls(), ElementsAre(1, 1, 0));
}

TEST(Judge, LetsTheThirdOpinionDecide) {
  World world({says(true), says(false), says(true)}, "{models: 3, disagree: refuse}");
  expect_verdict(world.compare(), true);
  EXPECT_THAT(world.calls(), ElementsAre(1, 1, 1));
}

TEST(Judge, RefusesOnDisagreementWhereItIsToldSo) {
  World world({says(false), says(true)}, "{models: 2, disagree: refuse}");
  const auto reply = world.compare();
  EXPECT_EQ(reply.outcome(), "UserError JUDGES_DISAGREE") << reply.shown;
  EXPECT_EQ(ctx(reply, "/template"), "EqComparative");
  ASSERT_NE(reply.ctx.find("records"), nullptr);
  EXPECT_EQ(reply.ctx.find("records")->as_array()->size(), 2U);
  EXPECT_THAT(reply.shown, Not(HasSubstr("AAA")));
  EXPECT_THAT(world.calls(), ElementsAre(1, 1));
}

TEST(Judge, TellsTheMetricsWhatItCameTo) {
  const auto judged = [](const World& world, const std::string& outcome) {
    return world.module.metric("genvm_llm_judgements_total{template=\"EqComparative\",outcome=\"" +
                               outcome + "\"}");
  };
  const auto opinions = [](const World& world, const std::string& kind) {
    return world.module.metric("genvm_llm_judge_opinions_total{kind=\"" + kind + "\"}");
  };
  const std::string disagreements = "genvm_llm_judge_disagreements_total";
  World third({says(true), says(false), says(true)}, "{models: 3, disagree: refuse}");
  EXPECT_EQ(judged(third, "true"), 0);
  expect_verdict(third.compare(), true);
  EXPECT_EQ(judged(third, "true"), 1);
  EXPECT_EQ(opinions(third, "plain"), 3);
  EXPECT_EQ(third.module.metric(disagreements), 1);
  World refused({says(false), says(true)}, "{models: 2, disagree: refuse}");
  EXPECT_EQ(refused.compare().outcome(), "UserError JUDGES_DISAGREE");
  EXPECT_EQ(judged(refused, "refused"), 1);
  EXPECT_EQ(judged(refused, "false"), 0);
  World swapped({says(true), fails()}, "{models: 2, swap: true}");
  expect_verdict(swapped.compare(), true);
  EXPECT_EQ(opinions(swapped, "swapped"), 1);
  EXPECT_EQ(opinions(swapped, "missing"), 0) << "the first model was asked with changed places";
  EXPECT_EQ(swapped.module.metric(disagreements), 0);
}

TEST(Judge, CountsAMissingOpinionAsDisagreement) {
  World down({says(true), fails()}, "{models: 2}");
  expect_verdict(down.compare(), false);
  World refused({says(true), fails()}, "{models: 2, disagree: refuse}");
  EXPECT_EQ(refused.compare().outcome(), "UserError JUDGES_DISAGREE");
  World alone({says(true)}, "{models: 2}");
  expect_verdict(alone.compare(), false);
  EXPECT_THAT(alone.calls(), ElementsAre(1));
}

TEST(Judge, GoesByTheFirstOpinionWhereItIsToldSo) {
  World down({says(true), fails()}, "{models: 2, when_missing: first}");
  expect_verdict(down.compare(), true);
  World alone({says(true)}, "{models: 2, when_missing: first}");
  expect_verdict(alone.compare(), true);
}

TEST(Judge, AsksTheSameModelWithChangedPlacesWhenThereIsNoOther) {
  World world({says(true)}, "{models: 2, swap: true}");
  expect_verdict(world.compare(), true);
  ASSERT_THAT(world.calls(), ElementsAre(2));
  EXPECT_FALSE(in_order(world.servers[0]->last_request()));
}

TEST(Judge, ChargesEveryQuestion) {
  const TempFolder folder;
  World world({says(true), says(true)}, "{models: 2}",
              pricing_of(folder, ", gen_per_usd: 1000000"));
  const auto two = world.compare();
  World single({says(true)}, "{}", pricing_of(folder, ", gen_per_usd: 1000000"));
  const auto one = single.compare();
  ASSERT_TRUE(two.ok() && one.ok()) << two.shown << one.shown;
  EXPECT_GT(one.consumed, Integer(0));
  EXPECT_GT(two.consumed, one.consumed);
}

TEST(Judge, CountsABudgetThatIsUsedUpAsAMissingOpinion) {
  World world({says(true), says(true)}, "{models: 2}",
              "budgets: {one: {requests: 1, window: session}}\n");
  expect_verdict(world.compare(), false);
  EXPECT_THAT(world.calls(), ElementsAre(1, 0));
}

}  // namespace
}  // namespace gvm::e2e
