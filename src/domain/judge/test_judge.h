#pragma once
// What the tests of this folder share.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "judge/hardened_prompt.h"

namespace gvm::judge {

// Draws that repeat in every run.
inline Random counted(std::uint64_t seed = 1) {
  return [state = seed]() mutable {
    constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15;
    state += kStep;
    std::uint64_t mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
  };
}

using Values = std::map<std::string, std::string, std::less<>>;

inline Lookup lookup(const Values& values) {
  return [&values](std::string_view slot) -> std::string_view {
    const auto found = values.find(slot);
    return found == values.end() ? std::string_view() : found->second;
  };
}

inline std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

}  // namespace gvm::judge
