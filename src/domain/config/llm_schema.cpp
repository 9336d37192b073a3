// The configuration keys of the LLM module only: the time limit, the backends, the prompt
// templates.
#include <fmt/format.h>

#include <algorithm>

#include "config/audit_schema.h"
#include "config/default_templates.h"
#include "config/greybox_schema.h"
#include "config/guards_schema.h"
#include "config/judge_schema.h"
#include "config/routing_schema.h"
#include "config/schema.h"

namespace gvm::config {

namespace {

constexpr double kDayMs = 24.0 * 3600 * 1000;

using Slots = std::vector<std::string_view>;
const Slots kComparative = {"leader_answer", "validator_answer", "principle"};
const Slots kLeader = {"task", "criteria", "input"};
const Slots kValidator = {"task", "criteria", "input", "output"};

std::string all_of(const Slots& slots) {
  std::vector<std::string> marked;
  for (const auto slot : slots) marked.push_back(fmt::format("#{{{}}}", slot));
  return fmt::format("{}", fmt::join(marked, ", "));
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

struct TextPlace {
  const Node& node;
  const std::string& path;
  Context& context;
  const Slots& slots;

  void refuse(std::string_view key, const std::string& message) const {
    const auto* entry = node.find(key);
    context.error(entry != nullptr ? entry->value->mark : node.mark,
                  fmt::format("{}.{}", path, key), message);
  }
};

RuntimeTemplate compile(const TextPlace& place, std::string_view key, const std::string& text) {
  auto compiled = RuntimeTemplate::compile(text, Malformed::keep).value_or(RuntimeTemplate());
  for (const auto& name : compiled.names()) {
    if (std::find(place.slots.begin(), place.slots.end(), name) != place.slots.end()) continue;
    auto message =
        fmt::format("got the unknown #{{{}}}, expected only {}", name, all_of(place.slots));
    const auto close = nearest(name, place.slots);
    if (!close.empty()) message += fmt::format(", nearest is \"{}\"", close);
    place.refuse(key, message);
  }
  return compiled;
}

void check_slots(const TextPlace& place, PromptTemplate& c) {
  c.compiled_system = compile(place, "system", c.system);
  c.compiled_user = compile(place, "user", c.user);
  const auto there = c.compiled_user.names();
  Slots missing;
  for (const auto slot : place.slots)
    if (!contains(there, slot)) missing.push_back(slot);
  if (missing.empty()) return;
  place.refuse("user",
               fmt::format("missing {}, expected all of {}", all_of(missing), all_of(place.slots)));
}

// A template that is given in part is not completed from our own: the two parts could contradict
// each other.
template <const Slots& kSlots>
void check_template(const Node& node, const std::string& path, Context& context,
                    PromptTemplate& c) {
  if (node.find("system") == nullptr) c.system.clear();
  check_slots({node, path, context, kSlots}, c);
  if (&kSlots != &kLeader || c.form.schema.is_null()) return;
  const auto* entry = node.find("schema");
  context.error(entry->mark, path + ".schema",
                "got a schema, expected none: the answer to this template is a text");
}

template <const Slots& kSlots>
const Section& template_section() {
  using C = PromptTemplate;
  static const Section section =
      SectionBuilder<C>("a prompt template",
                        "What the model is told; `#{name}` is filled in one pass.")
          .leaf(&C::system, {.name = "system", .doc = "The system message; may be absent"})
          .leaf(&C::user, {.name = "user",
                           .doc = "The user message; holds all placeholders",
                           .presence = Presence::required,
                           .format = Format::not_empty})
          .leaf(&C::form, {.name = "schema",
                           .doc = "A form that the judge's answer must have beside its `result`; "
                                  "for the templates that judge",
                           .origin = Origin::ours})
          .shorthand("user")
          .check(check_template<kSlots>)
          .build();
  return section;
}

}  // namespace

const Section& prompt_templates_section() {
  using C = PromptTemplates;
  static const Section section =
      SectionBuilder<C>("prompt_templates",
                        "The texts of the three templates; absent ones are ours.")
          .section(&C::eq_comparative, template_section<kComparative>(),
                   {.name = "eq_comparative",
                    .doc = "Do two answers agree? Holds `#{leader_answer}`, `#{validator_answer}`, "
                           "`#{principle}`"})
          .section(&C::eq_non_comparative_leader, template_section<kLeader>(),
                   {.name = "eq_non_comparative_leader",
                    .doc = "Perform a task. Holds `#{task}`, `#{criteria}`, `#{input}`"})
          .section(
              &C::eq_non_comparative_validator, template_section<kValidator>(),
              {.name = "eq_non_comparative_validator",
               .doc =
                   "Is an output right? Holds `#{task}`, `#{criteria}`, `#{input}`, `#{output}`"})
          .build();
  return section;
}

LlmConfig::LlmConfig() : prompt_templates(default_templates()) {}

const Section& llm_section() {
  using C = LlmConfig;
  static const Section section =
      SectionBuilder<C>("the LLM module", "Settings of the LLM module alone.")
          .inlined(&C::common, common_section(ModuleKind::llm))
          .inlined(&C::operation, operation_section())
          .leaf(&C::timeout,
                {.name = "timeout",
                 .doc = "One call of a provider, unless its backend or model says otherwise; 0: no "
                        "limit (24 hours)",
                 .format = Format::timeout,
                 .range = {0, kDayMs}})
          .named(&C::backends, backend_section(),
                 {.name = "backends", .doc = "The providers by a name of your choice"})
          .section(&C::prompt_templates, prompt_templates_section(),
                   {.name = "prompt_templates", .doc = "What the models are told"})
          .section(&C::routing, routing_section(),
                   {.name = "routing", .doc = "Which model gets a prompt", .origin = Origin::ours})
          .section(&C::pricing, pricing_section(),
                   {.name = "pricing", .doc = "What calls cost", .origin = Origin::ours})
          .named(&C::budgets, budget_section(),
                 {.name = "budgets",
                  .doc = "What may be spent, by a name of your choice",
                  .origin = Origin::ours})
          .section(
              &C::ledger, ledger_section(),
              {.name = "ledger", .doc = "Where spending is written down", .origin = Origin::ours})
          .section(&C::guards, guards_section(),
                   {.name = "guards",
                    .doc = "What prompts and answers may hold",
                    .origin = Origin::ours})
          .section(&C::audit, audit_section(ModuleKind::llm),
                   {.name = "audit", .doc = "A record of every answer", .origin = Origin::ours})
          .section(&C::data_rules, data_rules_section(),
                   {.name = "data_rules",
                    .doc = "Which backends prompts may reach",
                    .origin = Origin::ours})
          .section(
              &C::greybox, greybox_section(),
              {.name = "greybox", .doc = "What is drawn for each prompt", .origin = Origin::ours})
          .section(&C::judge, judge_section(),
                   {.name = "judge", .doc = "How the templates judge", .origin = Origin::ours})
          .build();
  return section;
}

}  // namespace gvm::config
