#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/error_codes.h"
#include "guard/canary.h"
#include "guard/compiled_rules.h"
#include "guard/links.h"
#include "guard/personal.h"
#include "guard/phrases.h"
#include "guard/secrets.h"
#include "guard/views.h"
#include "guard/whole_text.h"
#include "text/utf8.h"

namespace gvm::guard {
namespace {

class Compiler {
 public:
  explicit Compiler(std::vector<Rule> rules, const GuardLimits& limits) {
    out_.rules = std::move(rules);
    out_.limits = limits;
    out_.patterns = PatternMatcher(expected_patterns());
  }

  Result<CompiledRules> run() && {
    if (auto good = check_all(); !good) return fail(std::move(good).error());
    for (rule_index_ = 0; rule_index_ < out_.rules.size(); ++rule_index_)
      if (auto added = add(rule()); !added) return fail(std::move(added).error());
    if (!out_.injection_rules.empty()) add_phrases();
    if (auto built = build(); !built) return fail(std::move(built).error());
    return std::move(out_);
  }

 private:
  const Rule& rule() const { return out_.rules[rule_index_]; }

  std::unexpected<Error> wrong(const Rule& rule, std::string_view what) const {
    return fail(codes::kInvalidConfig, Fatality::fatal,
                "the guard rule \"" + rule.name + "\": " + std::string(what));
  }

  std::size_t expected_patterns() const {
    std::size_t count = 0;
    for (const auto& rule : out_.rules) {
      count += rule.kind == RuleKind::patterns ? rule.entries.size() : 0;
      count += rule.kind == RuleKind::secrets ? secret_patterns().size() : 0;
    }
    return count;
  }

  Result<void> check_all() const {
    if (out_.rules.size() > out_.limits.rules)
      return fail(codes::kInvalidConfig, Fatality::fatal,
                  "over " + std::to_string(out_.limits.rules) + " guard rules");
    std::set<std::string_view> names;
    std::size_t entries = 0;
    for (const auto& rule : out_.rules) {
      if (auto good = check(rule); !good) return good;
      if (!names.insert(rule.name).second) return wrong(rule, "another rule has the same name");
      entries += rule.entries.size();
    }
    if (entries > out_.limits.entries)
      return fail(codes::kInvalidConfig, Fatality::fatal,
                  "the guard rules have over " + std::to_string(out_.limits.entries) + " entries");
    return check_contradictions();
  }

  Result<void> check(const Rule& rule) const {
    if (rule.name.empty())
      return fail(codes::kInvalidConfig, Fatality::fatal, "a guard rule has no name");
    if (rule.action == Action::mask && !has_places(rule.kind))
      return wrong(rule, "a rule of kind " + std::string(name_of(rule.kind)) +
                             " is about the whole text, which cannot be masked: use warn or block");
    if (rule.kind == RuleKind::canary && !rule.stages.empty() && rule.looks_at(Stage::input))
      return wrong(rule, "it is about answers and pages: a prompt holds its own system text");
    if (rule.fail_over && rule.action != Action::block)
      return wrong(rule, "only a rule that blocks fails over");
    if (rule.action == Action::allow && rule.kind != RuleKind::literals &&
        rule.kind != RuleKind::patterns)
      return wrong(rule, "only literals and patterns can allow something");
    for (const auto& entry : rule.entries) {
      if (entry.size() > out_.limits.entry_bytes)
        return wrong(rule,
                     "an entry is over " + std::to_string(out_.limits.entry_bytes) + " bytes");
      if (text::find_invalid_utf8(entry) != text::kAllValid)
        return wrong(rule, "an entry is no valid UTF-8");
    }
    return {};
  }

  static bool meet(const Rule& a, const Rule& b) {
    return std::ranges::any_of(kStages,
                               [&](Stage stage) { return a.looks_at(stage) && b.looks_at(stage); });
  }

  // What one rule allows, and another one of its kind masks or blocks, at the same stage.
  Result<void> check_contradictions() const {
    std::map<std::pair<RuleKind, std::string_view>, std::vector<const Rule*>> allowed;
    for (const auto& rule : out_.rules)
      if (rule.action == Action::allow)
        for (const auto& entry : rule.entries) allowed[{rule.kind, entry}].push_back(&rule);
    if (allowed.empty()) return {};
    for (const auto& rule : out_.rules) {
      if (rule.action == Action::allow || rule.action == Action::warn) continue;
      for (const auto& entry : rule.entries) {
        const auto at = allowed.find({rule.kind, entry});
        if (at == allowed.end()) continue;
        for (const auto* other : at->second)
          if (meet(rule, *other))
            return wrong(rule,
                         "the rule \"" + other->name + "\" allows its entry \"" + entry + "\"");
      }
    }
    return {};
  }

  Result<void> add(const Rule& rule) {
    switch (rule.kind) {
      case RuleKind::literals:
        return add_literals(rule);
      case RuleKind::patterns:
        return add_patterns(rule);
      case RuleKind::secrets:
        return add_secrets(rule);
      case RuleKind::personal:
        return add_personal(rule);
      case RuleKind::injection:
        out_.injection_rules.push_back(static_cast<std::uint32_t>(rule_index_));
        return {};
      case RuleKind::canary:
        return add_detector(make_canary());
      case RuleKind::links:
        return add_detector(make_links());
      default: {
        auto detector = make_whole_text(rule);
        if (!detector) return fail(std::move(detector).error());
        return add_detector(std::move(*detector));
      }
    }
  }

  Result<void> add_detector(std::unique_ptr<Detector> detector) {
    if (detector)
      out_.detectors.push_back({static_cast<std::uint32_t>(rule_index_), std::move(detector)});
    return {};
  }

  void add_literal(std::string_view form, const LiteralUse& use) {
    out_.literals.add(form, static_cast<std::uint32_t>(out_.literal_uses.size()));
    out_.literal_uses.push_back(use);
  }

  Result<void> add_literals(const Rule& rule) {
    if (rule.entries.empty()) return wrong(rule, "it has no entries");
    for (const auto& entry : rule.entries) {
      const auto form = search_text(entry);
      literal_bytes_ += form.size();
      if (form.find_first_not_of(' ') == std::string::npos)
        return wrong(rule, "an entry has nothing that is seen");
      if (literal_bytes_ > out_.limits.literal_bytes)
        return wrong(rule, "with it all literals are over " +
                               std::to_string(out_.limits.literal_bytes) + " bytes");
      add_literal(form, {LiteralUse::Kind::rule, rule.whole_words,
                         static_cast<std::uint32_t>(rule_index_), 0});
    }
    return {};
  }

  Result<void> add_pattern(const Rule& rule, std::string_view expression, int group,
                           const PatternUse& use) {
    const auto problem =
        out_.patterns.add(expression, static_cast<std::uint32_t>(out_.pattern_uses.size()), group);
    if (!problem.empty())
      return wrong(rule, "the pattern \"" + std::string(expression) + "\": " + problem);
    if (out_.patterns.steps() > out_.limits.pattern_steps)
      return wrong(rule, "with it all patterns are over " +
                             std::to_string(out_.limits.pattern_steps) +
                             " steps of RE2's programs");
    out_.pattern_uses.push_back(use);
    return {};
  }

  Result<void> add_patterns(const Rule& rule) {
    if (rule.entries.empty()) return wrong(rule, "it has no entries");
    for (const auto& entry : rule.entries) {
      const PatternUse use{static_cast<std::uint32_t>(rule_index_), "pattern", nullptr};
      if (auto added = add_pattern(rule, entry, 0, use); !added) return added;
    }
    return {};
  }

  Result<void> add_secrets(const Rule& rule) {
    std::vector<SecretKind> kinds;
    for (const auto& entry : rule.entries) {
      const auto kind = secret_kind_named(entry);
      if (!kind) return wrong(rule, "\"" + entry + "\" is no kind of secret");
      kinds.push_back(*kind);
    }
    for (const auto& pattern : secret_patterns()) {
      if (!kinds.empty() && std::ranges::find(kinds, pattern.kind) == kinds.end()) continue;
      const PatternUse use{static_cast<std::uint32_t>(rule_index_), pattern.label, pattern.holds};
      if (auto added = add_pattern(rule, pattern.expression, pattern.group, use); !added)
        return added;
    }
    return add_detector(make_secret_words(kinds));
  }

  Result<void> add_personal(const Rule& rule) {
    std::vector<PersonalKind> kinds;
    for (const auto& entry : rule.entries) {
      const auto kind = personal_kind_named(entry);
      if (!kind) return wrong(rule, "\"" + entry + "\" is no kind of personal data");
      kinds.push_back(*kind);
    }
    return add_detector(make_personal(std::move(kinds)));
  }

  void add_phrases() {
    for (const auto& phrase : injection_phrases())
      add_literal(search_text(phrase.text), {LiteralUse::Kind::phrase, true, 0, phrase.points});
    for (const auto& marker : role_markers())
      add_literal(search_text(marker.text), {LiteralUse::Kind::phrase, false, 0, marker.points});
  }

  Result<void> build() {
    auto atoms = out_.patterns.build();
    if (!atoms) return fail(std::move(atoms).error());
    out_.atoms = atoms->size();
    for (std::size_t i = 0; i < atoms->size(); ++i) {
      auto form = search_text((*atoms)[i]);
      // What is not seen is in no text that patterns look at.
      if (form.empty()) continue;
      add_literal(form, {LiteralUse::Kind::atom, false, static_cast<std::uint32_t>(i), 0});
    }
    out_.literals.build();
    return {};
  }

  CompiledRules out_;
  std::size_t rule_index_ = 0;
  std::size_t literal_bytes_ = 0;
};

}  // namespace

bool CompiledRules::looks_at(std::uint32_t rule, Stage stage, Scope scope) const {
  const bool places = has_places(rules[rule].kind);
  if (scope == (places ? Scope::whole_text : Scope::places)) return false;
  return rules[rule].looks_at(stage);
}

Result<CompiledRules> compile_rules(std::vector<Rule> rules, const GuardLimits& limits) {
  return Compiler(std::move(rules), limits).run();
}

}  // namespace gvm::guard
