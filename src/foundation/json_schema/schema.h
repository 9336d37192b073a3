#pragma once
// JSON Schema, draft 2020-12: is a JSON text of the form that somebody asked for? `format` is an
// annotation, as the draft has it by default. Nothing is ever fetched: a reference that leads out
// of the schema, other than to the draft's own meta-schemas, makes the schema a bad one.
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/size.h"
#include "base/value.h"

namespace gvm::json_schema {

// Of a schema.
inline constexpr std::size_t kMostSchemaBytes = 64 * kKiB;  // as JSON text
inline constexpr std::size_t kMostSchemaDepth = 64;
inline constexpr std::size_t kMostPatterns = 64;
// Of a text that is checked: larger ones are violations.
inline constexpr std::size_t kMostTextBytes = 1 * kMiB;
inline constexpr std::size_t kMostSteps = 100'000;  // keywords checked at values, about 1 us each
inline constexpr std::size_t kMostLevels = 800;     // keywords within each other

inline constexpr std::string_view kDraft = "https://json-schema.org/draft/2020-12/schema";

// A place in a schema that is wrong, and what is wrong with it.
struct BadSchema {
  std::string at;   // a JSON pointer; empty: the whole
  std::string why;  // for a person
};

// Compiled once, immutable, shared by threads.
class Schema {
 public:
  static std::expected<std::shared_ptr<const Schema>, BadSchema> compile(const Value& schema);
  ~Schema();
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  // The first violation in valid JSON text, as a clause without a full stop ("at /pay_to/0:
  // Expected string, found number"); empty: there is none. Work is bounded by kMostSteps.
  std::optional<std::string> violation(std::string_view json) const;

  // Whether a text is of that form, in at most so many steps; kMostSteps are what violation()
  // takes.
  struct Fit {
    bool fits = false;
    bool finished = true;  // false: it takes more steps
    std::size_t steps = 0;
  };
  Fit fit(std::string_view json, std::size_t most_steps) const;

 private:
  struct Compiled;
  explicit Schema(std::unique_ptr<const Compiled> compiled);
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace gvm::json_schema
