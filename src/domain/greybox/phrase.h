#pragma once
// A phrasing around a prompt. Pure.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "greybox/draw.h"

namespace gvm::greybox {

struct Phrased {
  std::optional<std::string> system;  // empty: there is none
  std::string user;
};

// Whether a text holds one of the two.
bool occurs_in(const Delimiters& delimiters, std::string_view text);

// The sections in that order, joined by blank lines. One pass: a prompt that holds #{prompt},
// #{open} or #{close} stays as it is. `order`: positions in the phrasing's sections.
Phrased phrase(const config::GreyboxPhrasing& phrasing, const std::vector<std::uint32_t>& order,
               const Delimiters& delimiters, std::optional<std::string_view> system,
               std::string_view prompt);

}  // namespace gvm::greybox
