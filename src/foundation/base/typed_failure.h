#pragma once
// An Error together with typed facts for the code that handles it. A layer derives a struct and
// adds its facts as fields, so that nobody reads them back from the strings of the error's ctx.
// Where only the error matters, the failure converts to it and the facts are dropped.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace gvm {

struct TypedFailure {
  explicit TypedFailure(Error e) : error(std::move(e)) {}

  Error error;

  std::string_view code() const { return error.code(); }
  const Value& ctx() const { return error.ctx(); }
  const std::vector<std::string>& causes() const { return error.causes(); }
  std::string to_string() const { return error.to_string(); }

  operator const Error&() const { return error; }
};

}  // namespace gvm
