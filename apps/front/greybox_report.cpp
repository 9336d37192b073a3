#include "apps/front/greybox_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

#include "apps/front/terminal.h"
#include "base/json.h"
#include "llm/drawn_prompt.h"

namespace gvm::apps {
namespace {

using greybox::Draw;
using Side = TextTable::Side;

std::string seed_line(const PreviewSeed& seed) {
  switch (seed.source) {
    case SeedSource::configuration:
      return "the seed of the configuration: every session draws this\n";
    case SeedSource::option:
      return fmt::format("the seed 0x{:016x}\n", seed.value);
    case SeedSource::drawn:
      break;
  }
  return fmt::format(
      "the seed 0x{:016x}, drawn for this preview: every session has another one (--seed repeats "
      "it)\n",
      seed.value);
}

std::string pool_line(const config::GreyboxKind& from) {
  if (from.models.empty()) return "  all models, as `routing` orders them\n";
  const auto shares = greybox::shares_of(from.pool);
  std::string line = "  pool:";
  for (std::size_t i = 0; i < from.pool.size(); ++i)
    fmt::format_to(std::back_inserter(line), "{} {}/{} {:.1f} %", i == 0 ? "" : ",",
                   from.pool[i].backend, from.pool[i].model, shares[i] * 100);
  return line + "\n";
}

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "";
}

std::string model(const llm::DrawnPrompt& drawn) {
  if (drawn.models.empty()) return "";
  return drawn.models.front().provider + "/" + drawn.models.front().model;
}

// "2", or "2: 3 1 2" where the sections stand in a drawn order.
std::string phrasing(const Draw& draw, const config::GreyboxKind& from) {
  if (!draw.phrasing) return "";
  std::string text = std::to_string(*draw.phrasing + 1);
  if (!from.phrasings[*draw.phrasing].shuffle) return text;
  text += ":";
  for (const auto at : draw.sections) text += " " + std::to_string(at + 1);
  return text;
}

// Only where a phrasing has them.
std::string delimiters(const Draw& draw, const config::GreyboxKind& from) {
  const bool used = draw.phrasing && from.phrasings[*draw.phrasing].delimited;
  return used ? draw.delimiters.open + " " + draw.delimiters.close : "";
}

std::string image_filters(const llm::DrawnPrompt& drawn) {
  std::string text;
  for (const auto& filter : *drawn.image_filters.as_array()) {
    if (!text.empty()) text += " ";
    text += filter.as_string() ? std::string(*filter.as_string()) : json::write(filter);
  }
  return text;
}

std::string table_of(const Preview& preview, config::PromptKind kind) {
  const auto& from = preview.greybox.of(kind);
  TextTable table;
  table.column("prompt");
  for (const auto* title : {"first model", "temperature", "top_p", "seed", "phrasing", "delimiters",
                            "filters", "image filters"})
    table.column(title, Side::left);
  for (std::uint64_t ordinal = 1; ordinal <= preview.draws; ++ordinal) {
    const auto draw = greybox::draw(from, preview.seed.value, kind, ordinal);
    const auto drawn = llm::drawn_prompt(draw, from);
    table.row({std::to_string(ordinal), model(drawn), number(drawn.temperature),
               number(drawn.top_p), drawn.seed ? std::to_string(*drawn.seed) : "",
               phrasing(draw, from), delimiters(draw, from),
               fmt::format("{}", fmt::join(drawn.filters, " ")), image_filters(drawn)});
  }
  return table.to_string();
}

Value pool_value(const config::GreyboxKind& from) {
  const auto shares = greybox::shares_of(from.pool);
  Value::Array pool;
  for (std::size_t i = 0; i < from.pool.size(); ++i)
    pool.push_back(Value::fields("backend", Value::string(from.pool[i].backend), "model",
                                 Value::string(from.pool[i].model), "share",
                                 Value::real(shares[i])));
  return Value::array(std::move(pool));
}

Value draws_value(const Preview& preview, config::PromptKind kind) {
  const auto& from = preview.greybox.of(kind);
  Value::Array draws;
  for (std::uint64_t ordinal = 1; ordinal <= preview.draws; ++ordinal) {
    const auto draw = greybox::draw(from, preview.seed.value, kind, ordinal);
    draws.push_back(llm::to_value(llm::drawn_prompt(draw, from), draw));
  }
  return Value::array(std::move(draws));
}

}  // namespace

std::string preview_text(const Preview& preview) {
  std::string out = seed_line(preview.seed);
  for (const auto kind : preview.kinds) {
    fmt::format_to(std::back_inserter(out), "\n{}\n", config::name_of(kind));
    out += printable(pool_line(preview.greybox.of(kind)), Lines::keep);
    out += printable(table_of(preview, kind), Lines::keep);
  }
  return out;
}

Value preview_json(const Preview& preview) {
  Value::Map kinds;
  for (const auto kind : preview.kinds)
    kinds.set(config::name_of(kind), Value::fields("pool", pool_value(preview.greybox.of(kind)),
                                                   "draws", draws_value(preview, kind)));
  Value out = Value::fields("kinds", Value::map(std::move(kinds)));
  if (preview.seed.source != SeedSource::configuration)
    out.as_map()->set("seed", Value::string(fmt::format("0x{:016x}", preview.seed.value)));
  return out;
}

}  // namespace gvm::apps
