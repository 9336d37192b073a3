// llm.rs.harden_template and llm.rs.judge: what the library lib-llm judges with.
#include <array>
#include <memory>
#include <random>
#include <utility>

#include "config/default_templates.h"
#include "judge/hardened_prompt.h"
#include "llm/argument_fields.h"
#include "llm/functions.h"
#include "llm/services.h"
#include "script/convert.h"

namespace gvm::llm {
namespace {

using script::HostFunction;

constexpr std::string_view kLibrary = "llm.rs";

std::uint64_t system_random() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

struct Template {
  config::PromptTemplate texts;
  bool own = false;  // the operator has written it
};

// The configuration's templates and how they are hardened. Immutable; shared by all sessions.
class Templates {
 public:
  explicit Templates(const config::LlmConfig& config)
      : harden_own_(config.judge.harden_own), guards_(guards_of(config)) {
    const auto ours = config::default_templates();
    const auto& all = config.prompt_templates;
    templates_ = {with_owner(all.eq_comparative, ours.eq_comparative),
                  with_owner(all.eq_non_comparative_leader, ours.eq_non_comparative_leader),
                  with_owner(all.eq_non_comparative_validator, ours.eq_non_comparative_validator)};
  }

  // Empty: the prompt is to be made of the configured text as it is.
  Result<std::optional<judge::PromptTexts>> harden(judge::Kind kind, const judge::Lookup& values,
                                                   std::optional<std::size_t> beside) const {
    const Template& chosen = templates_.at(static_cast<std::size_t>(kind));
    const bool as_it_is = chosen.own && !harden_own_;
    if (as_it_is || guards_ == judge::Guards{false, false, false, false, false})
      return std::optional<judge::PromptTexts>();
    auto texts = chosen.own ? judge::harden_own(kind, own_template(chosen.texts), values, guards_,
                                                beside, system_random)
                            : judge::harden(kind, values, guards_, beside, system_random);
    if (!texts) return fail(std::move(texts).error());
    return std::optional(std::move(*texts));
  }

 private:
  static Template with_owner(const config::PromptTemplate& texts,
                             const config::PromptTemplate& ours) {
    return {texts, texts.system != ours.system || texts.user != ours.user};
  }

  // Rules that are enforced look at the finished prompt: they must find what they look for there.
  static judge::Guards guards_of(const config::LlmConfig& config) {
    const auto& judge = config.judge;
    const bool rules_look = config.guards.enforce && config.guards.compiled != nullptr;
    return {.fences = judge.hardens("fences"),
            .marks = judge.hardens("marks") && !rules_look,
            .sandwich = judge.hardens("sandwich"),
            .unseen = judge.hardens("unseen"),
            .phrasings = judge.hardens("phrasings")};
  }

  static judge::OwnTemplate own_template(const config::PromptTemplate& texts) {
    return {texts.system, [&texts](const judge::Lookup& values) {
              auto filled = texts.compiled_user.fill(
                  [&values](std::string_view name) { return std::optional(values(name)); });
              return std::move(filled).value_or(std::string());
            }};
  }

  bool harden_own_;
  judge::Guards guards_;
  std::array<Template, 3> templates_;
};

// The phrasing of an earlier question counts from 1 in Lua.
std::optional<std::size_t> beside_of(const HostFunction::Args& args) {
  const auto* number = args.size() > 1 ? args[1].as_integer() : nullptr;
  const auto whole = number == nullptr ? std::nullopt : number->to_i64();
  if (!whole || *whole < 1) return std::nullopt;
  return static_cast<std::size_t>(*whole - 1);
}

Result<Value> harden(const Templates& templates, HostFunction::Args& args) {
  const Value given = args.empty() ? Value::null() : std::move(args[0]);
  if (given.as_map() == nullptr) return wrong_argument("args", "a table", given);
  const Value* name = given.find("template");
  const auto kind = judge::kind_named(
      name == nullptr ? std::string_view() : name->as_string().value_or(std::string_view()));
  if (!kind) return Value::null();
  const auto value_of = [&given](std::string_view slot) -> std::string_view {
    const Value* value = given.find(slot);
    if (value == nullptr) return {};
    const auto bytes = value->as_bytes();  // a text that is no UTF-8
    return bytes ? *bytes : value->as_string().value_or(std::string_view());
  };
  auto texts = templates.harden(*kind, value_of, beside_of(args));
  if (!texts) return fail(std::move(texts).error());
  if (!*texts) return Value::null();
  return Value::fields("system", Value::string(std::move((*texts)->system)), "user",
                       Value::string(std::move((*texts)->user)), "phrasing",
                       Value::integer(static_cast<std::int64_t>((*texts)->phrasing + 1)));
}

HostFunction::Heavy::Length harden_length(HostFunction::Args& args) {
  using Length = HostFunction::Heavy::Length;
  constexpr std::size_t kOnLane = 16 * kKiB;
  constexpr std::size_t kUnwaited = 512 * kKiB;
  if (args.empty()) return Length::fits;
  const std::size_t bytes = script::footprint(args.front());
  if (bytes <= kOnLane) return Length::fits;
  return bytes <= kUnwaited ? Length::should_wait : Length::must_wait;
}

// A count that a library gives: small, and no text.
Result<std::uint64_t> count_in(const Value& given, std::string_view field) {
  constexpr std::int64_t kMost = 1'000;
  const Value* found = given.find(field);
  const auto* number = found == nullptr ? nullptr : found->as_integer();
  const auto whole = number == nullptr ? std::nullopt : number->to_i64();
  if (whole && *whole >= 0 && *whole <= kMost) return static_cast<std::uint64_t>(*whole);
  return wrong_argument(field, "a count", found == nullptr ? Value::null() : *found);
}

Result<Judgement> judgement_in(const Value& given) {
  const auto text = [&given](std::string_view field) {
    const Value* found = given.find(field);
    return found == nullptr ? std::string_view() : found->as_string().value_or("");
  };
  Judgement judgement;
  const auto kind = judge::kind_named(text("template"));
  if (!kind) return wrong_argument("template", "the name of a template", given);
  judgement.kind = *kind;
  const auto outcome = judge_outcome_named(text("outcome"));
  if (!outcome) return wrong_argument("outcome", "true, false, no_majority or refused", given);
  judgement.outcome = *outcome;
  for (const auto& [field, into] :
       {std::pair{"opinions", &judgement.opinions}, std::pair{"swapped", &judgement.swapped},
        std::pair{"missing", &judgement.missing}}) {
    const auto count = count_in(given, field);
    if (!count) return fail(count.error());
    *into = *count;
  }
  const Value* agreed = given.find("agreed");
  judgement.agreed = agreed != nullptr && agreed->as_bool() != nullptr && *agreed->as_bool();
  return judgement;
}

Result<Value> note_judgement(script::Session& session, HostFunction::Args& args) {
  const auto judgement = judgement_in(args.empty() ? Value::null() : args[0]);
  if (!judgement) return fail(judgement.error());
  if (auto* services = dynamic_cast<LlmServices*>(&session.services()))
    services->judge_counters().count(*judgement);
  return Value::null();
}

Value judge_value(const config::JudgeConfig& judge) {
  return Value::fields(
      "swap", Value::boolean(judge.swap), "models", Value::integer(std::int64_t{judge.models}),
      "disagree", Value::string(judge.disagree), "when_missing", Value::string(judge.when_missing));
}

}  // namespace

void add_template_functions(script::HostTable& table, const config::LlmConfig& config) {
  auto templates = std::make_shared<const Templates>(config);
  table.functions.push_back(
      {kLibrary, "harden_template",
       "fun(args: LLMExecPromptTemplatePayload, beside: integer|nil): {system: string, user: "
       "string, phrasing: integer}|nil",
       "The texts of a template's prompt as `judge.harden` says (docs/judges.md); nil when the "
       "configured text is to be filled as it is, or for an unknown template. `beside`: the "
       "phrasing of an earlier question; another one is drawn. Raises SCRIPT_BAD_ARGUMENT for "
       "invalid UTF-8.",
       HostFunction::Heavy{[templates = std::move(templates)](HostFunction::Args& args) {
                             return harden(*templates, args);
                           },
                           harden_length}});
  table.functions.push_back(
      {kLibrary, "note_judgement",
       "fun(judgement: {template: string, outcome: string, opinions: integer, swapped: integer, "
       "missing: integer, agreed: boolean})",
       "Counts a judgement in the module's metrics; llm.judge calls it. `outcome`: true, false, "
       "no_majority or refused. Raises SCRIPT_BAD_ARGUMENT.",
       HostFunction::Sync(note_judgement)});
  table.constants.push_back(
      {kLibrary, "judge",
       "{swap: boolean, models: integer, disagree: string, when_missing: string}",
       "How many opinions make a verdict, as configured; llm.judge goes by it.",
       judge_value(config.judge)});
}

}  // namespace gvm::llm
