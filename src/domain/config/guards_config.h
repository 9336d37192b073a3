#pragma once
// The settings of guards: what may enter a prompt, and leave as an answer or a page. The rules are
// compiled when they are loaded.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "config/json_form.h"

namespace gvm::guard {
class GuardSet;
}

namespace gvm::config {

struct GuardRuleConfig {
  std::string name;
  std::string kind;                 // as guard::name_of(RuleKind)
  std::vector<std::string> stages;  // empty: all
  std::string action = "block";
  bool dry_run = false;
  std::optional<bool> fail_over;  // absent: refusals do
  std::vector<std::string> entries;
  bool whole_words = true;
  std::string unit = "bytes";
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  JsonForm form;
  int score = 10;
  std::string label;
};

// Somebody outside who judges a text, after the rules: an endpoint of OpenAI's form, or a model.
struct ModeratorConfig {
  std::string name;
  std::string url;  // POST here, as to OpenAI's /v1/moderations; empty: a backend judges
  Secret key;       // may be empty
  std::string backend;
  std::string model;
  std::string instructions;             // to the backend's model: what may not pass
  std::vector<std::string> stages;      // empty: all
  std::vector<std::string> categories;  // empty: what the endpoint flags
  double score = 0;                     // of a category; 0: the endpoint's own flags
  std::string action = "block";         // or warn
  bool dry_run = false;
  std::chrono::milliseconds timeout{5'000};
  std::string when_down = "block";  // or pass
};

struct GuardsConfig {
  bool enforce = false;  // below scripts: no script can go round it
  bool restore = true;   // values stand again in answers in place of their placeholders
  std::vector<std::string> canaries;
  std::vector<GuardRuleConfig> rules;
  std::vector<ModeratorConfig> moderators;

  std::shared_ptr<const guard::GuardSet> compiled;  // null: there are neither rules nor moderators
};

}  // namespace gvm::config
