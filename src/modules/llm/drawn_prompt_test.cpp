// What scripts see of a draw, and what comes back from them.
#include "llm/drawn_prompt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_detail.h"
#include "base/json.h"
#include "config/load.h"
#include "llm/draw_record.h"
#include "llm/session_greybox.h"
#include "text/json.h"

namespace gvm::llm {
namespace {

using config::PromptKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kConfig = R"(
backends:
  a: {host: "http://127.0.0.1:1", provider: ollama, models: {m: {}, n: {}}}
  b: {host: "http://127.0.0.1:2", provider: ollama, models: {m: {}}}
greybox:
  seed: 42
  text:
    models: [{backend: a, weight: 3}, b]
    temperature: {min: 0.5, max: 0.9}
    top_p: {min: 0.9, max: 1}
    provider_seed: {min: 1, max: 1000}
    phrasings:
      - {sections: [Do it., "#{open} #{prompt} #{close}"], shuffle: true}
      - {weight: 0, sections: ["#{prompt}", one, two], shuffle: true}
    filters: [NFKC]
    image_filters: [{filter: {Denoise: 0.4}}]
)";

std::shared_ptr<const config::LlmConfig> loaded(std::string_view text = kConfig) {
  config::Environment environment;
  environment.get_env = [](const std::string&) { return std::optional<std::string>(); };
  auto result = config::load_llm_text(text, "g.yaml", environment);
  if (!result) throw std::runtime_error(config::to_string(result.error()));
  return std::make_shared<const config::LlmConfig>(std::move(result->config));
}

struct OneSession {
  GreyboxCounters counters;
  SessionGreybox greybox{loaded(), counters};

  Value begin(PromptKind kind = PromptKind::text) { return greybox.begin(kind); }
  // As a host function gets ctx.
  Result<std::optional<DrawnPrompt>> left(Value table) const {
    return greybox.read(Value::object({{"greybox", std::move(table)}}));
  }
};

TEST(DrawnPrompt, HoldsEverythingThatWasDrawn) {
  OneSession session;
  const Value table = session.begin();
  EXPECT_EQ(table.find("kind")->as_string(), "text");
  EXPECT_EQ(*table.find("ordinal"), Value::integer(1));
  EXPECT_EQ(table.find("models")->as_array()->size(), 3u);
  EXPECT_NE(table.find("models")->as_array()->front().find("provider"), nullptr);
  EXPECT_TRUE(table.find("temperature")->as_real());
  EXPECT_TRUE(table.find("top_p"));
  EXPECT_TRUE(table.find("seed")->as_integer());
  EXPECT_EQ(*table.find("phrasing"), Value::integer(1));
  EXPECT_EQ(table.find("sections")->as_array()->size(), 2u);
  EXPECT_THAT(std::string(*table.find("delimiters")->find("open")->as_string()),
              HasSubstr("<data-"));
  EXPECT_EQ(json::write(*table.find("filters")), R"(["NFKC"])");
  EXPECT_EQ(json::write(*table.find("image_filters")), R"([{"Denoise":0.4}])");
  EXPECT_EQ(*session.begin().find("ordinal"), Value::integer(2));
}

TEST(DrawnPrompt, AnUntouchedTableIsTheDraw) {
  OneSession session;
  Value table = session.begin();
  const auto read = session.left(std::move(table));
  ASSERT_TRUE(read) << read.error().to_string();
  ASSERT_TRUE(*read);
  EXPECT_THAT(differences(session.greybox.drawn(), **read), IsEmpty());
}

TEST(DrawnPrompt, WhatAScriptChangesIsUsedAndNothingElseChanges) {
  OneSession session;
  Value table = session.begin();
  table.as_map()->set("temperature", Value::real(0.1));
  table.as_map()->set("models", Value::list(Value::object({{"provider", Value::string("b")}})));
  table.as_map()->set("filters", Value::map());
  const auto read = session.left(std::move(table));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ((*read)->temperature, 0.1);
  EXPECT_EQ((*read)->models, std::vector<DrawnModel>({{"b", ""}}));
  EXPECT_THAT(differences(session.greybox.drawn(), **read),
              ElementsAre("models", "temperature", "filters"));
}

TEST(DrawnPrompt, AFieldThatAScriptRemovesIsNotUsed) {
  OneSession session;
  Value table = session.begin();
  for (const auto* key : {"temperature", "top_p", "seed", "phrasing", "models", "filters"})
    table.as_map()->erase(key);
  const auto read = session.left(std::move(table));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_FALSE((*read)->temperature || (*read)->top_p || (*read)->seed || (*read)->phrasing);
  EXPECT_FALSE((*read)->pooled) << "routing chooses";
  EXPECT_THAT((*read)->filters, IsEmpty());
}

TEST(DrawnPrompt, AnotherPhrasingGetsSectionsOfItsOwn) {
  OneSession session;
  Value table = session.begin();
  table.as_map()->set("phrasing", Value::integer(2));
  const auto read = session.left(std::move(table));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ((*read)->phrasing, 1u);
  EXPECT_EQ((*read)->sections.size(), 3u);
}

TEST(DrawnPrompt, FalseMeansNothingAndNoCtxMeansTheDraw) {
  OneSession session;
  EXPECT_FALSE(session.left(Value::boolean(true)).value()) << "before the first prompt";
  session.begin();
  EXPECT_FALSE(session.left(Value::boolean(false)).value());
  EXPECT_EQ(session.greybox.read(Value::null()).value(), session.greybox.drawn());
  EXPECT_FALSE(session.left(Value::string("x")));
}

struct Bad {
  std::string_view field;
  std::string_view json;
  std::string_view message;
};

TEST(DrawnPrompt, BadFieldsAreNamed) {
  OneSession session;
  const Value table = session.begin();
  const Bad kBad[] = {
      {"temprature", "1", "there is no field temprature, expected one of kind, ordinal, models"},
      {"temperature", "\"hot\"", "ctx.greybox.temperature: expected a finite number"},
      {"seed", "-1", "ctx.greybox.seed: expected a whole number"},
      {"models", "5", "ctx.greybox.models: expected a list"},
      {"models", "[5]", "ctx.greybox.models: expected a list of tables"},
      {"models", "[{\"model\": \"m\"}]", "ctx.greybox.models.provider: expected a string"},
      {"phrasing", "3", "ctx.greybox.phrasing: got 3, expected nil or a number from 1 to 2"},
      {"phrasing", "0", "ctx.greybox.phrasing"},
      {"sections", "[1, 1]", "ctx.greybox.sections: expected each number from 1 to 2 once"},
      {"sections", "[1]", "ctx.greybox.sections"},
      {"sections", "[1, 2, 3]", "ctx.greybox.sections"},
      {"delimiters", "{\"open\": \"x\"}", "ctx.greybox.delimiters.close: expected a string"},
      {"delimiters", "{\"open\": \"\", \"close\": \"x\"}", "expected two texts that are not empty"},
      {"delimiters", "\"x\"", "ctx.greybox.delimiters: expected a table"},
      {"filters", "[7]", "ctx.greybox.filters: expected a list of names"},
      {"image_filters", "7", "ctx.greybox.image_filters: expected a list"},
  };
  for (const auto& [field, json, message] : kBad) {
    Value changed = table;
    changed.as_map()->set(field, text::parse_json(json).value());
    const auto read = session.left(std::move(changed));
    ASSERT_FALSE(read) << field;
    EXPECT_THAT(std::string(detail_of(read.error())), HasSubstr(message));
  }
}

TEST(SessionGreybox, TheSameFixedSeedDrawsTheSameAndRandomOnesDiffer) {
  OneSession one, two;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(one.begin(), two.begin());
  std::string text(kConfig);
  text.replace(text.find("seed: 42"), 8, "seed: random");
  GreyboxCounters counters;
  SessionGreybox three(loaded(text), counters), four(loaded(text), counters);
  EXPECT_NE(three.begin(PromptKind::text), four.begin(PromptKind::text));
  EXPECT_THAT(three.seed_text(), HasSubstr("0x"));
  EXPECT_EQ(one.greybox.seed_text(), "fixed") << "it would tell what other sessions draw";
}

TEST(SessionGreybox, DrawsAreCountedByKind) {
  OneSession session;
  session.begin();
  session.begin();
  session.begin(PromptKind::json);
  metrics::Exposition out;
  session.counters.write_to(out);
  EXPECT_THAT(out.text(), HasSubstr("genvm_llm_greybox_draws_total{kind=\"text\"} 2\n"));
  EXPECT_THAT(out.text(), HasSubstr("genvm_llm_greybox_draws_total{kind=\"json\"} 0\n"))
      << "nothing is drawn for it";
}

TEST(SessionGreybox, KnowsTheKindOfEveryRequest) {
  envelope::PromptRequest prompt;
  EXPECT_EQ(kind_of(envelope::LlmRequest(prompt)), PromptKind::text);
  prompt.response_format = envelope::ResponseFormat::json;
  EXPECT_EQ(kind_of(envelope::LlmRequest(prompt)), PromptKind::json);
  prompt.images.push_back(Blob(std::string("x")));
  EXPECT_EQ(kind_of(envelope::LlmRequest(prompt)), PromptKind::image);
  envelope::TemplateRequest judge;
  judge.kind = envelope::Template::eq_non_comparative_validator;
  EXPECT_EQ(kind_of(envelope::LlmRequest(judge)), PromptKind::eq_non_comparative_validator);
}

TEST(DrawRecord, IsSmallWhateverWasDrawn) {
  OneSession session;
  session.begin();
  DrawnPrompt drawn = session.greybox.drawn();
  drawn.models.assign(200, {std::string(300, 'b'), std::string(300, 'm')});
  drawn.filters.assign(16, std::string(200, 'f'));
  drawn.image_filters =
      Value::array(Value::Array(16, Value::object({{std::string(200, 'i'), Value::integer(1)}})));
  drawn.delimiters = {std::string(5000, '<'), std::string(5000, '>')};
  const provider::Prompt sent{};
  const Value record = draw_record(session.greybox, {drawn, sent, true, true, {}});
  EXPECT_LT(json::write(record).size(), 800u) << json::write(record);
}

TEST(DrawRecord, HasTheSharesOfThePoolAndNoTexts) {
  OneSession session;
  session.begin();
  const auto& drawn = session.greybox.drawn();
  provider::Prompt sent;
  sent.sampling.temperature = 0.25;
  const Value record = draw_record(session.greybox, {drawn, sent, true, true, {}});
  const auto text = json::write(record);
  EXPECT_THAT(text, HasSubstr(R"(["b/m",0.25])"));
  EXPECT_THAT(text, HasSubstr(R"(["a/m",0.375])"));
  EXPECT_THAT(text, HasSubstr(R"("temperature":0.25)"));
  EXPECT_THAT(text, Not(HasSubstr("Do it.")));
  EXPECT_EQ(record.find("script"), nullptr);
}

}  // namespace
}  // namespace gvm::llm
