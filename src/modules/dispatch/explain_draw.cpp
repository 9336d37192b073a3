#include "dispatch/explain_draw.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "base/json.h"

namespace gvm::dispatch {
namespace {

std::string plain(const Value& value) {
  const auto text = value.as_string();
  return text ? std::string(*text) : json::write(value);
}

std::string told(const Value& drawn, std::string_view key) {
  const Value* value = drawn.find(key);
  return value == nullptr ? "?" : plain(*value);
}

void add_row(std::string& out, std::string_view title, std::string_view text) {
  if (!text.empty()) fmt::format_to(std::back_inserter(out), "  {:<14} {}\n", title, text);
}

// "a, b, c"; of a list of lists only what `item` makes of each.
template <class Item>
std::string joined(const Value* list, Item&& item) {
  std::string out;
  if (list == nullptr || list->as_array() == nullptr) return out;
  for (const auto& each : *list->as_array()) {
    if (!out.empty()) out += ", ";
    out += item(each);
  }
  return out;
}

// [name, how probable it was that it came first]; a script's choice has the name alone.
std::string model(const Value& row) {
  const auto* pair = row.as_array();
  if (pair == nullptr || pair->size() != 2) return plain(row);
  const auto* share = (*pair)[1].as_real();
  const auto* whole = (*pair)[1].as_integer();
  const double part = share != nullptr ? *share : whole != nullptr ? whole->to_double() : 0;
  return fmt::format("{} ({:.1f} %)", plain((*pair)[0]), part * 100);
}

std::string models(const Value& drawn) {
  const Value* list = drawn.find("models");
  std::string out = joined(list, model);
  const Value* count = drawn.find("pool");
  const auto* number = count == nullptr ? nullptr : count->as_integer();
  const auto of = number == nullptr ? std::nullopt : number->to_i64();
  const auto shown = list == nullptr || list->as_array() == nullptr ? 0 : list->as_array()->size();
  if (of && *of > static_cast<std::int64_t>(shown))
    out += fmt::format(" and {} more", *of - static_cast<std::int64_t>(shown));
  return out;
}

std::string phrasing(const Value& drawn) {
  if (drawn.find("phrasing") == nullptr) return {};
  std::string out = fmt::format("{} of {}", told(drawn, "phrasing"), told(drawn, "phrasings"));
  const auto order = joined(drawn.find("sections"), plain);
  if (!order.empty()) out += ", its sections in the order " + order;
  return out;
}

std::string delimiters(const Value& drawn) {
  if (drawn.find("open") == nullptr) return {};
  return told(drawn, "open") + " and " + told(drawn, "close");
}

// A list, or how many there were.
std::string filters(const Value& drawn, std::string_view key) {
  const Value* found = drawn.find(key);
  if (found == nullptr) return {};
  return found->as_array() != nullptr ? joined(found, plain) : plain(*found) + " of them";
}

}  // namespace

std::string explain_draw(const Value& drawn) {
  std::string out =
      fmt::format("drawn for a prompt of the kind {}, the session's number {}, seed {}\n",
                  told(drawn, "kind"), told(drawn, "n"), told(drawn, "seed"));
  add_row(out, "models", models(drawn));
  for (const std::string_view key : {"temperature", "top_p", "provider_seed"})
    if (const Value* value = drawn.find(key)) add_row(out, key, plain(*value));
  add_row(out, "phrasing", phrasing(drawn));
  add_row(out, "delimiters", delimiters(drawn));
  add_row(out, "filters", filters(drawn, "filters"));
  add_row(out, "image_filters", filters(drawn, "image_filters"));
  add_row(out, "by the script", joined(drawn.find("script"), plain));
  return out;
}

}  // namespace gvm::dispatch
