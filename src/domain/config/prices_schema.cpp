// The rows of prices.yaml.
#include <fmt/format.h>

#include "config/prices_checks.h"
#include "config/prices_load.h"
#include "config/schema.h"

namespace gvm::config {

namespace {

constexpr Origin kOurs = Origin::ours;
constexpr double kMostTokens = 100'000'000;  // of a prompt

Key leaf_key(std::string_view name, std::string_view doc, std::string form) {
  Key key;
  key.name = name;
  key.doc = doc;
  key.origin = kOurs;
  key.form = std::move(form);
  key.editor = any_scalar();
  return key;
}

// Prices have a reader of their own: no double on the way.
template <class S>
Key price_key(std::optional<PriceUsd> S::* member, std::string_view name, std::string_view doc,
              std::uint64_t ceiling_usd) {
  auto key = leaf_key(name, doc,
                      fmt::format("a price in USD from 0 to {}, at most {} decimals, such as 2.50",
                                  ceiling_usd, PriceUsd::kDecimals));
  key.editor.as_map()->set("minimum", Value::integer(0));
  key.editor.as_map()->set("maximum", Value::integer(static_cast<std::int64_t>(ceiling_usd)));
  key.read = [member, ceiling_usd, form = key.form](const Leaf& leaf, void* target) {
    if (leaf.node.kind != Node::Kind::scalar) return leaf.refuse(form);
    const auto price = parse_price(leaf.node.text, ceiling_usd);
    if (price) {
      static_cast<S*>(target)->*member = *price;
      return;
    }
    leaf.context.error(
        leaf.node.mark, leaf.path,
        fmt::format("got {} ({}), expected {}", describe(leaf.node), price.error(), form));
  };
  return key;
}

template <class S>
Key day_key(std::optional<std::chrono::sys_days> S::* member, std::string_view name,
            std::string_view doc) {
  auto key = leaf_key(name, doc, "a day such as 2026-01-31");
  key.read = [member, form = key.form](const Leaf& leaf, void* target) {
    const bool text = leaf.node.kind == Node::Kind::scalar;
    const auto day = text ? parse_day(leaf.node.text) : std::nullopt;
    if (!day) return leaf.refuse(form);
    static_cast<S*>(target)->*member = *day;
  };
  return key;
}

const Section& token_prices_section() {
  using T = TokenPrices;
  static const Section section = [] {
    constexpr auto kMost = kMaxUsdPerMillionTokens;
    auto s = SectionBuilder<T>("token prices", "USD per million tokens.").build();
    s.keys = {
        price_key(&T::input, "input", "Prompt tokens that no cache had", kMost),
        price_key(&T::output, "output", "Tokens of the answer", kMost),
        price_key(&T::cache_read, "cache_read",
                  "Prompt tokens read from the provider's cache; absent: as input", kMost),
        price_key(&T::cache_write, "cache_write",
                  "Prompt tokens written to the provider's cache; absent: as input, and flagged",
                  kMost),
        price_key(&T::cache_write_1h, "cache_write_1h",
                  "The same, to be kept for an hour; absent: as cache_write, and flagged", kMost),
        price_key(&T::reasoning, "reasoning", "Tokens of thinking; absent: as output", kMost)};
    return s;
  }();
  return section;
}

const Section& tier_section() {
  using T = PriceTier;
  static const Section section =
      SectionBuilder<T>("a tier", "Prices of a whole call with a long prompt.")
          .leaf(&T::above, {.name = "above",
                            .doc = "Prompt tokens, cached ones included; the tier is for more",
                            .origin = kOurs,
                            .range = {1, kMostTokens},
                            .unit = "tokens"})
          .inlined(&T::tokens, token_prices_section())
          .build();
  return section;
}

Section entry_section() {
  using E = PriceEntry;
  auto section =
      SectionBuilder<E>("a model's prices", "What one model costs, at one backend or at any.")
          .leaf(&E::models, {.name = "model",
                             .doc = "The name sent to the provider, or several; a `*` may end it",
                             .origin = kOurs,
                             .presence = Presence::required,
                             .format = Format::one_or_more})
          .leaf(&E::backend, {.name = "backend",
                              .doc = "Only at this backend of the configuration; absent: at any",
                              .origin = kOurs,
                              .format = Format::not_empty})
          .inlined(&E::tokens, token_prices_section())
          .list(&E::tiers, tier_section(),
                {.name = "tiers",
                 .doc = "Other token prices for long prompts, by ascending `above`",
                 .origin = kOurs})
          .leaf(&E::use_reported_cost, {.name = "use_reported_cost",
                                        .doc = "The cost the provider reports wins over the prices",
                                        .origin = kOurs})
          .leaf(&E::note, {.name = "note", .doc = "For people; has no effect", .origin = kOurs})
          .check(check_price_entry)
          .build();
  for (const auto& key : {price_key(&E::image, "image", "One image sent", kMaxUsdPerUnit),
                          price_key(&E::request, "request", "One call", kMaxUsdPerUnit),
                          day_key(&E::valid_from, "valid_from", "First day of these prices, UTC"),
                          day_key(&E::valid_until, "valid_until", "Last day of these prices, UTC")})
    section.keys.push_back(key);
  return section;
}

}  // namespace

const Section& price_catalog_section() {
  using C = PriceCatalogConfig;
  static const Section entry = entry_section();
  static const Section section =
      SectionBuilder<C>("a price catalogue", "What models cost.")
          .leaf(&C::currency, {.name = "currency", .doc = "USD", .origin = kOurs})
          .list(&C::entries, entry,
                {.name = "models", .doc = "The prices, in any order", .origin = kOurs})
          .check(check_price_catalog)
          .build();
  return section;
}

}  // namespace gvm::config
