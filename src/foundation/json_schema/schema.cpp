#include "json_schema/schema.h"

#include "json_schema/regex.h"
#include "json_schema/work.h"
// The library's headers name what stands above.
#include <fmt/format.h>

#include <jsoncons/json.hpp>
#include <jsoncons_ext/jsonschema/jsonschema.hpp>

#include "base/encoding.h"
#include "base/json.h"

namespace gvm::json_schema {
namespace {

namespace library = jsoncons::jsonschema;
using jsoncons::json;

constexpr std::size_t kMostMessageBytes = 300;

// What is wrong with a schema before the library sees it.
class Scan {
 public:
  std::optional<BadSchema> fault_in(const Value& schema) {
    visit(schema, "", 0);
    return std::move(fault_);
  }

 private:
  void visit(const Value& value, const std::string& at, std::size_t depth) {
    if (fault_) return;
    if (depth > kMostSchemaDepth) return refuse(at, "is nested too deeply");
    if (const auto* items = value.as_array()) {
      for (std::size_t i = 0; i < items->size(); ++i)
        visit((*items)[i], fmt::format("{}/{}", at, i), depth + 1);
    } else if (const auto* members = value.as_map()) {
      for (const auto& [key, member] : *members) {
        const auto place = fmt::format("{}/{}", at, key.view());
        look_at(key.view(), member, place);
        visit(member, place, depth + 1);
      }
    }
  }

  void look_at(std::string_view key, const Value& member, const std::string& at) {
    if (key == "pattern") {
      if (const auto pattern = member.as_string()) try_pattern(*pattern, at);
    } else if (key == "patternProperties" && member.as_map() != nullptr) {
      for (const auto& [pattern, schema] : *member.as_map()) try_pattern(pattern.view(), at);
    } else if (key == "$schema" && member.as_string() != kDraft) {
      refuse(at, fmt::format("expected \"{}\"", kDraft));
    }
  }

  void try_pattern(std::string_view pattern, const std::string& at) {
    if (++patterns_ > kMostPatterns)
      return refuse(at, fmt::format("one of over {} patterns", kMostPatterns));
    try {
      const Regex regex(pattern);
    } catch (const BadPattern& bad) {
      refuse(at, bad.what());
    }
  }

  void refuse(const std::string& at, std::string why) {
    if (!fault_) fault_ = BadSchema{at, std::move(why)};
  }

  std::size_t patterns_ = 0;
  std::optional<BadSchema> fault_;
};

std::string bounded(std::string_view message) {
  while (message.ends_with('.')) message.remove_suffix(1);
  return to_valid_utf8(message.substr(0, kMostMessageBytes));
}

struct Found {
  std::string at;
  std::string why;
};

// What keywords with one schema below only pass on; of several, none is the one that counts.
const library::validation_message& innermost(const library::validation_message& message) {
  const auto* told = &message;
  while (told->keyword() != "anyOf" && told->keyword() != "oneOf" && !told->details().empty())
    told = &told->details().front();
  return *told;
}

// The first violation of `schema`. TooMuchWork.
std::optional<Found> first_violation(const library::json_schema<json>& schema,
                                     const json& instance) {
  std::optional<Found> first;
  const auto take = [&](const library::validation_message& message) {
    const auto& told = innermost(message);
    if (!first) first = Found{told.instance_location().string(), told.message()};
    return library::walk_result::abort;
  };
  schema.validate(instance, take);
  return first;
}

// A reference that leads out of the schema has nowhere to lead to.
json nothing(const jsoncons::uri&) {
  return json::null();
}

library::json_schema<json> build(json schema) {
  return library::make_json_schema(std::move(schema), nothing);
}

const library::json_schema<json>& schema_of_schemas() {
  static const auto kSchema = build(library::draft202012::schema_draft202012<json>::get_schema());
  return kSchema;
}

// Schemas that lead back to themselves without taking a step into the instance never end.
void try_out(const library::json_schema<json>& schema) {
  for (const char* sample : {"null", "true", "0", "\"\"", "[0]", "{\"a\":0}"}) {
    const Work work(kMostSteps, kMostLevels);
    (void)first_violation(schema, json::parse(sample));
  }
}

json parsed(std::string_view text) {
  return json::parse(text, jsoncons::json_options{}.max_nesting_depth(kMaxDepth + 1));
}

}  // namespace

struct Schema::Compiled {
  library::json_schema<json> schema;
};

Schema::Schema(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
Schema::~Schema() = default;

std::expected<std::shared_ptr<const Schema>, BadSchema> Schema::compile(const Value& schema) {
  const auto bad = [](std::string at, std::string why) {
    return std::unexpected(BadSchema{std::move(at), std::move(why)});
  };
  if (schema.as_map() == nullptr && schema.as_bool() == nullptr)
    return bad("", "expected a JSON Schema, which is a map");
  const std::string text = gvm::json::write(schema);
  if (text.size() > kMostSchemaBytes)
    return bad("", fmt::format("is over {} KiB as JSON", kMostSchemaBytes / kKiB));
  if (auto fault = Scan().fault_in(schema)) return std::unexpected(std::move(*fault));
  try {
    json document = parsed(text);
    {
      const Work work(10 * kMostSteps, kMostLevels);
      if (auto violation = first_violation(schema_of_schemas(), document))
        return bad(std::move(violation->at), bounded(violation->why));
    }
    auto compiled = std::make_unique<const Compiled>(Compiled{build(std::move(document))});
    try_out(compiled->schema);
    return std::shared_ptr<const Schema>(new Schema(std::move(compiled)));
  } catch (const TooMuchWork&) {
    return bad("", "it leads back to itself without an end, or is too much work");
  } catch (const std::exception& error) {
    return bad("", bounded(error.what()));
  }
}

std::optional<std::string> Schema::violation(std::string_view json) const {
  if (json.size() > kMostTextBytes) return "it is too large to be checked against the schema";
  try {
    const auto instance = parsed(json);
    const Work work(kMostSteps, kMostLevels);
    const auto found = first_violation(compiled_->schema, instance);
    if (!found) return std::nullopt;
    return fmt::format("at {}: {}", found->at.empty() ? "the top" : bounded(found->at),
                       bounded(found->why));
  } catch (const TooMuchWork&) {
    return "it is too large to be checked against the schema";
  } catch (const std::exception& error) {
    return bounded(error.what());
  }
}

Schema::Fit Schema::fit(std::string_view json, std::size_t most_steps) const {
  if (json.size() > kMostTextBytes) return {};
  try {
    const auto instance = parsed(json);
    const Work work(most_steps, kMostLevels);
    try {
      const bool fits = !first_violation(compiled_->schema, instance);
      return {.fits = fits, .finished = true, .steps = most_steps - work.left()};
    } catch (const TooMuchWork&) {
      return {.fits = false, .finished = false, .steps = most_steps};
    }
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace gvm::json_schema
