#include "host/re2_query.h"

#include "base/error_codes.h"
#include "host/limits.h"
#include "host/re2_pattern.h"

namespace gvm::host {

namespace {

using re2::RE2;

Result<bool> flag(const Value* options, std::string_view function, std::string_view name) {
  const Value* value = options == nullptr ? nullptr : options->find(name);
  if (value == nullptr || value->is_null()) return false;
  if (const bool* set = value->as_bool()) return *set;
  return fail(bad_argument(function, "options." + std::string(name), "boolean", lua_kind(*value)));
}

Result<std::size_t> number(const Value* options, std::string_view function, std::string_view name,
                           std::size_t absent) {
  const Value* value = options == nullptr ? nullptr : options->find(name);
  if (value == nullptr || value->is_null()) return absent;
  const auto integer =
      value->as_integer() == nullptr ? std::nullopt : value->as_integer()->to_i64();
  if (integer && *integer >= 1) return static_cast<std::size_t>(*integer);
  return fail(bad_argument(function, "options." + std::string(name), "integer from 1 on",
                           lua_kind(*value)));
}

Result<PatternOptions> flags_of(const Value* options, std::string_view function) {
  PatternOptions out;
  struct Row {
    std::string_view name;
    bool PatternOptions::* field;
  };
  constexpr Row kRows[] = {{"ignore_case", &PatternOptions::ignore_case},
                           {"dot_all", &PatternOptions::dot_all},
                           {"multi_line", &PatternOptions::multi_line},
                           {"literal", &PatternOptions::literal},
                           {"bytes", &PatternOptions::bytes}};
  for (const Row& row : kRows) {
    auto set = flag(options, function, row.name);
    if (!set) return fail(std::move(set.error()));
    out.*row.field = *set;
  }
  return out;
}

Result<RE2::Anchor> anchor_of(const Value* options, std::string_view function) {
  const Value* value = options == nullptr ? nullptr : options->find("anchor");
  if (value == nullptr || value->is_null()) return RE2::UNANCHORED;
  const auto name = value->as_string();
  if (name == "start") return RE2::ANCHOR_START;
  if (name == "both") return RE2::ANCHOR_BOTH;
  return fail(bad_argument(function, "options.anchor", "\"start\" or \"both\"",
                           name ? *name : lua_kind(*value)));
}

const Value* options_at(Arguments& arguments, std::size_t index) {
  const Value& value = arguments.any(index);
  return value.as_map() == nullptr ? nullptr : &value;
}

}  // namespace

Result<Re2Query> re2_query(Arguments& arguments, std::size_t options_index) {
  const PatternLimits limits;
  const auto pattern = arguments.bytes(0, "pattern");
  if (!pattern) return fail(pattern.error());
  const auto text = arguments.bytes(1, "text");
  if (!text) return fail(text.error());
  const Value& given = arguments.any(options_index);
  const bool empty_list = given.as_array() != nullptr && given.as_array()->empty();
  if (!given.is_null() && given.as_map() == nullptr && !empty_list) {
    return fail(arguments.wrong(options_index, "options", "table"));
  }
  const Value* options = options_at(arguments, options_index);
  const auto flags = flags_of(options, arguments.function());
  if (!flags) return fail(flags.error());
  const auto init = number(options, arguments.function(), "init", 1);
  if (!init) return fail(init.error());
  const auto limit = number(options, arguments.function(), "limit", limits.matches + 1);
  if (!limit) return fail(limit.error());
  const auto anchor = anchor_of(options, arguments.function());
  if (!anchor) return fail(anchor.error());
  auto compiled = pattern_of(*pattern, *flags, limits);
  if (!compiled) return fail(std::move(compiled.error()));
  Re2Query query{arguments.function(), std::move(*compiled), *text, {}, *init - 1, *limit, *anchor};
  if (text->size() <= limits.text_bytes && query.steps() <= limits.steps) return query;
  return fail(codes::kTooLarge, Fatality::user,
              std::string(arguments.function()) + ": a text of " + std::to_string(text->size()) +
                  " bytes and a pattern of " + std::to_string(query.pattern->ProgramSize()) +
                  " instructions");
}

}  // namespace gvm::host
