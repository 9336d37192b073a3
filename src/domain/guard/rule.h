#pragma once
// What an operator writes: a list of rules. Pure data; guard_set.h compiles it.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/size.h"
#include "base/value.h"

namespace gvm::guard {

enum class Stage : std::uint8_t {
  input,   // a prompt, before a model sees it
  output,  // a model's answer, before a script or a contract sees it
  page,    // what the web module returns
};
std::string_view name_of(Stage stage);  // "input", "output", "page"
std::optional<Stage> stage_named(std::string_view name);
inline constexpr std::array kStages = {Stage::input, Stage::output, Stage::page};

// From the mildest to the strictest: the strictest of all that fire decides.
enum class Action : std::uint8_t {
  allow,  // what it matches is exempt from the other rules
  warn,   // reported only
  mask,   // every match is replaced by a placeholder
  block,  // the text goes no further
};
std::string_view name_of(Action action);  // "allow", ...
std::optional<Action> action_named(std::string_view name);

enum class RuleKind : std::uint8_t {
  literals,  // `entries`: texts, compared in their search form (text/search_form.h)
  patterns,  // `entries`: regular expressions in RE2's syntax, over the text without what is unseen
  length,    // `least` to `most` of `unit`
  language,  // `entries`: the only languages (ISO 639-1) a text may be in; unclear ones pass
  script,    // `entries`: the only scripts (ISO 15924) its letters may be of
  choice,    // `entries`: the text, trimmed, is one of these
  json,      // the text is JSON, of the form `schema` when there is one
  links,     // addresses that the caller's judge refuses
  secrets,   // `entries`: kinds of secrets (secrets.h); none: all
  personal,  // `entries`: kinds of personal data (personal.h); none: all
  injection,   // attempts to steer a model, `score` points or more
  canary,      // passages of the session's system texts, and their canaries
  repetition,  // a text that repeats itself over and over
  refusal,     // "I cannot help with that"
};
std::string_view name_of(RuleKind kind);
std::optional<RuleKind> rule_kind_named(std::string_view name);
// Whether its matches are places in the text; else the whole text fires, and nothing can be masked.
bool has_places(RuleKind kind);

enum class LengthUnit : std::uint8_t {
  bytes,
  characters,  // grapheme clusters
  tokens,      // estimated: a token is 4 ASCII characters, or 1 other
};
std::optional<LengthUnit> length_unit_named(std::string_view name);

// Which rules look at a text: a string inside of a JSON answer is no whole text.
enum class Scope : std::uint8_t { all, places, whole_text };

struct Rule {
  std::string name;  // unique; metrics and reports use it
  RuleKind kind = RuleKind::literals;
  std::vector<Stage> stages;  // empty: all; of canary output and page, of refusal output
  Action action = Action::block;
  bool dry_run = false;    // reported, not acted upon
  bool fail_over = false;  // block, of an answer: another model is asked
  std::vector<std::string> entries;
  bool whole_words = true;  // literals: no letter or digit before or behind
  LengthUnit unit = LengthUnit::bytes;
  std::size_t least = 0;
  std::size_t most = 0;  // 0: no limit
  std::optional<Value> schema;
  unsigned score = 10;  // injection
  std::string label;    // in placeholders: "[LABEL_1]"; empty: by the kind of what was found

  bool looks_at(Stage stage) const;
};

// Of a rule set and of the texts that pass it.
struct GuardLimits {
  std::size_t rules = 1'000;
  std::size_t entries = 100'000;          // of all rules
  std::size_t entry_bytes = 4 * kKiB;     // of one literal or pattern
  std::size_t literal_bytes = 4 * kMiB;   // of all literals
  std::size_t pattern_steps = 4'000'000;  // of RE2's programs, all together, about 16 bytes each
  std::size_t text_bytes = 4 * kMiB;      // over it: TOO_LARGE
  std::size_t matches = 20'000;           // of one text; over it the text is blocked
  std::size_t rounds = 4;                 // of masking
};

}  // namespace gvm::guard
