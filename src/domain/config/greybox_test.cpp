#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "config/load.h"
#include "config/test_environment.h"
#include "support/paths.h"

namespace gvm::config {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kBackends = R"(backends:
  a: {host: "https://a", provider: openai-compatible, key: k, models: {m: {supports_json: true}, n: {}}}
  b: {host: "https://b", provider: ollama, models: {p: {supports_image: true, alias: eyes}}}
  off: {host: "https://c", provider: openai-compatible, key: "${ENV[NONE]}", models: {q: {}}}
)";  // 4 lines: `greybox` begins in line 5

Loaded<LlmConfig> load(const std::string& greybox, LoadOptions options = {}) {
  return load_llm_text(std::string(kBackends) + greybox, "g.yaml", test_environment(), options);
}

LlmConfig loaded(const std::string& greybox) {
  auto result = load(greybox);
  if (!result) {
    ADD_FAILURE() << to_string(result.error());
    return {};
  }
  return std::move(result->config);
}

std::string messages(const std::string& greybox) {
  const auto result = load(greybox);
  return result ? "loads" : to_string(result.error());
}

std::vector<std::string> warnings(const std::string& greybox) {
  const auto result = load(greybox);
  return result ? result->warnings : std::vector<std::string>{to_string(result.error())};
}

std::vector<std::string> names(const std::vector<PoolModel>& pool) {
  std::vector<std::string> all;
  for (const auto& each : pool)
    all.push_back(each.backend + "/" + each.model + " " + std::to_string(each.weight).substr(0, 4));
  return all;
}

TEST(Greybox, IsOffWhereItIsAbsentOrHasNoKind) {
  EXPECT_FALSE(loaded("").greybox.enabled());
  EXPECT_FALSE(loaded("greybox: {}\n").greybox.enabled());
  EXPECT_FALSE(loaded("greybox: {seed: 7, only_pools: false}\n").greybox.enabled());
  EXPECT_TRUE(loaded("greybox: {json: {filters: [NFKC]}}\n").greybox.enabled());
}

TEST(Greybox, ReadsEveryKeyOfAKind) {
  const auto greybox = loaded(R"(greybox:
  seed: 42
  only_pools: false
  text:
    models: [{backend: a, model: m, weight: 3}, b]
    temperature: {min: 0.5, max: 0.9}
    top_p: {min: 1, max: 1}
    provider_seed: {min: 1, max: 99}
    phrasings:
      - "#{prompt}"
      - {weight: 2, system: "Mind #{open}. #{system}", sections: [Do it., "#{open} #{prompt} #{close}"], shuffle: true}
    delimiters: [{open: "<#{random}>", close: "</#{random}>", weight: 2}]
    filters: [NFKC, {filter: "MaxBytes:100", probability: 0.25}]
    image_filters: [{filter: {Denoise: 0.4}, probability: 0.5}, Grayscale]
)")
                           .greybox;
  EXPECT_EQ(greybox.fixed_seed(), 42u);
  EXPECT_FALSE(greybox.only_pools);
  const auto& text = greybox.of(PromptKind::text);
  EXPECT_THAT(names(text.pool), ElementsAre("a/m 3.00", "b/p 1.00"));
  EXPECT_EQ(text.temperature.min, 0.5);
  EXPECT_EQ(text.top_p.max, 1.0);
  EXPECT_EQ(text.provider_seed.max, 99u);
  ASSERT_EQ(text.phrasings.size(), 2u);
  EXPECT_FALSE(text.phrasings[0].delimited);
  EXPECT_THAT(text.phrasings[0].sections, ElementsAre("#{prompt}"));
  EXPECT_TRUE(text.phrasings[1].delimited);
  EXPECT_TRUE(text.phrasings[1].shuffle);
  EXPECT_EQ(text.delimiters[0].weight, 2);
  EXPECT_EQ(text.filters[1].probability, 0.25);
  EXPECT_EQ(text.filters[0].probability, 1);
  EXPECT_NE(text.image_filters[0].filter.find("Denoise"), nullptr);
  EXPECT_THAT(text.image_filters[0].where,
              HasSubstr("g.yaml:18:21: greybox.text.image_filters[0]"));
  EXPECT_FALSE(greybox.of(PromptKind::json).draws_anything());
}

TEST(Greybox, AKindHasTheKeysOfAllUnlessItHasItsOwn) {
  const auto greybox = loaded(R"(greybox:
  all: {models: [a, b], temperature: {min: 0, max: 1}, filters: [NFKC]}
  image: {models: [{backend: b, model: eyes}], filters: []}
)")
                           .greybox;
  EXPECT_THAT(names(greybox.json.pool), ElementsAre("a/m 0.50", "a/n 0.50", "b/p 1.00"));
  EXPECT_THAT(names(greybox.image.pool), ElementsAre("b/p 1.00")) << "by its alias";
  EXPECT_EQ(greybox.image.temperature.max, 1);
  EXPECT_THAT(greybox.image.filters, IsEmpty());
  EXPECT_EQ(greybox.eq_comparative.filters.size(), 1u);
}

TEST(Greybox, ACapabilityStandsForAllModelsThatHaveItAndNamesAdd) {
  const auto greybox = loaded(R"(greybox:
  json: {models: [{capability: json, weight: 2}, {backend: a, weight: 4}]}
  text: {models: [{capability: text, weight: 3}]}
)")
                           .greybox;
  EXPECT_THAT(names(greybox.json.pool), ElementsAre("a/m 4.00", "a/n 2.00"));
  EXPECT_THAT(names(greybox.text.pool), ElementsAre("a/m 1.00", "a/n 1.00", "b/p 1.00"));
}

TEST(Greybox, TheSeedIsRandomUnlessItIsANumber) {
  EXPECT_FALSE(loaded("greybox: {}\n").greybox.fixed_seed());
  EXPECT_FALSE(loaded("greybox: {seed: random}\n").greybox.fixed_seed());
  EXPECT_EQ(loaded("greybox: {seed: 18446744073709551615}\n").greybox.fixed_seed(), UINT64_MAX);
  EXPECT_EQ(loaded("greybox: {seed: 0xff}\n").greybox.fixed_seed(), 255u);
  EXPECT_THAT(messages("greybox: {seed: -1}\n"),
              HasSubstr("g.yaml:5:17: greybox.seed: got something else, expected \"random\""));
  EXPECT_THAT(messages("greybox: {seed: 18446744073709551616}\n"), HasSubstr("greybox.seed"));
}

TEST(Greybox, AnUnsetVariableMeansARandomSeedAndIsTold) {
  EXPECT_THAT(warnings("greybox: {seed: \"${ENV[SEED]}\"}\n"),
              Contains(AllOf(HasSubstr("greybox.seed"), HasSubstr("a seed of its own"))));
  const auto set = load_llm_text(std::string(kBackends) + "greybox: {seed: \"${ENV[SEED]}\"}\n",
                                 "g.yaml", test_environment({{"SEED", "77"}}), {});
  ASSERT_TRUE(set);
  EXPECT_EQ(set->config.greybox.fixed_seed(), 77u);
}

TEST(Greybox, NamesBackendsAndModelsThatDoNotExist) {
  EXPECT_THAT(messages("greybox: {text: {models: [aa]}}\n"),
              AllOf(HasSubstr("g.yaml:5:27: greybox.text.models[0].backend: there is no backend "
                              "\"aa\", expected one of a, b, off"),
                    HasSubstr("nearest is \"a\"")));
  EXPECT_THAT(
      messages("greybox:\n  text:\n    models:\n      - b\n      - {backend: a, model: mm}\n"),
      HasSubstr("g.yaml:9:9: greybox.text.models[1].model: the backend \"a\" has no model "
                "\"mm\", expected one of m, n"));
}

TEST(Greybox, ADroppedBackendIsLeftOutUnlessNothingIsLeft) {
  EXPECT_THAT(warnings("greybox: {text: {models: [a, off]}}\n"),
              Contains(AllOf(HasSubstr("greybox.text.models[1]"), HasSubstr("left out"))));
  EXPECT_THAT(messages("greybox: {text: {models: [off]}}\n"),
              HasSubstr("greybox.text.models: no model of the pool can be used"));
  const auto lenient = load("greybox: {text: {models: [off]}}\n",
                            {EmptyBackends::allow_missing_keys, Strictness::lenient});
  ASSERT_TRUE(lenient) << to_string(lenient.error());
  EXPECT_THAT(lenient->config.greybox.text.pool, IsEmpty());
}

TEST(Greybox, APoolThatCannotDoWhatItsKindNeedsIsAnError) {
  EXPECT_THAT(messages("greybox: {json: {models: [b]}}\n"),
              HasSubstr("greybox.json.models: no model of the pool has supports_json"));
  EXPECT_THAT(
      messages("greybox: {eq_non_comparative_validator: {models: [{backend: a, model: n}]}}\n"),
      HasSubstr("no model of the pool has supports_json"));
  EXPECT_THAT(messages("greybox: {image: {models: [a]}}\n"), HasSubstr("supports_image"));
}

struct Bad {
  std::string text;  // of the kind `text`, in flow form
  std::string message;
};

TEST(Greybox, BadValuesAreErrorsWithTheirPlaceAndWhatIsExpected) {
  const Bad kBad[] = {
      {"{models: []}", "greybox.text.models: got an empty pool, expected at least one model"},
      {"{models: [{backend: a, weight: -1}]}", "weight: got \"-1\", expected a number from 0"},
      {"{models: [{backend: a, weight: .nan}]}", "weight: got \".nan\", expected a number"},
      {"{models: [{backend: a, weight: .inf}]}", "weight: got \".inf\", expected a number"},
      {"{models: [{backend: a, weight: 0}]}", "greybox.text.models: got weights that are all 0"},
      {"{models: [{model: m}]}", "expected either `backend` or `capability`"},
      {"{models: [{backend: a, capability: json}]}", "expected either `backend` or `capability`"},
      {"{models: [{capability: song}]}", "got \"song\", expected one of text, json, image"},
      {"{temperature: {min: 0.9, max: 0.5}}", "temperature.min: got min 0.9 above max 0.5"},
      {"{temperature: {min: 0, max: 2.5}}",
       "temperature.max: got \"2.5\", expected a number from 0 to 2"},
      {"{temperature: {min: -0.1, max: 1}}", "temperature.min: got \"-0.1\""},
      {"{temperature: {min: 0.5}}", "greybox.text.temperature: expected both `min` and `max`"},
      {"{temperature: 0.5}", "greybox.text.temperature: got \"0.5\", expected a map"},
      {"{top_p: {min: 0, max: 1.5}}", "top_p.max: got \"1.5\", expected a number from 0 to 1"},
      {"{provider_seed: {min: -5, max: 5}}", "provider_seed.min: got \"-5\""},
      {"{phrasings: [\"no place\"]}", "got #{prompt} 0 times, expected it once"},
      {"{phrasings: [\"#{prompt} #{prompt}\"]}", "got #{prompt} 2 times, expected it once"},
      {"{phrasings: [{sections: [\"#{prompt}\", \"#{promt}\"]}]}",
       "greybox.text.phrasings[0].sections[1]: got the unknown #{promt}, expected only #{prompt}, "
       "#{open}, #{close}"},
      {"{phrasings: [{system: \"#{prompt}\", sections: \"#{prompt}\"}]}",
       "phrasings[0].system: got the unknown #{prompt}, expected only #{system}"},
      {"{phrasings: [\"#{open} #{prompt}\"]}", "expected #{open} and #{close} in the section"},
      {"{phrasings: [{sections: [\"#{open} #{close}\", \"#{prompt}\"]}]}",
       "expected #{open} and #{close} in the section that holds #{prompt}"},
      {"{phrasings: [{system: x}]}", "phrasings[0].sections: missing"},
      {"{phrasings: [{sections: \"#{prompt}\", weight: 0}]}",
       "phrasings: got weights that are all 0"},
      {"{delimiters: [{open: \"<\"}]}", "delimiters[0].close: missing"},
      {"{delimiters: [{open: \"\", close: \"x\"}]}", "delimiters[0].open: got"},
      {"{delimiters: [{open: \"#{prompt}\", close: \"x\"}]}",
       "got the unknown #{prompt}, expected only #{random}"},
      {"{filters: [NFKD, NFQC]}",
       "greybox.text.filters[1].filter: there is no text filter \"NFQC\""},
      {"{filters: [{filter: NFC, probability: 1.5}]}",
       "probability: got \"1.5\", expected a number from 0 to 1"},
      {"{image_filters: [{probability: 1}]}", "image_filters[0]: missing `filter`"},
      {"{temprature: {min: 0, max: 1}}", "greybox.text.temprature"},
  };
  for (const auto& [text, message] : kBad)
    EXPECT_THAT(messages("greybox: {text: " + text + "}\n"),
                AllOf(HasSubstr("g.yaml:5:"), HasSubstr(message)))
        << text;
}

// The lines of the shipped file from `greybox:` to the next empty one, its examples switched on.
std::string shipped_example() {
  std::ifstream file(test::source_dir() + "/config/genvm-module-llm.yaml");
  std::string text, line;
  while (std::getline(file, line) && line != "greybox:") {
  }
  for (text = line + "\n"; std::getline(file, line) && !line.empty(); text += line + "\n")
    if (line.starts_with("# ")) line.replace(0, 2, "  ");
  return text;
}

TEST(Greybox, TheExampleOfTheShippedFileLoads) {
  const auto result = load_llm_text(
      R"(backends:
  openai: {host: "https://a", provider: openai-compatible, key: k, models: {gpt-4o: {supports_json: true}}}
  anthropic: {host: "https://b", provider: anthropic, key: k, models: {x: {}}}
)" + shipped_example(),
      "g.yaml", test_environment(), {});
  ASSERT_TRUE(result) << to_string(result.error()) << shipped_example();
  const auto& json = result->config.greybox.json;
  EXPECT_EQ(json.pool.size(), 2u);
  EXPECT_EQ(json.phrasings.size(), 2u);
  EXPECT_EQ(json.image_filters.size(), 1u);
}

TEST(Greybox, AnUnknownKindIsAnErrorEvenWhereUnknownKeysAreNot) {
  EXPECT_THAT(
      messages("greybox: {pictures: {filters: [NFC]}}\n"),
      AllOf(HasSubstr("greybox.pictures"), HasSubstr("expected one of"), HasSubstr("image")));
  EXPECT_THAT(messages("greybox: {txet: {}}\n"), HasSubstr("greybox.txet"));
}

}  // namespace
}  // namespace gvm::config
