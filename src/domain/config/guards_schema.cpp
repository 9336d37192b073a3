// The configuration keys of `guards`.
#include "config/guards_schema.h"

#include <fmt/format.h>

#include <utility>

#include "base/error_detail.h"
#include "config/choice.h"
#include "config/guards_load.h"
#include "guard/guard_set.h"

namespace gvm::config {

namespace {

constexpr double kMostLength = 1e9;

Row ours(std::string_view name, std::string_view doc, Range range = {},
         std::string_view unit = {}) {
  return {.name = name, .doc = doc, .origin = Origin::ours, .range = range, .unit = unit};
}

void check_rule(const Node& node, const std::string& path, Context& context, GuardRuleConfig& c) {
  check_choice(node, path, "kind", context, c.kind,
               {"literals", "patterns", "length", "language", "script", "choice", "json", "links",
                "secrets", "personal", "injection", "canary", "repetition", "refusal"});
  check_choice(node, path, "action", context, c.action, {"allow", "warn", "mask", "block"});
  check_choice(node, path, "unit", context, c.unit, {"bytes", "characters", "tokens"});
  for (const auto& stage : c.stages)
    check_choice(node, path, "stages", context, stage, {"input", "output", "page"});
}

const Section& rule_section() {
  using C = GuardRuleConfig;
  static const Section section =
      SectionBuilder<C>("a guard rule",
                        "What a text may hold; docs/guards.md says what each kind finds.")
          .leaf(&C::kind,
                {.name = "kind",
                 .doc = "literals, patterns, length, language, script, choice, json, links, "
                        "secrets, personal, injection, canary, repetition or refusal",
                 .origin = Origin::ours,
                 .presence = Presence::required})
          .leaf(&C::stages, {.name = "stages",
                             .doc = "input, output, page; absent: all of them",
                             .origin = Origin::ours,
                             .format = Format::one_or_more})
          .leaf(&C::action, ours("action",
                                 "allow, warn, mask or block; the strictest one of all "
                                 "rules that fire decides"))
          .leaf(&C::dry_run, ours("dry_run", "Reported and counted, not acted upon"))
          .leaf(&C::fail_over, ours("fail_over",
                                    "block, of an answer: the next model is asked; absent: a "
                                    "refusal does, other rules end the prompt"))
          .leaf(&C::entries, {.name = "entries",
                              .doc = "Texts, RE2 expressions, languages, scripts, values, or kinds "
                                     "of secrets or personal data",
                              .origin = Origin::ours,
                              .format = Format::one_or_more})
          .leaf(&C::whole_words,
                ours("whole_words", "Literals: no letter or digit stands before or behind"))
          .leaf(&C::unit, ours("unit", "Of a length: bytes, characters or tokens (an estimate)"))
          .leaf(&C::least, ours("least", "Length: the smallest that passes", {0, kMostLength}))
          .leaf(&C::most, ours("most", "Length: the largest that passes; 0: any", {0, kMostLength}))
          .leaf(&C::form, ours("schema", "json: the form the text must have"))
          .leaf(&C::score, ours("score", "injection: points from which it fires", {1, 1'000}))
          .leaf(&C::label, ours("label", "mask: what placeholders say; absent: what was found"))
          .check(check_rule)
          .build();
  return section;
}

void check_moderator(const Node& node, const std::string& path, Context& context,
                     ModeratorConfig& c) {
  check_choice(node, path, "action", context, c.action, {"warn", "block"});
  check_choice(node, path, "when_down", context, c.when_down, {"block", "pass"});
  for (const auto& stage : c.stages)
    check_choice(node, path, "stages", context, stage, {"input", "output", "page"});
  const bool asks_model = !c.backend.empty();
  if (c.url.empty() != asks_model || (asks_model && c.model.empty()))
    context.error(node.mark, path, "needs either `url`, or `backend` and `model`");
  else if (asks_model && c.instructions.empty())
    context.error(node.mark, path, "needs `instructions`: what the model refuses");
  if (c.score > 0 && c.categories.empty())
    context.error(node.mark, path, "`score` needs `categories`");
}

const Section& moderator_section() {
  using C = ModeratorConfig;
  constexpr double kMostTimeout = 60'000;
  static const Section section =
      SectionBuilder<C>("a moderator",
                        "Somebody outside who judges a text that the rules let pass, with its "
                        "masks: an endpoint of OpenAI's form, or a model of a backend.")
          .leaf(&C::url, {.name = "url",
                          .doc = "An endpoint of the form of OpenAI's /v1/moderations",
                          .origin = Origin::ours,
                          .format = Format::url})
          .leaf(&C::key, ours("key", "Its key; absent: it needs none"))
          .leaf(&C::backend, ours("backend", "In place of `url`: the backend whose model judges"))
          .leaf(
              &C::model,
              ours("model", "With `url`: the model that is named to it; else the one that judges"))
          .leaf(&C::instructions, ours("instructions", "To the model that judges: what it refuses"))
          .leaf(&C::stages, {.name = "stages",
                             .doc = "input, output, page; absent: all of them",
                             .origin = Origin::ours,
                             .format = Format::one_or_more})
          .leaf(&C::categories, {.name = "categories",
                                 .doc = "Of the endpoint: only these count; absent: all",
                                 .origin = Origin::ours,
                                 .format = Format::one_or_more})
          .leaf(
              &C::score,
              ours("score", "A category counts from this score on; 0: when it is flagged", {0, 1}))
          .leaf(&C::action, ours("action", "warn or block"))
          .leaf(&C::dry_run, ours("dry_run", "Asked and counted, not acted upon"))
          .leaf(&C::timeout, ours("timeout", "One question", {1, kMostTimeout}))
          .leaf(&C::when_down, ours("when_down",
                                    "block or pass: what becomes of a text when no usable verdict "
                                    "came in time"))
          .check(check_moderator)
          .build();
  return section;
}

guard::Rule rule_of(const GuardRuleConfig& c) {
  guard::Rule rule;
  rule.name = c.name;
  rule.kind = guard::rule_kind_named(c.kind).value_or(guard::RuleKind::literals);
  for (const auto& stage : c.stages)
    if (const auto known = guard::stage_named(stage)) rule.stages.push_back(*known);
  rule.action = guard::action_named(c.action).value_or(guard::Action::block);
  rule.dry_run = c.dry_run;
  const bool usual = rule.kind == guard::RuleKind::refusal && rule.action == guard::Action::block;
  rule.fail_over = c.fail_over.value_or(usual);
  rule.entries = c.entries;
  rule.whole_words = c.whole_words;
  rule.unit = guard::length_unit_named(c.unit).value_or(guard::LengthUnit::bytes);
  rule.least = c.least;
  rule.most = c.most;
  if (!c.form.schema.is_null()) rule.schema = c.form.schema;
  rule.score = static_cast<unsigned>(c.score);
  rule.label = c.label;
  return rule;
}

// The rule that a sentence of GuardSet::compile is about stands in quotes.
Mark mark_of(const Node& node, std::string_view sentence) {
  const auto* rules = node.find("rules");
  if (rules == nullptr) return node.mark;
  const auto open = sentence.find('"');
  const auto close = sentence.find('"', open + 1);
  if (open == std::string_view::npos || close == std::string_view::npos) return rules->mark;
  const auto* rule = rules->value->find(sentence.substr(open + 1, close - open - 1));
  return rule == nullptr ? rules->mark : rule->mark;
}

void compile_rules(const Node& node, const std::string& path, Context& context, GuardsConfig& c) {
  if (!c.moderators.empty() && !c.enforce)
    context.error(node.mark, path + ".moderators",
                  "moderators are asked with `enforce: true` only");
  const bool nothing = c.rules.empty() && c.moderators.empty();
  if (nothing || !context.errors.empty()) return;
  std::vector<guard::Rule> rules;
  for (const auto& rule : c.rules) rules.push_back(rule_of(rule));
  auto compiled = guard::GuardSet::compile(std::move(rules));
  if (compiled) {
    c.compiled = std::move(*compiled);
    return;
  }
  const std::string why(detail_of(compiled.error()));
  context.error(mark_of(node, why), path + ".rules", why);
}

LoadedGuards load_document_guards(Document document, const std::string& file,
                                  const Environment& env) {
  if (!document.root) return std::unexpected(std::move(document.diagnostics));
  expand_strings(document, file, env);
  Context context{file, env, UnknownKeys::refuse, std::move(document.diagnostics), {}, {}};
  GuardsConfig guards;
  if (const auto* entry = document.root->find("guards"))
    read_section(guards_section(), *entry->value, "guards", context, &guards);
  if (!context.errors.empty()) {
    sort_by_position(context.errors);
    return std::unexpected(std::move(context.errors));
  }
  return LoadResult<GuardsConfig>{std::move(guards), std::move(context.warnings),
                                  std::move(context.secrets)};
}

}  // namespace

const Section& guards_section() {
  using C = GuardsConfig;
  static const Section section =
      SectionBuilder<C>("guards", "What may enter a prompt, and leave as an answer or a page.")
          .leaf(&C::enforce, ours("enforce",
                                  "Every prompt, answer and page passes the rules, "
                                  "whatever scripts do; else only what scripts ask for"))
          .leaf(&C::restore, ours("restore",
                                  "Values stand again in answers in place of their "
                                  "placeholders"))
          .leaf(&C::canaries,
                {.name = "canaries",
                 .doc = "Words of system texts that no answer may hold, 8 bytes and more",
                 .origin = Origin::ours,
                 .format = Format::one_or_more})
          .named(&C::rules, rule_section(), ours("rules", "The rules by a name of your choice"))
          .named(
              &C::moderators, moderator_section(),
              ours("moderators", "Who else judges, by a name of your choice; asked in this order"))
          .check(compile_rules)
          .build();
  return section;
}

LoadedGuards load_guards(const std::string& path, const Environment& env) {
  return load_document_guards(read_document(path), path, env);
}

LoadedGuards load_guards_text(std::string_view text, const std::string& file,
                              const Environment& env) {
  return load_document_guards(parse_document(text, file), file, env);
}

}  // namespace gvm::config
