#include "config/editor_form.h"

#include <cmath>

#include "config/forms.h"

namespace gvm::config {

namespace {

constexpr double kUnbounded = 1e15;
constexpr std::string_view kExpanded = R"(\$\{)";  // a text that is expanded first
constexpr std::string_view kNumber = R"(^\+?[0-9.]+([eE][+-]?[0-9]+)? *)";

Value text(std::string_view s) {
  return Value::string(std::string(s));
}

Value texts(std::initializer_list<std::string_view> all) {
  Value::Array out;
  for (const auto each : all) out.push_back(text(each));
  return Value::array(std::move(out));
}

Value number(double n) {
  const bool whole = n == std::floor(n) && std::abs(n) < kUnbounded;
  return whole ? Value::integer(static_cast<std::int64_t>(n)) : Value::real(n);
}

// A value of `type`, or a text that matches `pattern`.
Value typed(std::string_view type, std::string_view pattern = {}) {
  const std::string either =
      pattern.empty() ? std::string(kExpanded) : fmt::format("{}|{}", pattern, kExpanded);
  return Value::object(
      {{"type", texts({type, "string", "null"})}, {"pattern", Value::string(either)}});
}

void set_bounds(Value& form, const Range& range, double per_unit = 1) {
  if (!range.bounded()) return;
  form.as_map()->set("minimum", number(range.min / per_unit));
  if (range.max < kUnbounded) form.as_map()->set("maximum", number(range.max / per_unit));
}

Value integer(const LeafRule& rule, std::optional<double> least) {
  const bool size = rule.format == Format::bytes;
  Value form = typed("integer", size ? R"(^-?[0-9]+ *([KMG]iB)?$)" : "");
  if (least) form.as_map()->set("minimum", number(*least));
  set_bounds(form, rule.range);
  return form;
}

// A text that matches `pattern`; a scalar of another type is a text too.
Value matching(std::string_view pattern) {
  Value form = any_scalar();
  form.as_map()->set("pattern", Value::string(fmt::format("{}|{}", pattern, kExpanded)));
  return form;
}

Value list_of(Value items) {
  return Value::object({{"type", texts({"array", "null"})}, {"items", std::move(items)}});
}

Value map_of_texts() {
  return Value::object(
      {{"type", texts({"object", "null"})}, {"additionalProperties", any_scalar()}});
}

// "[dD][eE]..." matches "de" in any case.
std::string in_any_case(std::string_view word) {
  std::string out;
  for (const char c : word) {
    const bool letter = c >= 'a' && c <= 'z';
    if (letter) out += fmt::format("[{}{}]", c, static_cast<char>(c - 'a' + 'A'));
    if (!letter) out += c;
  }
  return out;
}

// The first form lets an editor propose the words.
Value one_word(const std::vector<std::string_view>& words, bool any_case) {
  Value::Array enumerated;
  std::string pattern;
  for (const auto word : words) {
    enumerated.push_back(text(word));
    if (any_case) pattern += fmt::format("^{}$|", in_any_case(word));
  }
  enumerated.push_back(Value::null());
  pattern += kExpanded;
  Value::Array either;
  either.push_back(Value::object({{"enum", Value::array(std::move(enumerated))}}));
  either.push_back(
      Value::object({{"type", text("string")}, {"pattern", Value::string(std::move(pattern))}}));
  return Value::object({{"anyOf", Value::array(std::move(either))}});
}

}  // namespace

Value any_scalar() {
  return Value::object({{"type", texts({"string", "number", "boolean", "null"})}});
}

Value editor_form(const LeafRule&, const bool&) {
  return typed("boolean");
}
Value editor_form(const LeafRule& rule, const int&) {
  return integer(rule, 0);
}
Value editor_form(const LeafRule& rule, const std::int64_t&) {
  return integer(rule, std::nullopt);
}
Value editor_form(const LeafRule& rule, const std::uint64_t&) {
  return integer(rule, 0);
}

Value editor_form(const LeafRule& rule, const double&) {
  Value form = typed("number");
  set_bounds(form, rule.range);
  return form;
}

Value editor_form(const LeafRule& rule, const Days&) {
  Value form = typed("integer", "^[0-9]+[dwy]$");
  set_bounds(form, rule.range);
  return form;
}

Value editor_form(const LeafRule& rule, const std::chrono::milliseconds&) {
  constexpr double kMillisecondsPerSecond = 1000;
  Value form = typed("number", fmt::format("{}(ms|s|m)$", kNumber));
  form.as_map()->set("minimum", number(0));
  // Timeouts that are too long are cut.
  if (rule.format != Format::timeout) set_bounds(form, rule.range, kMillisecondsPerSecond);
  return form;
}

Value editor_form(const LeafRule& rule, const std::string&) {
  switch (rule.format) {
    case Format::url:
      return matching("^[hH][tT][tT][pP][sS]?://");
    case Format::bind_address:
      return matching("^.+:[0-9]+$|^unix:///.|^fd://[0-9]+$");
    case Format::decimal:
      return matching(R"(^[0-9]+(\.[0-9]+)?$)");
    case Format::header_name:
    case Format::path:
    case Format::not_empty:
      return matching("^.|\n");
    default:
      return any_scalar();
  }
}

Value editor_form(const LeafRule&, const Secret&) {
  return any_scalar();
}

Value editor_form(const LeafRule& rule, const std::vector<std::string>&) {
  Value form = list_of(any_scalar());
  if (rule.range.bounded()) form.as_map()->set("maxItems", number(rule.range.max));
  if (rule.format != Format::one_or_more) return form;
  Value::Array either;
  either.push_back(std::move(form));
  either.push_back(any_scalar());
  return Value::object({{"anyOf", Value::array(std::move(either))}});
}

Value editor_form(const LeafRule& rule, const std::vector<int>&) {
  return list_of(integer(rule, 0));
}

Value editor_form(const LeafRule&, const Texts&) {
  return map_of_texts();
}
Value editor_form(const LeafRule&, const std::vector<Secret>&) {
  return list_of(any_scalar());
}
Value editor_form(const LeafRule&, const std::vector<ExtraHeader>&) {
  return map_of_texts();
}
Value editor_form(const LeafRule&, const std::vector<SignerHeader>&) {
  return map_of_texts();
}
Value editor_form(const LeafRule&, const RuntimeTemplate&) {
  return matching(R"(^$|^[hH][tT][tT][pP][sS]?://|#\{)");
}
Value editor_form(const LeafRule&, const log::Level&) {
  return one_word(words_of(level_names()), true);
}
Value editor_form(const LeafRule&, const CutText&) {
  return one_word(words_of(cut_text_names()), false);
}
Value editor_form(const LeafRule&, const JsonForm&) {
  return Value::object({{"type", texts({"object", "boolean", "null"})}});
}
Value editor_form(const LeafRule&, const std::optional<Provider>&) {
  return one_word(words_of(provider_names()), false);
}
Value editor_form(const LeafRule&, const std::optional<AuthStyle>&) {
  return one_word(words_of(auth_names()), false);
}

}  // namespace gvm::config
