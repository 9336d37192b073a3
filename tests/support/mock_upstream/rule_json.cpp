// Parses rules in the form of scripts; docs/mock-upstream.md lists the members.
#include <algorithm>

#include "support/mock_upstream/catalogue.h"
#include "support/mock_upstream/rule.h"
#include "text/json.h"

namespace gvm::mock {
namespace {

constexpr Name<Per> kPers[] = {
    {"all", Per::all}, {"session", Per::session}, {"model", Per::model}, {"key", Per::key}};

void read_form(Fields& fields, std::optional<Form>& out) {
  if (!fields.has("form")) return;
  out = Form::openai_compatible;
  fields.read("form", *out, kForms);
}

void read_when_headers(Fields& fields, Headers& out) {
  const Value* value = fields.take("headers");
  if (value == nullptr) return;
  if (!value->as_map()) return fields.complain("headers", "an object of strings");
  for (const auto& [name, part] : *value->as_map()) {
    if (!part.as_string()) return fields.complain("headers", "an object of strings");
    out.emplace_back(name.view(), *part.as_string());
  }
}

// 3, or [first, last], where last may be null for "and all that follow".
void read_turns(Fields& fields, When& when) {
  const Value* value = fields.take("turns");
  if (value == nullptr) return;
  const auto turn = [](const Value& number) -> std::optional<std::uint64_t> {
    const auto* integer = number.as_integer();
    const auto out = integer != nullptr ? integer->to_u64() : std::nullopt;
    return out == 0 ? std::nullopt : out;
  };
  constexpr std::string_view kExpected = "a turn from 1, or [first, last],";
  if (const auto only = turn(*value)) {
    when.first_turn = *only;
    when.last_turn = *only;
    return;
  }
  const auto* pair = value->as_array();
  if (pair == nullptr || pair->size() != 2) return fields.complain("turns", kExpected);
  const auto first = turn((*pair)[0]);
  when.last_turn = turn((*pair)[1]);
  if (!first || (!when.last_turn && !(*pair)[1].is_null()))
    return fields.complain("turns", kExpected);
  when.first_turn = *first;
}

Result<When> parse_when(const Value& value, const std::string& where) {
  When when;
  Fields fields(value, where);
  read_form(fields, when.form);
  fields.read("json", when.json);
  fields.read("model", when.model);
  fields.read("key", when.key);
  fields.read("session", when.session);
  fields.read("prompt", when.prompt);
  read_when_headers(fields, when.headers);
  fields.read_ms("from_ms", when.from);
  if (fields.has("until_ms")) fields.read_ms("until_ms", when.until.emplace());
  read_turns(fields, when);
  fields.read("every", when.every);
  if (when.every == 0) fields.complain("every", "a number of at least 1");
  fields.read("per", when.per, kPers);
  fields.read("rate", when.rate);
  if (when.rate > 1) fields.complain("rate", "a share of at most 1");
  if (auto ok = fields.done(); !ok) return fail(std::move(ok).error());
  return when;
}

Result<Fault> parse_fault_or_name(const Value& value, const std::string& where) {
  const auto name = value.as_string();
  if (!name) return parse_fault(value, where);
  const ScriptedFault* found = find_fault(*name);
  if (found == nullptr) return bad_script(where + ": no fault is called " + std::string(*name));
  return found->fault;
}

Result<Usage> parse_usage(const Value& value, const std::string& where) {
  Usage usage;
  Fields fields(value, where);
  fields.read("input", usage.input);
  fields.read("cache_read", usage.cache_read);
  fields.read("cache_write", usage.cache_write);
  fields.read("output", usage.output);
  fields.read("reasoning", usage.reasoning);
  if (auto ok = fields.done(); !ok) return fail(std::move(ok).error());
  return usage;
}

// Reads a member with `parse` into `out`; its error becomes the error of the object.
template <class T, class Out>
void read_part(Fields& fields, std::string_view name, Out& out,
               Result<T> (*parse)(const Value&, const std::string&)) {
  const Value* value = fields.take(name);
  if (value == nullptr) return;
  auto parsed = parse(*value, fields.path(name));
  if (!parsed) return fields.adopt(parsed.error());
  out = std::move(*parsed);
}

Result<Rule> parse_rule(const Value& value, const std::string& where) {
  Rule rule;
  Fields fields(value, where);
  fields.read("name", rule.name);
  read_part(fields, "when", rule.when, parse_when);
  read_part(fields, "fault", rule.fault, parse_fault_or_name);
  read_part(fields, "latency", rule.latency, parse_latency);
  read_part(fields, "usage", rule.usage, parse_usage);
  if (rule.fault.at_connection() && rule.when.asks_about_prompt())
    fields.complain("when", "for a fault at the connection: no condition on the prompt");
  if (!rule.name.empty() && rule.fault.name.starts_with(where)) rule.fault.name = rule.name;
  if (auto ok = fields.done(); !ok) return fail(std::move(ok).error());
  return rule;
}

Result<std::vector<Rule>> parse_rule_list(const Value& value, const std::string& where) {
  const auto* list = value.as_array();
  if (list == nullptr) return bad_script(where + ": a list is expected");
  std::vector<Rule> rules;
  for (const auto& entry : *list) {
    auto rule = parse_rule(entry, "rules[" + std::to_string(rules.size()) + "]");
    if (!rule) return fail(std::move(rule).error());
    rules.push_back(std::move(*rule));
  }
  return rules;
}

}  // namespace

Result<RuleSet> parse_rules(std::string_view json) {
  const auto document = text::parse_json(json);
  if (!document) return fail(document.error());
  RuleSet set;
  Fields fields(*document, "script");
  read_part(fields, "rules", set.rules, parse_rule_list);
  read_part(fields, "latency", set.latency, parse_latency);
  read_part(fields, "prices", set.prices, PriceTable::parse);
  fields.read("seed", set.seed);
  if (auto ok = fields.done(); !ok) return fail(std::move(ok).error());
  return set;
}

}  // namespace gvm::mock
