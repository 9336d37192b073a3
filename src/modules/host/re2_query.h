#pragma once
// What the functions of lib.rs for RE2 share: a pattern, a text and their options.
#include <re2/re2.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "host/arguments.h"

namespace gvm::host {

// The texts are the arguments'.
struct Re2Query {
  std::string_view function;
  std::shared_ptr<const re2::RE2> pattern;
  std::string_view text;
  std::string_view replacement = {};  // re2_replace's
  std::size_t init = 0;               // byte offset
  std::size_t limit = static_cast<std::size_t>(-1);
  re2::RE2::Anchor anchor = re2::RE2::UNANCHORED;

  // What the slowest of RE2's matchers does: bytes times instructions.
  std::uint64_t steps() const {
    return text.size() * static_cast<std::uint64_t>(std::max(1, pattern->ProgramSize()));
  }
};

// Reads pattern, text and, at `options_index`, options, and compiles the pattern. Errors:
// SCRIPT_BAD_ARGUMENT, BAD_PATTERN, TOO_LARGE.
Result<Re2Query> re2_query(Arguments& arguments, std::size_t options_index);

}  // namespace gvm::host
