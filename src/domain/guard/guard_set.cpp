#include "guard/guard_set.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error_codes.h"
#include "guard/compiled_rules.h"
#include "text/utf8.h"

namespace gvm::guard {

struct GuardSet::Compiled {
  CompiledRules rules;
};

namespace {

// Of one round, estimated at their worst: of each text, of each of its bytes, and what a detector
// takes for a byte.
constexpr std::uint64_t kLook = 5'000;
constexpr std::uint64_t kByte = 50;
constexpr std::uint64_t kDetectorByte = 20;

bool blocks(const Finding& finding) {
  return finding.rule->action == Action::block && !finding.rule->dry_run;
}

std::string stage_text(Stage stage) {
  switch (stage) {
    case Stage::input:
      return "the prompt";
    case Stage::output:
      return "the answer";
    case Stage::page:
      return "the page";
  }
  return "the text";
}

// One text on its way through the rules.
class Passage {
 public:
  Passage(const CompiledRules& compiled, const Inspection& inspection)
      : compiled_(compiled), inspection_(inspection), text_(inspection.text) {}

  Result<Verdict> run() && {
    if (auto good = check_text(); !good) return fail(std::move(good).error());
    for (round_ = 0; round_ <= compiled_.limits.rounds; ++round_) {
      auto found = find();
      if (!found) return fail(std::move(found).error());
      note(*found);
      if (verdict_.action == Action::block) return std::move(verdict_);
      const auto masks = masks_of(*found);
      if (masks.empty()) {
        verdict_.text = std::move(text_);
        return std::move(verdict_);
      }
      if (auto masked = replace(masks); !masked) return fail(std::move(masked).error());
    }
    return mask_failed("placeholders made rules fire again and again");
  }

 private:
  Result<void> check_text() const {
    const auto most = std::min<std::size_t>(compiled_.limits.text_bytes,
                                            std::numeric_limits<std::uint32_t>::max());
    if (text_.size() > most)
      return fail(codes::kTooLarge, Fatality::user,
                  stage_text(inspection_.stage) + " is over " + std::to_string(most) +
                      " bytes, more than guards look at");
    if (const auto bad = text::find_invalid_utf8(text_); bad != text::kAllValid)
      return fail(
          codes::kGuardBadText, Fatality::user,
          stage_text(inspection_.stage) + " has invalid UTF-8 at byte " + std::to_string(bad));
    return {};
  }

  std::unexpected<Error> too_long() const {
    return fail(codes::kTooLarge, Fatality::user,
                "looking at " + stage_text(inspection_.stage) + " takes too long");
  }

  bool may_look() const {
    const auto byte = kByte + kDetectorByte * compiled_.detectors.size();
    return may_spend(inspection_.effort, kLook + compiled_.atoms + text_.size() * byte);
  }

  Result<std::vector<Match>> find() const {
    if (!may_look()) return too_long();
    Reading reading{text_,
                    clean_view(text_),
                    search_view(text_),
                    {inspection_.system_texts, inspection_.prompt_texts},
                    inspection_.links,
                    inspection_.effort};
    auto matches = find_matches(compiled_, inspection_.stage, inspection_.scope, reading);
    if (inspection_.effort != nullptr && inspection_.effort->exhausted()) return too_long();
    if (matches.overflow())
      return fail(codes::kTooLarge, Fatality::user,
                  "guards found over " + std::to_string(compiled_.limits.matches) + " places in " +
                      stage_text(inspection_.stage));
    auto list = std::move(matches.list());
    exempt(list);
    std::ranges::stable_sort(list, {}, [](const Match& match) { return match.span.begin; });
    return list;
  }

  const Rule& rule_of(const Match& match) const { return compiled_.rules[match.rule]; }

  // Drops what lies inside of something that is allowed.
  void exempt(std::vector<Match>& list) const {
    std::vector<Span> allowed;
    for (const auto& match : list)
      if (rule_of(match).action == Action::allow && !rule_of(match).dry_run)
        allowed.push_back(match.span);
    if (allowed.empty()) return;
    std::ranges::sort(allowed, {}, &Span::begin);
    // The farthest end of all that begin here or before.
    for (std::size_t i = 1; i < allowed.size(); ++i)
      allowed[i].end = std::max(allowed[i].end, allowed[i - 1].end);
    std::erase_if(list, [&](const Match& match) {
      if (rule_of(match).action == Action::allow || !has_places(rule_of(match).kind)) return false;
      const auto behind = std::ranges::upper_bound(allowed, match.span.begin, {}, &Span::begin);
      return behind != allowed.begin() && (behind - 1)->end >= match.span.end;
    });
  }

  void note(const std::vector<Match>& list) {
    for (const auto& match : list) {
      const auto& rule = rule_of(match);
      verdict_.refusal = verdict_.refusal || rule.kind == RuleKind::refusal;
      // What only warns has been reported in the first round.
      if (round_ > 0 && rule.action < Action::mask) continue;
      if (round_ > 0 && rule.dry_run) continue;
      verdict_.findings.push_back({&rule, match.span, match.label, round_});
      if (!rule.dry_run) verdict_.action = std::max(verdict_.action, rule.action);
    }
  }

  // Places to replace, which do not overlap: those that do became one.
  std::vector<Match> masks_of(const std::vector<Match>& list) const {
    std::vector<Match> masks;
    for (const auto& match : list) {
      if (rule_of(match).action != Action::mask || rule_of(match).dry_run) continue;
      if (!masks.empty() && match.span.begin < masks.back().span.end) {
        masks.back().span.end = std::max(masks.back().span.end, match.span.end);
      } else {
        masks.push_back(match);
      }
    }
    return masks;
  }

  Result<void> replace(const std::vector<Match>& masks) {
    if (inspection_.placeholders == nullptr) return mask_failed("the caller keeps no placeholders");
    const auto taken = inspection_.placeholders->taken_in(text_);
    std::string masked;
    masked.reserve(text_.size());
    std::size_t kept = 0;
    for (const auto& mask : masks) {
      const auto value =
          std::string_view(text_).substr(mask.span.begin, mask.span.end - mask.span.begin);
      const auto& label = rule_of(mask).label;
      const auto made =
          inspection_.placeholders->of(label.empty() ? mask.label : label, value, taken);
      if (!made) return mask_failed("the session has no room for more placeholders");
      masked += std::string_view(text_).substr(kept, mask.span.begin - kept);
      masked += *made;
      kept = mask.span.end;
    }
    masked += std::string_view(text_).substr(kept);
    text_ = std::move(masked);
    return {};
  }

  std::unexpected<Error> mask_failed(std::string_view why) const {
    return fail(codes::kGuardMaskFailed, Fatality::user,
                stage_text(inspection_.stage) + " cannot be masked: " + std::string(why));
  }

  const CompiledRules& compiled_;
  const Inspection& inspection_;
  std::string text_;
  std::size_t round_ = 0;
  Verdict verdict_;
};

}  // namespace

bool Verdict::fails_over() const {
  return action == Action::block && std::ranges::all_of(findings, [](const Finding& finding) {
           return !blocks(finding) || finding.rule->fail_over;
         });
}

Error Verdict::error(Stage stage) const {
  const auto at = std::ranges::find_if(findings, blocks);
  const bool known = at != findings.end();
  Error error(codes::kGuardBlocked, Fatality::user,
              "a guard refuses " + stage_text(stage) +
                  (known ? ": the rule \"" + at->rule->name + "\" fired" : std::string()));
  error.with("stage", Value::string(std::string(name_of(stage))));
  if (known) {
    error.with("rule", Value::string(at->rule->name));
    error.with("kind", Value::string(std::string(at->label)));
  }
  return error;
}

GuardSet::GuardSet(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
GuardSet::~GuardSet() = default;

Result<std::shared_ptr<const GuardSet>> GuardSet::compile(std::vector<Rule> rules,
                                                          const GuardLimits& limits) {
  auto compiled = compile_rules(std::move(rules), limits);
  if (!compiled) return fail(std::move(compiled).error());
  auto owned = std::make_unique<const Compiled>(Compiled{std::move(*compiled)});
  return std::shared_ptr<const GuardSet>(new GuardSet(std::move(owned)));
}

Result<Verdict> GuardSet::inspect(const Inspection& inspection) const {
  return Passage(compiled_->rules, inspection).run();
}

const std::vector<Rule>& GuardSet::rules() const {
  return compiled_->rules.rules;
}

bool GuardSet::acts_on(Stage stage) const {
  for (std::uint32_t i = 0; i < compiled_->rules.rules.size(); ++i)
    if (compiled_->rules.looks_at(i, stage)) return true;
  return false;
}

bool GuardSet::has(RuleKind kind, Stage stage) const {
  return std::ranges::any_of(
      rules(), [&](const Rule& rule) { return rule.kind == kind && rule.looks_at(stage); });
}

}  // namespace gvm::guard
