#pragma once
// Checks what a script passed to a host function. A wrong argument is SCRIPT_BAD_ARGUMENT, naming
// the function, the argument, what was expected and what was found (also as fields of ctx). Views
// point into the arguments.
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "script/script.h"

namespace gvm::host {

using Args = script::HostFunction::Args;

// SCRIPT_BAD_ARGUMENT; fatal, as a script bug is nothing a contract can mend.
Error bad_argument(std::string_view function, std::string_view argument, std::string_view expected,
                   std::string_view found);

// "nil", "string", "number", "table": Lua's words for what was found.
std::string_view lua_kind(const Value& value);

// Text or raw bytes: Lua has one string type. Empty when it is neither.
std::optional<std::string_view> bytes_of(const Value& value);

// An integer or a real, as a real.
std::optional<double> number_of(const Value& value);

class Arguments {
 public:
  // `function` in full: "lib.rs.sleep_seconds".
  Arguments(std::string_view function, Args& args) : function_(function), args_(args) {}

  // A string; a number is taken as its text, as Lua's own string functions do.
  Result<std::string_view> bytes(std::size_t index, std::string_view name);
  Result<double> number(std::size_t index, std::string_view name, double lowest, double highest);
  Result<std::int64_t> integer(std::size_t index, std::string_view name, std::int64_t lowest,
                               std::int64_t highest);
  // Null when absent.
  Value& any(std::size_t index);

  Error wrong(std::size_t index, std::string_view name, std::string_view expected) const;
  std::string_view function() const { return function_; }

 private:
  const Value& at(std::size_t index) const;

  std::string_view function_;
  Args& args_;
};

}  // namespace gvm::host
