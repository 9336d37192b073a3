#pragma once
// A price catalogue as its file says it, in exact decimals: what pricing::PriceCatalog is built
// from.
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gvm::config {

// Dollars, exact to 12 decimals.
struct PriceUsd {
  static constexpr int kDecimals = 12;
  static constexpr std::uint64_t kPicoPerUsd = 1'000'000'000'000;
  std::uint64_t pico = 0;  // 10^-12 USD
  friend auto operator<=>(const PriceUsd&, const PriceUsd&) = default;
};

// Larger prices are typing errors, for example a missing decimal point.
inline constexpr std::uint64_t kMaxUsdPerMillionTokens = 10'000;
inline constexpr std::uint64_t kMaxUsdPerUnit = 1'000;  // of an image, of a request

// "2", "2.50": digits, at most 12 of them after the point, at most `ceiling_usd`; never through a
// double. The error says what is wrong with the text: "negative", "more than 12 decimals", ...
std::expected<PriceUsd, std::string_view> parse_price(std::string_view text,
                                                      std::uint64_t ceiling_usd);

// USD per million tokens. pricing/price_catalog.h says what is used for an absent one.
struct TokenPrices {
  std::optional<PriceUsd> input;   // not read from a cache
  std::optional<PriceUsd> output;  // the answer
  std::optional<PriceUsd> cache_read;
  std::optional<PriceUsd> cache_write;     // kept for minutes
  std::optional<PriceUsd> cache_write_1h;  // kept for an hour
  std::optional<PriceUsd> reasoning;       // thinking, where it costs other than the answer
};

// Replaces the token prices of a whole call whose prompt has more than `above` tokens.
struct PriceTier {
  std::uint64_t above = 0;
  TokenPrices tokens;
};

struct PriceEntry {
  std::vector<std::string> models;  // exact, or with a '*' as the last character
  std::string backend;              // empty: any
  TokenPrices tokens;
  std::optional<PriceUsd> image;                     // USD per image sent
  std::optional<PriceUsd> request;                   // USD per call
  std::vector<PriceTier> tiers;                      // by ascending `above`
  std::optional<std::chrono::sys_days> valid_from;   // UTC, this day included; absent: always
  std::optional<std::chrono::sys_days> valid_until;  // UTC, this day included; absent: for good
  bool use_reported_cost = false;
  std::string note;
};

struct PriceCatalogConfig {
  std::string currency = "USD";
  std::vector<PriceEntry> entries;
};

}  // namespace gvm::config
