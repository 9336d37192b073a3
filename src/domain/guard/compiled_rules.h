#pragma once
// What GuardSet::compile makes of rules, and what looks for matches with it.
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "guard/detector.h"
#include "guard/literal_matcher.h"
#include "guard/match.h"
#include "guard/pattern_matcher.h"
#include "guard/rule.h"

namespace gvm::guard {

// What a literal of the automaton stands for.
struct LiteralUse {
  enum class Kind : std::uint8_t { rule, atom, phrase };
  Kind kind = Kind::rule;
  bool whole_words = false;
  std::uint32_t index = 0;  // of the rule, or of the pattern matcher's atom
  unsigned points = 0;      // of a phrase
};

// What a regular expression stands for.
struct PatternUse {
  std::uint32_t rule = 0;
  std::string_view label;
  bool (*holds)(std::string_view) = nullptr;
};

struct RuleDetector {
  std::uint32_t rule = 0;
  std::unique_ptr<Detector> detector;
};

struct CompiledRules {
  std::vector<Rule> rules;
  GuardLimits limits;
  LiteralMatcher literals;
  std::vector<LiteralUse> literal_uses;
  PatternMatcher patterns{1};
  std::vector<PatternUse> pattern_uses;
  std::size_t atoms = 0;
  std::vector<RuleDetector> detectors;
  std::vector<std::uint32_t> injection_rules;

  bool looks_at(std::uint32_t rule, Stage stage, Scope scope = Scope::all) const;
};

Result<CompiledRules> compile_rules(std::vector<Rule> rules, const GuardLimits& limits);

// All matches of the rules of `scope` that look at `stage`; places are those of `reading.original`.
Matches find_matches(const CompiledRules& compiled, Stage stage, Scope scope,
                     const Reading& reading);

// Points of the phrases of injections in a text, which may be a decoded one.
unsigned phrase_points(const CompiledRules& compiled, std::string_view text);

}  // namespace gvm::guard
