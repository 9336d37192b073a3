#include "llm/draw_record.h"

#include <algorithm>
#include <cmath>

#include "base/encoding.h"

namespace gvm::llm {
namespace {

constexpr std::size_t kModelsTold = 4;
constexpr std::size_t kFiltersTold = 6;
constexpr std::size_t kNameBytes = 48;
constexpr std::size_t kDelimiterBytes = 48;

Value text(std::string_view words, std::size_t most) {
  return Value::string(to_valid_utf8(words.substr(0, most)));
}

Value number(std::size_t n) {
  return Value::integer(Integer::from_u64(n));
}

// How probable it was that the model came first; nothing for a model that a script has chosen.
std::optional<double> share_of(const DrawnModel& model, const config::GreyboxKind& from,
                               const std::vector<double>& shares) {
  for (std::size_t i = 0; i < from.pool.size(); ++i)
    if (from.pool[i].backend == model.provider && from.pool[i].model == model.model)
      return std::round(shares[i] * 10'000) / 10'000;
  return std::nullopt;
}

Value models_of(const DrawnPrompt& drawn, const config::GreyboxKind& from) {
  const auto shares = greybox::shares_of(from.pool);
  Value::Array told;
  for (std::size_t i = 0; i < std::min(kModelsTold, drawn.models.size()); ++i) {
    const auto& model = drawn.models[i];
    const auto whole = model.model.empty() ? model.provider : model.provider + "/" + model.model;
    Value name = text(whole, kNameBytes);
    const auto share = share_of(model, from, shares);
    told.push_back(share ? Value::list(std::move(name), Value::real(*share)) : std::move(name));
  }
  return Value::array(std::move(told));
}

// "Denoise" of {Denoise = 0.4}.
std::string_view name_of_filter(const Value& filter) {
  if (const auto name = filter.as_string()) return *name;
  const auto* map = filter.as_map();
  return map == nullptr || map->empty() ? "?" : map->begin()->first.view();
}

Value list_or_number(std::vector<std::string_view> names) {
  if (names.size() > kFiltersTold) return number(names.size());
  Value::Array told;
  for (const auto name : names) told.push_back(text(name, kNameBytes));
  return Value::array(std::move(told));
}

void tell_texts(Value::Map& out, const SessionGreybox& greybox, const UsedDraw& used) {
  const DrawnPrompt& drawn = used.drawn;
  if (drawn.phrasing) {
    const auto& phrasings = greybox.configured().phrasings;
    out.set("phrasing", number(*drawn.phrasing + std::size_t{1}));
    out.set("phrasings", number(phrasings.size()));
    if (phrasings[*drawn.phrasing].shuffle) {
      Value::Array order;
      for (const auto at : drawn.sections) order.push_back(number(at + std::size_t{1}));
      out.set("sections", Value::array(std::move(order)));
    }
  }
  if (!used.delimiters) return;
  out.set("open", text(drawn.delimiters.open, kDelimiterBytes));
  out.set("close", text(drawn.delimiters.close, kDelimiterBytes));
}

void tell_filters(Value::Map& out, const DrawnPrompt& drawn) {
  if (!drawn.filters.empty())
    out.set("filters", list_or_number({drawn.filters.begin(), drawn.filters.end()}));
  std::vector<std::string_view> images;
  for (const auto& filter : *drawn.image_filters.as_array())
    images.push_back(name_of_filter(filter));
  if (!images.empty()) out.set("image_filters", list_or_number(std::move(images)));
}

void tell_parameters(Value::Map& out, const provider::Sampling& sampling) {
  if (sampling.temperature) out.set("temperature", Value::real(*sampling.temperature));
  if (sampling.top_p) out.set("top_p", Value::real(*sampling.top_p));
  if (sampling.seed) out.set("provider_seed", Value::integer(Integer::from_u64(*sampling.seed)));
}

}  // namespace

Value draw_record(const SessionGreybox& greybox, const UsedDraw& used) {
  if (!greybox.configured().draws_anything() && used.changed.empty()) return Value::null();
  const auto& draw = greybox.draw();
  Value record = Value::fields("kind", Value::string(std::string(config::name_of(draw.kind))), "n",
                               Value::integer(Integer::from_u64(draw.ordinal)), "seed",
                               Value::string(greybox.seed_text()));
  auto& out = *record.as_map();
  if (used.models && used.drawn.pooled) {
    out.set("models", models_of(used.drawn, greybox.configured()));
    out.set("pool", number(used.drawn.models.size()));
  }
  tell_parameters(out, used.sent.sampling);
  tell_texts(out, greybox, used);
  tell_filters(out, used.drawn);
  Value::Array names;
  for (const auto name : used.changed) names.push_back(Value::string(std::string(name)));
  if (!names.empty()) out.set("script", Value::array(std::move(names)));
  return record;
}

}  // namespace gvm::llm
