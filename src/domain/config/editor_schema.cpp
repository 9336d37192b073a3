// config/schema/*.json: what editors check a file with while it is written.
#include <fmt/format.h>

#include <map>

#include "base/json.h"
#include "config/load.h"
#include "config/prices_load.h"
#include "config/schema.h"
#include "text/json.h"

namespace gvm::config {

namespace {

Value text(std::string_view s) {
  return Value::string(std::string(s));
}

class EditorSchema {
 public:
  Value of(std::string_view title, const Section& section) {
    Value schema = members(section);
    schema.as_map()->set("$schema", text("http://json-schema.org/draft-07/schema#"));
    schema.as_map()->set("title", text(title));
    if (!definitions_.as_map()->empty())
      schema.as_map()->set("definitions", std::move(definitions_));
    return schema;
  }

 private:
  // Keys of a map. A key without a value counts as absent, so a required one may be null here; the
  // loader reports that.
  Value members(const Section& section) {
    Value properties = Value::map();
    Value::Array required;
    add(section, *properties.as_map(), required);
    Value form = Value::object({{"type", text("object")},
                                {"description", text(section.doc)},
                                {"additionalProperties", Value::boolean(false)},
                                {"properties", std::move(properties)}});
    if (!required.empty()) form.as_map()->set("required", Value::array(std::move(required)));
    return form;
  }

  void add(const Section& section, Value::Map& properties, Value::Array& required) {
    for (const auto& key : section.keys) {
      if (key.shape == Key::Shape::inlined) {
        add(*key.section, properties, required);
        continue;
      }
      // The text in place of the map may set it.
      if (key.presence == Presence::required) required.push_back(text(key.name));
      properties.set(key.name, of_key(key));
    }
  }

  Value of_key(const Key& key) {
    Value form = key.section == nullptr ? key.editor : of_inner(key);
    form.as_map()->set("description", text(key.doc));
    // A keyword of editors: in place of the pattern.
    if (form.find("pattern") != nullptr)
      form.as_map()->set("patternErrorMessage", Value::string("expected " + key.form));
    if (!key.default_text.empty()) form.as_map()->set("default", default_of(key));
    return form;
  }

  // As a number or truth value where it is one.
  static Value default_of(const Key& key) {
    auto parsed = text::parse_json(key.default_text);
    const bool scalar = parsed && (parsed->as_integer() != nullptr || parsed->as_bool() ||
                                   parsed->as_real() || parsed->as_array() != nullptr);
    return scalar ? std::move(*parsed) : text(key.default_text);
  }

  Value of_inner(const Key& key) {
    if (key.shape == Key::Shape::section) return either({reference(*key.section)});
    if (key.shape == Key::Shape::list) {
      return either(
          {Value::object({{"type", text("array")}, {"items", either({reference(*key.section)})}})});
    }
    Value::Array forms;
    forms.push_back(Value::object(
        {{"type", text("object")}, {"additionalProperties", either({reference(*key.section)})}}));
    if (key.section->listable)
      forms.push_back(Value::object({{"type", text("array")}, {"items", any_scalar()}}));
    return either(std::move(forms));
  }

  // Any of these, or null.
  static Value either(Value::Array forms) {
    forms.push_back(Value::object({{"type", text("null")}}));
    return Value::object({{"anyOf", Value::array(std::move(forms))}});
  }

  Value reference(const Section& section) {
    auto [at, added] = names_.try_emplace(&section);
    if (added) {
      at->second = name_of(section);
      const std::string name = at->second;
      Value form = members(section);
      if (!section.shorthand.empty()) {
        Value::Array forms;
        forms.push_back(std::move(form));
        forms.push_back(any_scalar());
        form = Value::object({{"anyOf", Value::array(std::move(forms))}});
      }
      definitions_.as_map()->set(name, std::move(form));
    }
    return Value::object({{"$ref", Value::string("#/definitions/" + names_.at(&section))}});
  }

  // "a backend" -> "backend"; a second section of that title gets a number.
  std::string name_of(const Section& section) {
    std::string name(section.title.substr(section.title.find(' ') + 1));
    for (auto& c : name)
      if (c == ' ' || c == '`' || c == '/') c = '_';
    const int count = ++uses_[name];
    return count == 1 ? name : fmt::format("{}_{}", name, count);
  }

  Value definitions_ = Value::map();
  std::map<const Section*, std::string> names_;
  std::map<std::string, int> uses_;
};

// A line break after the commas outside of texts, except far inside: so a change shows as the lines
// it concerns.
std::string in_lines(std::string_view compact) {
  constexpr int kDeepest = 4;
  std::string out;
  bool quoted = false;
  bool escaped = false;
  int depth = 0;
  for (const char c : compact) {
    out += c;
    if (c == '"' && !escaped) quoted = !quoted;
    escaped = quoted && c == '\\' && !escaped;
    if (quoted) continue;
    depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    if (c == ',' && depth <= kDeepest) out += '\n';
  }
  return out + '\n';
}

}  // namespace

std::string editor_schema(EditorSchemaOf file) {
  switch (file) {
    case EditorSchemaOf::llm:
      return in_lines(json::write(EditorSchema().of("GenVM Modules: LLM module", llm_section())));
    case EditorSchemaOf::web:
      return in_lines(json::write(EditorSchema().of("GenVM Modules: web module", web_section())));
    case EditorSchemaOf::prices:
      break;
  }
  return in_lines(json::write(EditorSchema().of("GenVM Modules: prices", price_catalog_section())));
}

}  // namespace gvm::config
