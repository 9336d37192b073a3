#include "config/prices_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace gvm::config {

namespace {

constexpr std::size_t kLongestName = 256;  // bytes
// 10^-4 USD per million tokens: no provider is that cheap, so the value is probably a price per
// token.
constexpr PriceUsd kSuspiciouslyLow{100'000'000};

Mark mark_of(const Node& node, std::string_view key) {
  const auto* entry = node.find(key);
  return entry == nullptr ? node.mark : entry->value->mark;
}

struct NamedPrice {
  std::string_view key;
  std::optional<PriceUsd> TokenPrices::* member;
};
constexpr NamedPrice kTokenPrices[] = {{"input", &TokenPrices::input},
                                       {"output", &TokenPrices::output},
                                       {"cache_read", &TokenPrices::cache_read},
                                       {"cache_write", &TokenPrices::cache_write},
                                       {"cache_write_1h", &TokenPrices::cache_write_1h},
                                       {"reasoning", &TokenPrices::reasoning}};

bool any_price(const TokenPrices& prices) {
  return std::ranges::any_of(
      kTokenPrices, [&](const NamedPrice& price) { return (prices.*price.member).has_value(); });
}

class EntryCheck {
 public:
  EntryCheck(const Node& node, const std::string& path, Context& context)
      : node_(node), path_(path), context_(context) {}

  void run(const PriceEntry& entry) {
    names(entry);
    if (needs_prices(entry)) both(node_, path_, entry.tokens);
    warn_about(entry.tokens);
    tiers(entry);
    if (entry.valid_from && entry.valid_until && *entry.valid_from > *entry.valid_until)
      context_.error(mark_of(node_, "valid_until"), path_ + ".valid_until",
                     "got a day before valid_from, expected that day or a later one");
  }

 private:
  static bool needs_prices(const PriceEntry& entry) {
    return any_price(entry.tokens) || !entry.use_reported_cost || !entry.tiers.empty();
  }

  void names(const PriceEntry& entry) {
    const auto* list = node_.find("model");
    for (std::size_t i = 0; i < entry.models.size(); ++i) {
      const auto& name = entry.models[i];
      const bool star_inside = name.find('*') < name.size() - 1;
      if (!star_inside && name.size() <= kLongestName) continue;
      const bool one = list->value->kind == Node::Kind::scalar;
      const auto& where = one ? *list->value : *list->value->items[i];
      context_.error(where.mark, one ? path_ + ".model" : fmt::format("{}.model[{}]", path_, i),
                     fmt::format("got {}, expected a name of at most {} bytes, * only at its end",
                                 in_quotes(name), kLongestName));
    }
    if (list != nullptr && list->value->kind == Node::Kind::list && list->value->items.empty())
      context_.error(list->value->mark, path_ + ".model", "got no name, expected at least one");
  }

  // The reader has already reported wrong values; only missing keys are reported here.
  bool absent(const Node& node, std::string_view key) const {
    const auto* entry = node.find(key);
    return entry == nullptr || entry->value->kind == Node::Kind::null;
  }

  void missing(const Node& node, const std::string& path, std::string_view key,
               std::string_view why) {
    context_.error(node.mark, fmt::format("{}.{}", path, key),
                   fmt::format("missing, expected a price: {}", why));
  }

  void both(const Node& node, const std::string& path, const TokenPrices& prices) {
    for (const auto& [key, member] : {kTokenPrices[0], kTokenPrices[1]})
      if (!(prices.*member) && absent(node, key))
        missing(node, path, key, "only with use_reported_cost may a model have none");
  }

  void tiers(const PriceEntry& entry) {
    const auto* list = node_.find("tiers");
    if (list == nullptr || list->value->kind != Node::Kind::list) return;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < entry.tiers.size(); ++i) {
      const auto& tier = entry.tiers[i];
      const auto& node = *list->value->items[i];
      const auto path = fmt::format("{}.tiers[{}]", path_, i);
      if (absent(node, "above"))
        context_.error(node.mark, path + ".above", "missing, expected a number of tokens");
      else if (tier.above != 0 && tier.above <= below)
        context_.error(
            mark_of(node, "above"), path + ".above",
            fmt::format("got {}, expected more than the {} of the tier before", tier.above, below));
      below = std::max(below, tier.above);
      same_prices(entry.tokens, tier.tokens, node, path);
    }
  }

  // A tier inherits nothing: a tier without its own cache price would silently use a wrong one.
  void same_prices(const TokenPrices& base, const TokenPrices& tier, const Node& node,
                   const std::string& path) {
    both(node, path, tier);
    for (const auto& [key, member] : kTokenPrices) {
      const bool required = key == "input" || key == "output";
      if (!required && base.*member && absent(node, key))
        missing(node, path, key, "the model's own prices have one");
    }
  }

  void warn_about(const TokenPrices& prices) {
    for (const auto& [key, member] : kTokenPrices) {
      const auto& price = prices.*member;
      if (!price || price->pico == 0 || *price >= kSuspiciouslyLow) continue;
      context_.warn(mark_of(node_, key), fmt::format("{}.{}", path_, key),
                    "looks like a price per token; prices are per million tokens");
    }
    if (prices.cache_read && prices.input && *prices.cache_read > *prices.input)
      context_.warn(mark_of(node_, "cache_read"), path_ + ".cache_read",
                    "is dearer than input, which a cache is not");
  }

  const Node& node_;
  const std::string& path_;
  Context& context_;
};

// A name of an entry, with the days it is for.
struct Window {
  std::string_view backend;
  std::string_view model;
  std::chrono::sys_days from;
  std::chrono::sys_days until;
  std::size_t entry;
  Mark mark;
};

std::vector<Window> windows_of(const PriceCatalogConfig& catalog, const Node& list) {
  using std::chrono::sys_days;
  std::vector<Window> out;
  for (std::size_t i = 0; i < catalog.entries.size(); ++i) {
    const auto& e = catalog.entries[i];
    for (const auto& model : e.models)
      out.push_back({e.backend, model, e.valid_from.value_or(sys_days::min()),
                     e.valid_until.value_or(sys_days::max()), i, list.items[i]->mark});
  }
  std::ranges::sort(
      out, {}, [](const Window& w) { return std::tuple(w.backend, w.model, w.from, w.entry); });
  return out;
}

void check_overlaps(const PriceCatalogConfig& catalog, const Node& list, Context& context) {
  const auto windows = windows_of(catalog, list);
  for (std::size_t i = 1; i < windows.size(); ++i) {
    const auto* a = &windows[i - 1];
    const auto* b = &windows[i];
    if (a->backend != b->backend || a->model != b->model || b->from > a->until) continue;
    if (a->entry > b->entry) std::swap(a, b);
    context.error(b->mark, fmt::format("models[{}]", b->entry),
                  fmt::format("got prices of {} for days that line {} has prices for, expected "
                              "valid_from and valid_until that keep them apart",
                              in_quotes(b->model), a->mark.line));
  }
}

}  // namespace

void check_price_entry(const Node& node, const std::string& path, Context& context,
                       PriceEntry& entry) {
  EntryCheck(node, path, context).run(entry);
}

void check_price_catalog(const Node& node, const std::string&, Context& context,
                         PriceCatalogConfig& catalog) {
  if (catalog.currency != "USD")
    context.error(mark_of(node, "currency"), "currency",
                  fmt::format("got {}, expected USD", in_quotes(catalog.currency)));
  const auto* models = node.find("models");
  if (models == nullptr || catalog.entries.empty()) {
    const bool told = models != nullptr && models->value->kind != Node::Kind::null &&
                      models->value->kind != Node::Kind::list;
    if (!told)
      context.error(mark_of(node, "models"), "models",
                    "missing, expected a list, each a model's prices");
    return;
  }
  check_overlaps(catalog, *models->value, context);
}

}  // namespace gvm::config
