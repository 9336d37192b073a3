#include "pricing/price_catalog.h"

#include <algorithm>
#include <array>

#include "pricing/catalog_hash.h"

namespace gvm::pricing {

namespace {

using config::PriceEntry;
using config::PriceUsd;
using config::TokenPrices;

// 10^-12 USD per 10^6 tokens is 10^-18 USD per token.
std::uint64_t rate(const std::optional<PriceUsd>& price, std::uint64_t otherwise) {
  return price ? price->pico : otherwise;
}

Rates rates_of(const TokenPrices& prices) {
  Rates out;
  out.input = rate(prices.input, 0);
  out.output = rate(prices.output, 0);
  out.cache_read = rate(prices.cache_read, out.input);
  out.cache_write = rate(prices.cache_write, out.input);
  out.cache_write_1h = rate(prices.cache_write_1h, out.cache_write);
  out.reasoning = rate(prices.reasoning, out.output);
  out.cache_write_given = prices.cache_write.has_value();
  out.cache_write_1h_given = prices.cache_write_1h.has_value();
  return out;
}

Usd unit_price(const std::optional<PriceUsd>& price) {
  return price ? Usd::from_pico(price->pico) : Usd();
}

Entry entry_of(const PriceEntry& written, const std::string& model) {
  using std::chrono::sys_days;
  Entry out;
  out.backend = written.backend;
  out.model = model;
  out.from = written.valid_from.value_or(sys_days::min());
  out.until = written.valid_until.value_or(sys_days::max());
  out.priced = written.tokens.input.has_value() && written.tokens.output.has_value();
  out.use_reported_cost = written.use_reported_cost;
  out.base = rates_of(written.tokens);
  for (const auto& tier : written.tiers) out.tiers.push_back({tier.above, rates_of(tier.tokens)});
  out.image = unit_price(written.image);
  out.request = unit_price(written.request);
  return out;
}

}  // namespace

std::string_view unknown_name(Unknown reason) {
  static constexpr std::array<std::string_view, 5> kNames = {"no_entry", "not_valid_now",
                                                             "no_prices", "no_usage", "absurd"};
  return kNames[static_cast<std::size_t>(reason)];
}

const Rates& Entry::rates_for(std::uint64_t prompt_tokens) const {
  const auto* rates = &base;
  for (const auto& tier : tiers)
    if (prompt_tokens > tier.above) rates = &tier.rates;
  return *rates;
}

PriceCatalog::PriceCatalog(const config::PriceCatalogConfig& config) {
  CatalogHash hash;
  for (const auto& written : config.entries) {
    for (const auto& model : written.models) {
      auto entry = entry_of(written, model);
      hash.add(entry);
      ++entries_;
      auto& book = books_[entry.backend];
      if (!model.ends_with('*')) {
        book.exact[model].push_back(std::move(entry));
        continue;
      }
      const auto prefix = model.substr(0, model.size() - 1);
      auto found = std::ranges::find(book.prefixes, prefix, [](const auto& p) { return p.first; });
      if (found == book.prefixes.end()) found = book.prefixes.insert(found, {prefix, {}});
      found->second.push_back(std::move(entry));
    }
  }
  for (auto& [backend, book] : books_)
    std::ranges::sort(book.prefixes, std::ranges::greater{},
                      [](const auto& p) { return p.first.size(); });
  hash_ = hash.hex();
}

const PriceCatalog::Windows* PriceCatalog::Book::find(std::string_view model) const {
  if (const auto found = exact.find(model); found != exact.end()) return &found->second;
  for (const auto& [prefix, windows] : prefixes)
    if (model.starts_with(prefix)) return &windows;
  return nullptr;
}

std::expected<const Entry*, Unknown> PriceCatalog::find(std::string_view backend,
                                                        std::string_view model, Time time) const {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  for (const auto owner : {backend, std::string_view()}) {
    const auto book = books_.find(owner);
    const auto* windows = book == books_.end() ? nullptr : book->second.find(model);
    if (windows == nullptr) continue;
    for (const auto& entry : *windows)
      if (day >= entry.from && day <= entry.until) return &entry;
    return std::unexpected(Unknown::not_valid_now);
  }
  return std::unexpected(Unknown::no_entry);
}

}  // namespace gvm::pricing
