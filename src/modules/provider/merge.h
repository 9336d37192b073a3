#pragma once
// How a script's `extra` goes into a provider's request body (lua-api.md, "lib-llm"). Pure.
#include <map>
#include <string>
#include <variant>

#include "base/error.h"
#include "base/value.h"

namespace gvm::provider {

// "none": objects merge key by key, scalars are replaced, two arrays are an error.
// "replace": the extra part stands instead of the request's.
// "merge_left" / "merge_right": arrays and strings are joined, the request's part first / last.
// A map gives each key of an object its own strategy; keys it does not name use "none".
struct MergeStrategy {
  enum class Kind { none, replace, merge_left, merge_right, by_key };
  Kind kind = Kind::none;
  std::map<std::string, MergeStrategy, std::less<>> by_key;
};

// From the script's value: null, a name, or a table of these. SCRIPT_BAD_ARGUMENT names the unknown
// one.
Result<MergeStrategy> parse_merge_strategy(const Value& value);

// Errors: SCRIPT_BAD_ARGUMENT naming the path inside the body where the two parts cannot be merged.
Result<void> merge_extra(Value& body, Value extra, const MergeStrategy& strategy);

}  // namespace gvm::provider
