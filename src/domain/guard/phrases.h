#pragma once
// What people write who want to steer a model, and what models write who refuse. Compared in search
// form, as words.
#include <span>
#include <string_view>

namespace gvm::guard {

struct Phrase {
  std::string_view text;
  unsigned points = 0;  // of an injection; 10 are enough for the default rule
};

std::span<const Phrase> injection_phrases();
// Markers of chat templates and of roles: not compared as words.
std::span<const Phrase> role_markers();
std::span<const Phrase> refusal_phrases();

}  // namespace gvm::guard
