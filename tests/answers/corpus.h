#pragma once
// Broken answers with their correct readings, constructed from fixed seeds.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "answers/document.h"

namespace gvm::answers {

struct BrokenAnswer {
  std::string text;
  // The correct reading; none when the answer must be refused.
  std::optional<Value> right;
};

struct BrokenKind {
  std::string_view name;
  bool certain;  // a careful person has no doubt about the reading
  std::function<BrokenAnswer(Random&)> make;
};

// Habits of models: written together with the reader, and used to improve it.
std::vector<BrokenKind> habits();  // certain
std::vector<BrokenKind> faults();  // may be refused, must not be misread
// Damage to other documents by other means; never used to improve the reader.
std::vector<BrokenKind> held_out();
// Of transports and copying: used to improve the reader after held_out() had been.
std::vector<BrokenKind> transport();
// Damage by chance. Made last; two rules of the reader are newer.
std::vector<BrokenKind> unseen();
// Dialects, wrappings and languages of models: written last, apart from the reader.
std::vector<BrokenKind> second();
// Words that take an object back or give it to somebody else, and words that are harmless.
std::vector<BrokenKind> prose();

struct VerdictAttack {
  std::string text;
  bool own = false;  // the judge's own verdict; the attacker wants the opposite
};
// An answer in which a judge quotes an attacker's text.
VerdictAttack verdict_attack(Random& random);

}  // namespace gvm::answers
