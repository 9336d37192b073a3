#include "support/mock_upstream/catalogue.h"

#include <algorithm>
#include <stdexcept>

#include "text/json.h"

namespace gvm::mock {

// Written by gvm_embed.
std::string_view embedded(std::string_view name);

namespace {

Result<Expected> parse_expected(const Value& value, const std::string& where) {
  Expected out;
  Fields fields(value, where);
  fields.read("ok", out.ok);
  fields.read("code", out.code);
  fields.read("kind", out.kind);
  fields.read("timeout", out.timeout);
  fields.read("tls", out.tls);
  unsigned status = 0;
  fields.read("status", status);
  out.status = static_cast<int>(status);
  if (out.ok != out.code.empty()) fields.complain("code", "either it or \"ok\": true");
  if (auto ok = fields.done(); !ok) return fail(std::move(ok).error());
  return out;
}

void read_expected(Fields& fields, std::string_view name, std::optional<Expected>& out) {
  const Value* value = fields.take(name);
  if (value == nullptr) return;
  auto parsed = parse_expected(*value, fields.path(name));
  if (!parsed) return fields.adopt(parsed.error());
  out = std::move(*parsed);
}

std::vector<std::string> read_words(Fields& fields, std::string_view name) {
  std::vector<std::string> out;
  const Value* value = fields.take(name);
  if (value == nullptr) return out;
  if (!value->as_array()) {
    fields.complain(name, "a list of strings");
    return out;
  }
  for (const auto& word : *value->as_array())
    out.emplace_back(word.as_string().value_or(std::string_view()));
  return out;
}

std::vector<Form> read_forms(Fields& fields) {
  std::vector<Form> out;
  const auto words = read_words(fields, "forms");
  for (const auto& [name, form] : kForms) {
    if (std::ranges::find(words, name) != words.end()) out.push_back(form);
  }
  if (out.size() != words.size()) fields.complain("forms", "a list of provider forms");
  if (words.empty()) out.push_back(Form::openai_compatible);
  return out;
}

Result<ScriptedFault> parse_scripted(const Value& value, const std::string& where) {
  ScriptedFault out;
  Fields fields(value, where);
  fields.read("name", out.name);
  fields.read("about", out.about);
  out.forms = read_forms(fields);
  out.formats = read_words(fields, "formats");
  if (out.formats.empty()) out.formats = {"text"};
  fields.read("over_tls", out.over_tls);
  std::optional<Expected> expected;
  read_expected(fields, "expect", expected);
  if (!expected) fields.complain("expect", "an object");
  read_expected(fields, "today", out.today);
  const Value* fault = fields.take("fault");
  if (fault == nullptr) fields.complain("fault", "an object");
  if (auto ok = fields.done(); !ok) return fail(std::move(ok).error());
  auto parsed = parse_fault(*fault, where + ".fault");
  if (!parsed) return fail(std::move(parsed).error());
  out.fault = std::move(*parsed);
  out.fault.name = out.name;
  out.expected = std::move(*expected);
  return out;
}

}  // namespace

Result<std::vector<ScriptedFault>> parse_catalogue(std::string_view json) {
  const auto document = text::parse_json(json);
  if (!document) return fail(document.error());
  const Value* list = document->find("faults");
  if (list == nullptr || !list->as_array()) return bad_script("faults: a list is expected");
  std::vector<ScriptedFault> out;
  for (const auto& entry : *list->as_array()) {
    auto fault = parse_scripted(entry, "faults[" + std::to_string(out.size()) + "]");
    if (!fault) return fail(std::move(fault).error());
    if (std::ranges::find(out, fault->name, &ScriptedFault::name) != out.end())
      return bad_script(fault->name + ": there are two of that name");
    out.push_back(std::move(*fault));
  }
  return out;
}

const std::vector<ScriptedFault>& catalogue() {
  static const std::vector<ScriptedFault> faults = [] {
    auto parsed = parse_catalogue(embedded("faults"));
    if (!parsed) throw std::logic_error("faults.json: " + parsed.error().to_string());
    return std::move(*parsed);
  }();
  return faults;
}

const ScriptedFault* find_fault(std::string_view name) {
  const auto& faults = catalogue();
  const auto found = std::ranges::find(faults, name, &ScriptedFault::name);
  return found == faults.end() ? nullptr : &*found;
}

}  // namespace gvm::mock
