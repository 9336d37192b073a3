#pragma once
// JSONPath as RFC 9535 defines it: a query, compiled once and immutable, and the values that it
// selects in a JSON value. Work and results are bounded by counting, so that every validator
// answers the same. Regular expressions are RE2's, in which those of RFC 9485 are a subset but for
// `.`, which matches no line end.
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/value.h"

namespace gvm::jsonpath {

struct Limits {
  std::size_t query_bytes = 4 * 1024;
  std::size_t nesting = 64;          // parentheses, filters and function calls inside each other
  std::uint64_t steps = 1'000'000;   // values visited, compared or matched, and text by 16 bytes
  std::size_t results = 100'000;     // of a query or a part of one
  std::size_t pattern_bytes = 1024;  // a longer pattern matches nothing
  std::size_t patterns = 64;         // different ones in one run; further ones match nothing
};

struct Ast;

class Query {
 public:
  // Error: BAD_JSON_PATH with ctx {position= byte from 1, expected=}; not fatal.
  static Result<Query> compile(std::string_view text, const Limits& limits = {});

  // The selected values, in the order of the RFC (members by key): pointers into `root`. Error:
  // JSON_PATH_TOO_COMPLEX with ctx {limit=, maximum=}; not fatal.
  Result<std::vector<const Value*>> run(const Value& root) const;

 private:
  Query(std::shared_ptr<const Ast> ast, const Limits& limits)
      : ast_(std::move(ast)), limits_(limits) {}
  std::shared_ptr<const Ast> ast_;
  Limits limits_;
};

}  // namespace gvm::jsonpath
