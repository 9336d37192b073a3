#include "llm/drawn_prompt.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/error_codes.h"
#include "llm/argument_fields.h"

namespace gvm::llm {
namespace {

constexpr std::string_view kFields[] = {"kind",       "ordinal", "models",       "temperature",
                                        "top_p",      "seed",    "phrasing",     "sections",
                                        "delimiters", "filters", "image_filters"};
constexpr std::size_t kMostFilters = 16;  // as lib.rs.filter_text

std::unexpected<Error> bad(std::string message) {
  return fail(codes::kScriptBadArgument, Fatality::fatal, "ctx.greybox" + std::move(message));
}

Value positions(const std::vector<std::uint32_t>& from_0) {
  Value::Array array;
  for (const auto at : from_0) array.push_back(Value::integer(std::int64_t{at} + 1));
  return Value::array(std::move(array));
}

Value models_value(const std::vector<DrawnModel>& models) {
  Value::Array array;
  for (const auto& each : models)
    array.push_back(Value::fields("provider", Value::string(each.provider), "model",
                                  Value::string(each.model)));
  return Value::array(std::move(array));
}

Value texts_value(const std::vector<std::string>& texts) {
  Value::Array array;
  for (const auto& each : texts) array.push_back(Value::string(each));
  return Value::array(std::move(array));
}

// The list in a field; null when there is none. An empty table of Lua is a map.
Result<Value::Array*> list_in(ArgumentFields& fields, std::string_view key) {
  constexpr Value::Array* kNone = nullptr;
  Value* value = fields.find(key);
  if (value == nullptr) return kNone;
  if (const auto* map = value->as_map(); map != nullptr && map->empty()) return kNone;
  if (value->as_array() == nullptr) return wrong_argument(fields.path(key), "a list", *value);
  return value->as_array();
}

Result<std::vector<DrawnModel>> read_models(ArgumentFields& fields) {
  std::vector<DrawnModel> models;
  Value::Array* list = nullptr;
  GVM_TAKE(list, list_in(fields, "models"));
  if (list == nullptr) return models;
  if (list->size() > config::kMostPoolModels)
    return bad(fmt::format(".models: expected at most {} models", config::kMostPoolModels));
  for (auto& item : *list) {
    if (item.as_map() == nullptr)
      return wrong_argument(fields.path("models"), "a list of tables with provider and model",
                            item);
    ArgumentFields inner(*item.as_map(), fields.path("models."));
    DrawnModel model;
    GVM_TAKE(model.provider, inner.required_text("provider"));
    std::optional<Blob> name;
    GVM_TAKE(name, inner.text("model"));
    if (name) model.model = std::string(name->view());
    models.push_back(std::move(model));
  }
  return models;
}

Result<std::optional<std::uint32_t>> read_phrasing(ArgumentFields& fields,
                                                   const config::GreyboxKind& from) {
  std::optional<std::uint64_t> number;
  GVM_TAKE(number, fields.whole("phrasing", UINT32_MAX));
  if (!number) return std::optional<std::uint32_t>();
  const auto count = from.phrasings.size();
  if (*number < 1 || *number > count)
    return bad(
        fmt::format(".phrasing: got {}, expected nil or a number from 1 to {}", *number, count));
  return std::optional(static_cast<std::uint32_t>(*number - 1));
}

// Each section once, so that none is lost.
Result<std::vector<std::uint32_t>> read_sections(ArgumentFields& fields, std::size_t count) {
  std::vector<std::uint32_t> order;
  Value::Array* list = nullptr;
  GVM_TAKE(list, list_in(fields, "sections"));
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const auto* integer = (*list)[i].as_integer();
    const auto number = integer == nullptr ? std::nullopt : integer->to_u64();
    if (number && *number >= 1 && *number <= count)
      order.push_back(static_cast<std::uint32_t>(*number - 1));
  }
  auto sorted = order;
  std::ranges::sort(sorted);
  const bool each_once =
      sorted.size() == count && std::ranges::adjacent_find(sorted) == sorted.end();
  if (each_once && (list == nullptr || list->size() == count)) return order;
  return bad(fmt::format(".sections: expected each number from 1 to {} once", count));
}

Result<greybox::Delimiters> read_delimiters(ArgumentFields& fields,
                                            const greybox::Delimiters& drawn) {
  Value* value = fields.find("delimiters");
  if (value == nullptr) return drawn;
  if (value->as_map() == nullptr)
    return wrong_argument(fields.path("delimiters"), "a table with open and close", *value);
  ArgumentFields inner(*value->as_map(), fields.path("delimiters."));
  greybox::Delimiters read;
  GVM_TAKE(read.open, inner.required_text("open"));
  GVM_TAKE(read.close, inner.required_text("close"));
  if (read.open.empty() || read.close.empty())
    return bad(".delimiters: expected two texts that are not empty");
  return read;
}

Result<std::vector<std::string>> read_filters(ArgumentFields& fields) {
  std::vector<std::string> filters;
  Value::Array* list = nullptr;
  GVM_TAKE(list, list_in(fields, "filters"));
  if (list == nullptr) return filters;
  if (list->size() > kMostFilters)
    return bad(fmt::format(".filters: expected at most {} filters", kMostFilters));
  for (const auto& item : *list) {
    if (!item.as_string())
      return wrong_argument(fields.path("filters"), "a list of names of filters", item);
    filters.emplace_back(*item.as_string());
  }
  return filters;
}

Result<void> refuse_unknown(const Value::Map& table) {
  for (const auto& [key, value] : table) {
    if (std::ranges::find(kFields, key.view()) != std::end(kFields)) continue;
    return bad(fmt::format(": there is no field {}, expected one of {}", key.view().substr(0, 64),
                           fmt::join(kFields, ", ")));
  }
  return {};
}

Result<void> read_numbers(ArgumentFields& fields, DrawnPrompt& read) {
  GVM_TAKE(read.temperature, fields.number("temperature"));
  GVM_TAKE(read.top_p, fields.number("top_p"));
  GVM_TAKE(read.seed, fields.whole("seed", UINT64_MAX));
  return {};
}

Result<void> read_phrasing_and_sections(ArgumentFields& fields, const greybox::Draw& draw,
                                        const config::GreyboxKind& from, std::uint64_t session_seed,
                                        DrawnPrompt& read) {
  GVM_TAKE(read.phrasing, read_phrasing(fields, from));
  if (!read.phrasing) return {};
  const auto& phrasing = from.phrasings[*read.phrasing];
  if (read.phrasing != draw.phrasing) {
    read.sections = greybox::draw_sections(phrasing, session_seed, draw.kind, draw.ordinal);
    return {};
  }
  if (fields.find("sections") == nullptr) {
    read.sections = draw.sections;
    return {};
  }
  GVM_TAKE(read.sections, read_sections(fields, phrasing.sections.size()));
  return {};
}

}  // namespace

DrawnPrompt drawn_prompt(const greybox::Draw& draw, const config::GreyboxKind& from) {
  DrawnPrompt drawn;
  drawn.pooled = !from.models.empty();
  for (const auto at : draw.models)
    drawn.models.push_back({from.pool[at].backend, from.pool[at].model});
  drawn.temperature = draw.temperature;
  drawn.top_p = draw.top_p;
  drawn.seed = draw.seed;
  drawn.phrasing = draw.phrasing;
  drawn.sections = draw.sections;
  drawn.delimiters = draw.delimiters;
  for (const auto at : draw.filters) drawn.filters.push_back(from.filters[at].filter);
  for (const auto at : draw.image_filters)
    drawn.image_filters.as_array()->push_back(from.image_filters[at].filter);
  return drawn;
}

Value to_value(const DrawnPrompt& drawn, const greybox::Draw& draw) {
  Value value = Value::fields(
      "kind", Value::string(std::string(config::name_of(draw.kind))), "ordinal",
      Value::integer(Integer::from_u64(draw.ordinal)), "delimiters",
      Value::fields("open", Value::string(drawn.delimiters.open), "close",
                    Value::string(drawn.delimiters.close)),
      "filters", texts_value(drawn.filters), "image_filters", Value(drawn.image_filters));
  auto& map = *value.as_map();
  if (drawn.pooled) map.set("models", models_value(drawn.models));
  if (drawn.temperature) map.set("temperature", Value::real(*drawn.temperature));
  if (drawn.top_p) map.set("top_p", Value::real(*drawn.top_p));
  if (drawn.seed) map.set("seed", Value::integer(Integer::from_u64(*drawn.seed)));
  if (!drawn.phrasing) return value;
  map.set("phrasing", Value::integer(std::int64_t{*drawn.phrasing} + 1));
  map.set("sections", positions(drawn.sections));
  return value;
}

Result<DrawnPrompt> read_drawn_prompt(Value::Map& table, const greybox::Draw& draw,
                                      const config::GreyboxKind& from, std::uint64_t session_seed) {
  if (auto known = refuse_unknown(table); !known) return fail(std::move(known).error());
  ArgumentFields fields(table, "ctx.greybox.");
  DrawnPrompt read;
  GVM_TAKE(read.models, read_models(fields));
  // An empty pool that was configured stays one.
  read.pooled = !read.models.empty() ||
                (fields.find("models") != nullptr && !from.models.empty() && from.pool.empty());
  if (auto numbers = read_numbers(fields, read); !numbers) return fail(std::move(numbers).error());
  if (auto texts = read_phrasing_and_sections(fields, draw, from, session_seed, read); !texts)
    return fail(std::move(texts).error());
  GVM_TAKE(read.delimiters, read_delimiters(fields, draw.delimiters));
  GVM_TAKE(read.filters, read_filters(fields));
  Value::Array* images = nullptr;
  GVM_TAKE(images, list_in(fields, "image_filters"));
  if (images != nullptr) read.image_filters = Value::array(Value::Array(*images));
  return read;
}

std::vector<std::string_view> differences(const DrawnPrompt& a, const DrawnPrompt& b) {
  std::vector<std::string_view> names;
  const auto compare = [&](std::string_view name, bool same) {
    if (!same) names.push_back(name);
  };
  compare("models", a.pooled == b.pooled && a.models == b.models);
  compare("temperature", a.temperature == b.temperature);
  compare("top_p", a.top_p == b.top_p);
  compare("seed", a.seed == b.seed);
  compare("phrasing", a.phrasing == b.phrasing);
  compare("sections", a.phrasing != b.phrasing || a.sections == b.sections);
  compare("delimiters", a.delimiters == b.delimiters);
  compare("filters", a.filters == b.filters);
  compare("image_filters", a.image_filters == b.image_filters);
  return names;
}

}  // namespace gvm::llm
