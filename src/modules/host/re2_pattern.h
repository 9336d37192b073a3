#pragma once
// Compiled patterns, kept by lane: a lane is one thread, so its cache needs no lock.
#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "host/limits.h"

namespace gvm::host {

struct PatternOptions {
  bool ignore_case = false;
  bool dot_all = false;     // . matches a line feed, too
  bool multi_line = false;  // ^ and $ match at line ends
  bool literal = false;     // the pattern is plain text
  bool bytes = false;       // characters are bytes, not UTF-8
};

// Error: BAD_PATTERN with ctx {position= byte from 1, problem=}; not fatal.
Result<std::shared_ptr<const re2::RE2>> pattern_of(std::string_view text,
                                                   const PatternOptions& options,
                                                   const PatternLimits& limits);

// When a session has ended, on its lane: of the patterns that no session holds, the lane's cache
// keeps a few small ones.
void drop_unused_patterns();

}  // namespace gvm::host
