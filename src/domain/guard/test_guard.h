#pragma once
// What several tests of guards share.
#include <string>
#include <string_view>
#include <vector>

#include "guard/guard_set.h"

namespace gvm::guard {

inline Rule rule(std::string name, RuleKind kind, Action action,
                 std::vector<std::string> entries = {}) {
  Rule made;
  made.name = std::move(name);
  made.kind = kind;
  made.action = action;
  made.entries = std::move(entries);
  return made;
}

inline std::shared_ptr<const GuardSet> set_of(std::vector<Rule> rules) {
  auto compiled = GuardSet::compile(std::move(rules));
  return compiled ? *compiled : nullptr;
}

// "allow text", "block rule", or the error's text.
inline std::string outcome(const GuardSet& set, std::string_view text, Stage stage = Stage::input) {
  Placeholders placeholders("");
  const auto verdict = set.inspect({.stage = stage, .text = text, .placeholders = &placeholders});
  if (!verdict) return verdict.error().to_string();
  if (verdict->action == Action::block) {
    const auto error = verdict->error(stage);
    return "block " + std::string(error.ctx().find("rule")->as_string().value_or(""));
  }
  return std::string(name_of(verdict->action)) + " " + verdict->text;
}

// Labels of what one rule finds, with the places: "email:ann@x.org".
inline std::vector<std::string> findings(RuleKind kind, std::string_view text,
                                         std::vector<std::string> entries = {}) {
  const auto set = set_of({rule("r", kind, Action::warn, std::move(entries))});
  if (set == nullptr) return {"does not compile"};
  const auto verdict = set->inspect({.text = text});
  if (!verdict) return {verdict.error().to_string()};
  std::vector<std::string> out;
  for (const auto& finding : verdict->findings)
    out.push_back(
        std::string(finding.label) + ":" +
        std::string(text.substr(finding.span.begin, finding.span.end - finding.span.begin)));
  return out;
}

}  // namespace gvm::guard
