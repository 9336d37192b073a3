#pragma once
// Broken answers with their right readings, made by construction from fixed seeds.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "answers/document.h"

namespace gvm::answers {

struct BrokenAnswer {
  std::string text;
  // What it says; nothing when no reading is right, so that it must be refused.
  std::optional<Value> right;
};

struct BrokenKind {
  std::string_view name;
  bool certain;  // a careful person reads it without doubt
  std::function<BrokenAnswer(Random&)> make;
};

// What models do: written together with the reader and used to improve it.
std::vector<BrokenKind> habits();  // certain
std::vector<BrokenKind> faults();  // may be refused, must not be misread
// Damage to other documents by other means, never used to improve the reader.
std::vector<BrokenKind> held_out();
// Of transports and copying: used to improve the reader after held_out() had been.
std::vector<BrokenKind> transport();
// Damage by chance. Made last: nothing was changed for it.
std::vector<BrokenKind> unseen();

struct VerdictAttack {
  std::string text;
  bool own = false;  // what the judge itself says; the opposite is what the attacker wants
};
// An answer in which a judge quotes an attacker's text.
VerdictAttack verdict_attack(Random& random);

}  // namespace gvm::answers
