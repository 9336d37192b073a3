#pragma once
// Reads the fields of a table that a script passed. Every error is SCRIPT_BAD_ARGUMENT and names
// the field, what was expected and what was found.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/value.h"

namespace gvm::llm {

std::unexpected<Error> wrong_argument(std::string_view field, std::string_view expected,
                                      const Value& found);

// The fields of one table by name. An absent field and nil are the same. Owned by the caller, like
// the table, whose texts it moves out.
class ArgumentFields {
 public:
  // `prefix` ("prompt.") is put before a field's name in errors.
  ArgumentFields(Value::Map& map, std::string prefix) : map_(map), prefix_(std::move(prefix)) {}

  std::string path(std::string_view key) const { return prefix_ + std::string(key); }
  Value* find(std::string_view key);

  Result<std::optional<Blob>> text(std::string_view key);
  Result<std::string> required_text(std::string_view key);
  Result<std::optional<double>> number(std::string_view key);
  Result<std::optional<std::uint64_t>> whole(std::string_view key, std::uint64_t max);
  Result<bool> flag(std::string_view key);

 private:
  Value::Map& map_;
  std::string prefix_;
};

// Assigns the value of a Result, or returns its error from the enclosing function.
#define GVM_TAKE(target, expression)                   \
  do {                                                 \
    auto taken = (expression);                         \
    if (!taken) return fail(std::move(taken).error()); \
    target = std::move(*taken);                        \
  } while (false)

}  // namespace gvm::llm
