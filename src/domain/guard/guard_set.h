#pragma once
// The rules of a configuration, compiled once: what a text may hold when it enters a prompt, and
// when it leaves as an answer or a page. Immutable; shared by all lanes without locks.
//
// One list of matches decides and masks. After a replacement all rules look again, because a
// placeholder may make another rule fire; a text that cannot be masked goes no further.
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "guard/canary.h"
#include "guard/codes.h"
#include "guard/detector.h"
#include "guard/effort.h"
#include "guard/placeholders.h"
#include "guard/rule.h"

namespace gvm::guard {

struct Inspection {
  Stage stage = Stage::input;
  std::string_view text;
  Scope scope = Scope::all;
  Placeholders* placeholders = nullptr;       // null: masking rules fail, closed
  const SystemTexts* system_texts = nullptr;  // of the module; null: none
  const SystemTexts* prompt_texts = nullptr;  // of this prompt; null: none
  const LinkJudge* links = nullptr;           // null: rules of kind `links` find active links only
  Effort* effort = nullptr;                   // null: whatever it costs
};

struct Finding {
  const Rule* rule = nullptr;  // lives as long as the set
  Span span;                   // of the text, as it was in that round
  std::string_view label;
  std::size_t round = 0;  // 0: the text as it came
};

struct Verdict {
  Action action = Action::allow;  // the strictest of all rules that fired and are no dry run
  std::string text;               // to be used from here on; empty when blocked
  bool refusal = false;           // a rule of kind `refusal` fired, dry run or not
  std::vector<Finding> findings;  // in the order of their places, dry runs too

  // Blocked by rules that all let another model be asked.
  bool fails_over() const;
  // The non-fatal error of a blocked text: GUARD_BLOCKED, and in ctx the stage, the rule and the
  // label. It says nothing of the text.
  Error error(Stage stage) const;
};

class GuardSet {
 public:
  // INVALID_CONFIG with the rule's name and what is wrong: an unknown kind, a bad pattern, mask for
  // a rule without places, one text that is both allowed and blocked.
  static Result<std::shared_ptr<const GuardSet>> compile(std::vector<Rule> rules,
                                                         const GuardLimits& limits = {});
  ~GuardSet();
  GuardSet(const GuardSet&) = delete;
  GuardSet& operator=(const GuardSet&) = delete;

  // Time is linear in the text. Errors, all non-fatal: GUARD_BAD_TEXT, TOO_LARGE (the text, or what
  // was found in it), GUARD_MASK_FAILED. An error means that the text goes no further; when the
  // effort is exhausted it means nothing.
  Result<Verdict> inspect(const Inspection& inspection) const;

  const std::vector<Rule>& rules() const;
  bool acts_on(Stage stage) const;             // whether any rule looks at this stage
  bool has(RuleKind kind, Stage stage) const;  // a rule of that kind that looks at it

 private:
  struct Compiled;
  explicit GuardSet(std::unique_ptr<const Compiled> compiled);
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace gvm::guard
