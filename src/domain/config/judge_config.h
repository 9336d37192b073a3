#pragma once
// The settings of judge: how the prompts of the templates are hardened, and how many opinions make
// a verdict.
#include <string>
#include <string_view>
#include <vector>

namespace gvm::config {

struct JudgeConfig {
  // What is done to prompts of our own templates: fences, marks, sandwich, unseen, phrasings.
  std::vector<std::string> harden = {"fences", "marks", "sandwich", "unseen", "phrasings"};
  bool harden_own = false;         // and to those of the operator's own templates
  bool swap = false;               // comparative: asked again with the texts in changed places
  int models = 1;                  // opinions, each of another model
  std::string disagree = "false";  // or refuse: what the contract gets without a majority
  std::string when_missing = "disagree";  // or first: when a further opinion cannot be had

  bool hardens(std::string_view what) const {
    for (const auto& each : harden)
      if (each == what) return true;
    return false;
  }
};

}  // namespace gvm::config
