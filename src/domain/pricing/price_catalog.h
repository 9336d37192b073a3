#pragma once
// Prices ready for use: decides which entry counts for a model at a given time. Immutable; shared
// by all lanes.
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/prices_config.h"
#include "pricing/usd.h"

namespace gvm::pricing {

// Why a cost is not known. An unknown cost is never zero: the caller charges what it reserved.
enum class Unknown : std::uint8_t {
  no_entry,       // no entry is for this model
  not_valid_now,  // the entry for it has no prices for this day
  no_prices,      // only a reported cost counts for it, and there is none
  no_usage,       // the answer does not say enough about what was used
  absurd,         // above kMaxUsdPerCall
};
std::string_view unknown_name(Unknown reason);

// In 10^-18 USD per token. Rates that the catalogue leaves out are filled in: cache reads and
// writes cost as much as input, writes for an hour as much as writes, reasoning as much as output.
struct Rates {
  std::uint64_t input = 0;
  std::uint64_t output = 0;
  std::uint64_t cache_read = 0;
  std::uint64_t cache_write = 0;
  std::uint64_t cache_write_1h = 0;
  std::uint64_t reasoning = 0;
  bool cache_write_given = false;
  bool cache_write_1h_given = false;
};

struct RateTier {
  std::uint64_t above = 0;  // prompt tokens
  Rates rates;
};

struct Entry {
  std::string backend;  // empty: any
  std::string model;    // as written, with its '*'
  std::chrono::sys_days from;
  std::chrono::sys_days until;  // included
  bool priced = false;          // false: only a reported cost counts
  bool use_reported_cost = false;
  Rates base;
  std::vector<RateTier> tiers;  // by ascending `above`
  Usd image;
  Usd request;

  // The rates for the whole call.
  const Rates& rates_for(std::uint64_t prompt_tokens) const;
};

class PriceCatalog {
 public:
  using Time = std::chrono::system_clock::time_point;

  PriceCatalog() = default;  // contains no prices
  explicit PriceCatalog(const config::PriceCatalogConfig& config);
  PriceCatalog(PriceCatalog&&) = default;
  PriceCatalog& operator=(PriceCatalog&&) = default;

  // Entries for this backend are preferred to those for any backend; among either, the exact name
  // is preferred to the longest prefix with '*'. Only the best match counts: when it has no prices
  // for that day, no other entry replaces it. The entry lives as long as the catalogue.
  std::expected<const Entry*, Unknown> find(std::string_view backend, std::string_view model,
                                            Time time) const;

  std::size_t size() const { return entries_; }  // names, counted once per validity window
  // 16 hexadecimal digits of a SHA-256 over everything that affects prices. Layout, comments, notes
  // and the order of entries do not change it.
  const std::string& hash() const { return hash_; }

 private:
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  template <class T>
  using ByText = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;
  using Windows = std::vector<Entry>;  // of one name, by `from`, disjoint

  struct Book {
    ByText<Windows> exact;
    std::vector<std::pair<std::string, Windows>> prefixes;  // longest first
    const Windows* find(std::string_view model) const;
  };

  ByText<Book> books_;  // by backend; "" is any
  std::size_t entries_ = 0;
  std::string hash_;
};

}  // namespace gvm::pricing
