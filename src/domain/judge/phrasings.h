#pragma once
// The words of the hardened templates: several phrasings of each, which ask the same in other
// words, so that an attack that was tried against one of them meets another one.
#include <array>
#include <span>
#include <string_view>

#include "judge/template_kind.h"

namespace gvm::judge {

inline constexpr std::size_t kMostSlots = 4;

struct Phrasing {
  std::string_view system;                          // who the model is, what it decides
  std::string_view before;                          // sandwich: in front of the data
  std::array<std::string_view, kMostSlots> titles;  // of the slots, as in slots_of()
  std::string_view after;                           // sandwich: behind the data
  std::string_view question;
};

// At least three of each kind.
std::span<const Phrasing> phrasings_of(Kind kind);
// How the judge replies, the verdict last. Empty for a leader.
std::string_view reply_form_of(Kind kind);

}  // namespace gvm::judge
