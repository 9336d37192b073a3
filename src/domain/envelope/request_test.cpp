#include "envelope/request.h"

#include <gmock/gmock.h>

#include "base/error_codes.h"
#include "base/error_detail.h"
#include "envelope/image.h"

namespace gvm::envelope {
namespace {

const std::string kPng = "\x89PNG\r\n\x1a\n....";
const std::string kJpeg = "\xff\xd8\xff\xe0....";

Value with_fuel(std::string_view variant, Value payload, Integer fuel = 1000) {
  return Value::object(
      {{variant, Value::object({{"payload", std::move(payload)},
                                {"remaining_fuel_as_gen", Value::integer(std::move(fuel))}})}});
}

Value prompt_payload() {
  return Value::object({{"prompt", Value::string("why?")}, {"images", Value::array()}});
}

Value changed(Value map, std::string_view key, Value value) {
  map.as_map()->set(key, std::move(value));
  return map;
}

Value with_images(Value::Array images) {
  return with_fuel("Prompt", changed(prompt_payload(), "images", Value::array(std::move(images))));
}

PromptRequest prompt_of(Value message) {
  auto request = parse_llm_request(std::move(message), Generation::c);
  if (!request) throw std::runtime_error(request.error().to_string());
  return std::get<PromptRequest>(std::move(*request));
}

Error error_of(Value message) {
  auto request = parse_llm_request(std::move(message), Generation::c);
  if (request) throw std::runtime_error("accepted");
  return std::move(request.error());
}

TEST(LlmRequest, ReadsAPrompt) {
  const auto prompt = prompt_of(
      with_fuel("Prompt", changed(prompt_payload(), "response_format", Value::string("json"))));
  EXPECT_EQ(prompt.response_format, ResponseFormat::json);
  EXPECT_EQ(prompt.prompt.view(), "why?");
  EXPECT_EQ(prompt.remaining_fuel, Integer(1000));
}

TEST(LlmRequest, PromptsAreTextByDefault) {
  const auto prompt =
      prompt_of(with_fuel("Prompt", Value::object({{"prompt", Value::string("")}})));
  EXPECT_EQ(prompt.response_format, ResponseFormat::text);
  EXPECT_TRUE(prompt.images.empty());
}

TEST(LlmRequest, MovesPromptAndImagesWithoutCopying) {
  const std::string text = "prompt";
  Value message = with_images({});
  auto* payload = message.as_map()->find("Prompt")->as_map()->find("payload")->as_map();
  payload->set("prompt", Value::string(Blob::borrow(text)));
  Value::Array images;
  images.push_back(Value::bytes(Blob::borrow(kPng)));
  payload->set("images", Value::array(std::move(images)));
  const auto prompt = prompt_of(std::move(message));
  EXPECT_EQ(prompt.prompt.view().data(), text.data());
  EXPECT_EQ(prompt.images.at(0).view().data(), kPng.data());
}

TEST(LlmRequest, ReadsEveryTemplate) {
  const std::pair<Template, std::vector<const char*>> templates[] = {
      {Template::eq_comparative, {"leader_answer", "validator_answer", "principle"}},
      {Template::eq_non_comparative_leader, {"task", "criteria", "input"}},
      {Template::eq_non_comparative_validator, {"task", "criteria", "input", "output"}}};
  for (const auto& [kind, slots] : templates) {
    Value payload = Value::object({{"template", Value::string(std::string(template_name(kind)))}});
    for (const auto* slot : slots)
      payload.as_map()->set(slot, Value::string(std::string("the ") + slot));
    const auto request = parse_llm_request(with_fuel("PromptTemplate", payload), Generation::c);
    ASSERT_TRUE(request) << request.error().to_string();
    const auto& result = std::get<TemplateRequest>(*request);
    EXPECT_EQ(result.kind, kind);
    EXPECT_EQ(result.slots.size(), slots.size());
    for (const auto* slot : slots) EXPECT_EQ(result.slot(slot), std::string("the ") + slot);
    for (const auto* slot : slots) {
      Value missing = payload;
      missing.as_map()->erase(slot);
      EXPECT_EQ(detail_of(error_of(with_fuel("PromptTemplate", missing))),
                std::string("PromptTemplate.payload.") + slot + ": is missing");
    }
  }
}

TEST(LlmRequest, TakesFuelBelowTwoToThe256) {
  std::vector<std::uint64_t> ones(4, ~std::uint64_t{0});
  const Integer most = Integer::from_limbs(ones, false);
  EXPECT_EQ(prompt_of(with_fuel("Prompt", prompt_payload(), most)).remaining_fuel, most);
  for (const auto& fuel : {Integer::pow2(256), Integer(-1), Integer::from_limbs(ones, true)}) {
    EXPECT_THAT(detail_of(error_of(with_fuel("Prompt", prompt_payload(), fuel))),
                testing::StartsWith("Prompt.remaining_fuel_as_gen: expected an"));
  }
}

TEST(LlmRequest, NamesThePathOfWhatIsWrong) {
  const auto prompt = [](Value payload) { return with_fuel("Prompt", std::move(payload)); };
  const std::pair<Value, const char*> wrong[] = {
      {Value::integer(1), "expected a map of one of Prompt, PromptTemplate, found an integer"},
      {Value::map(), "expected a map of one of Prompt, PromptTemplate, found 0 keys"},
      {Value::object({{"Prompt", Value::map()}, {"x", Value::map()}}),
       "expected a map of one of Prompt, PromptTemplate, found 2 keys"},
      {Value::object({{"Render", Value::map()}}),
       "expected a map of one of Prompt, PromptTemplate, found \"Render\""},
      {Value::object({{"Prompt", Value::array()}}), "Prompt: expected a map, found an array"},
      {Value::object({{"Prompt", Value::object({{"payload", prompt_payload()}})}}),
       "Prompt.remaining_fuel_as_gen: is missing"},
      {Value::object({{"Prompt", Value::object({{"remaining_fuel_as_gen", Value::integer(1)}})}}),
       "Prompt.payload: is missing"},
      {changed(Value::map(), "Prompt",
               Value::object({{"payload", prompt_payload()},
                              {"remaining_fuel_as_gen", Value::integer(1)},
                              {"x", Value::null()}})),
       "Prompt.x: is not known; the fields are remaining_fuel_as_gen, payload"},
      {prompt(Value::null()), "Prompt.payload: expected a map, found null"},
      {prompt(Value::map()), "Prompt.payload.prompt: is missing"},
      {prompt(changed(prompt_payload(), "prompt", Value::bytes(std::string("x")))),
       "Prompt.payload.prompt: expected a string, found bytes"},
      {prompt(changed(prompt_payload(), "response_format", Value::string("xml"))),
       "Prompt.payload.response_format: expected one of text, json, found \"xml\""},
      {prompt(changed(prompt_payload(), "response_format", Value::null())),
       "Prompt.payload.response_format: expected a string, found null"},
      {prompt(changed(prompt_payload(), "images", Value::map())),
       "Prompt.payload.images: expected an array, found a map"},
      {prompt(changed(prompt_payload(), "images",
                      Value::array({Value::bytes(kPng), Value::string("x")}))),
       "Prompt.payload.images[1]: expected bytes, found a string"},
      {prompt(changed(prompt_payload(), "temperature", Value::integer(1))),
       "Prompt.payload.temperature: is not known; the fields are response_format, prompt, images"},
      {with_fuel("PromptTemplate", Value::map()), "PromptTemplate.payload.template: is missing"},
      {with_fuel("PromptTemplate", Value::object({{"template", Value::string("Eq")}})),
       "PromptTemplate.payload.template: expected one of EqComparative, EqNonComparativeLeader, "
       "EqNonComparativeValidator, found \"Eq\""},
      {with_fuel("PromptTemplate",
                 Value::object({{"template", Value::string("EqNonComparativeLeader")},
                                {"task", Value::string("")},
                                {"criteria", Value::string("")},
                                {"input", Value::string("")},
                                {"output", Value::string("")}})),
       "PromptTemplate.payload.output: is not known; the fields are template, task, criteria, "
       "input"},
  };
  for (const auto& [message, detail] : wrong) {
    const Error error = error_of(message);
    EXPECT_EQ(error.code(), codes::kMalformedRequest);
    EXPECT_TRUE(error.fatal());
    EXPECT_EQ(detail_of(error), detail);
  }
}

TEST(LlmRequest, ImageErrorsAreTheContracts) {
  const Value png = Value::bytes(kPng);
  const Value jpeg = Value::bytes(kJpeg);
  EXPECT_EQ(prompt_of(with_images({png, jpeg})).images.size(), 2);
  const std::pair<Value, std::string_view> wrong[] = {
      {with_images({png, png, png}), codes::kTooManyImages},
      {with_images({png, Value::bytes(std::string("GIF89a"))}), codes::kInvalidImage},
      {with_images({Value::bytes(std::string())}), codes::kInvalidImage},
      {with_images({Value::bytes(kPng + std::string(kMaxImageBytes - kPng.size() + 1, 'x'))}),
       codes::kImageTooLarge}};
  for (const auto& [message, code] : wrong) {
    const Error error = error_of(message);
    EXPECT_EQ(error.code(), code);
    EXPECT_FALSE(error.fatal());
  }
  EXPECT_EQ(*error_of(with_images({png, Value::bytes(std::string("?"))})).ctx().find("index"),
            Value::integer(1));
  EXPECT_EQ(
      prompt_of(with_images({Value::bytes(kPng + std::string(kMaxImageBytes - kPng.size(), 'x'))}))
          .images.size(),
      1);
}

TEST(LlmRequest, HostsOfAAndBMaySendMoreThanIsKnown) {
  const Value more = Value::object(
      {{"prompt", Value::string("why?")}, {"images", Value::array()}, {"new", Value::integer(1)}});
  Value judge = Value::object({{"template", Value::string("EqNonComparativeLeader")},
                               {"task", Value::string("")},
                               {"criteria", Value::string("")},
                               {"input", Value::string("")},
                               {"output", Value::string("of another template")}});
  Value beside = with_fuel("Prompt", prompt_payload());
  beside.as_map()->find("Prompt")->as_map()->set("new", Value::null());
  for (const Value& message :
       {with_fuel("Prompt", more), with_fuel("PromptTemplate", judge), beside}) {
    EXPECT_TRUE(parse_llm_request(message, Generation::a));
    EXPECT_TRUE(parse_llm_request(message, Generation::b));
    const auto strict = parse_llm_request(message, Generation::c);
    ASSERT_FALSE(strict);
    EXPECT_THAT(detail_of(strict.error()), testing::HasSubstr("is not known"));
  }
}

TEST(LlmRequest, AMissingFieldIsNoUnknownOneInAnyGeneration) {
  for (const auto generation : {Generation::a, Generation::b, Generation::c}) {
    const auto request = parse_llm_request(
        with_fuel("Prompt", Value::object({{"promt", Value::string("x")}})), generation);
    ASSERT_FALSE(request);
    EXPECT_EQ(detail_of(request.error()), "Prompt.payload.prompt: is missing");
  }
}

TEST(LlmRequest, HostsOfAAndBMaySendATextForBytes) {
  // A JPEG's first bytes are no UTF-8, so only a text that is no picture can come this way.
  const Value message = with_images({Value::string("no picture")});
  const auto lenient = parse_llm_request(message, Generation::b);
  ASSERT_FALSE(lenient);
  EXPECT_EQ(lenient.error().code(), codes::kInvalidImage) << "the contract's error";
  EXPECT_EQ(parse_llm_request(message, Generation::c).error().code(), codes::kMalformedRequest);
}

TEST(Image, IsKnownByItsFirstBytes) {
  EXPECT_EQ(image_format(kPng), ImageFormat::png);
  EXPECT_EQ(image_format(kJpeg), ImageFormat::jpeg);
  EXPECT_EQ(image_format(kPng.substr(0, 7)), std::nullopt);
  EXPECT_EQ(media_type(ImageFormat::jpeg), "image/jpeg");
}

}  // namespace
}  // namespace gvm::envelope
