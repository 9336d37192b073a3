#pragma once
// Prices ready for use: which entry counts for a model at a time. Immutable; shared by all lanes.
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

// Why a cost is not known. Unknown is never zero: the caller charges what it reserved.
enum class Unknown : std::uint8_t {
  no_entry,       // no entry is for this model
  not_valid_now,  // the entry for it has no prices for this day
  no_prices,      // only a reported cost counts for it, and there is none
  no_usage,       // the answer says too little of what was used
  absurd,         // above kMaxUsdPerCall
};
std::string_view unknown_name(Unknown reason);

// 10^-18 USD per token. What the catalogue leaves out is filled in: cache reads and writes cost as
// input, writes for an hour as writes, reasoning as output.
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

  // Those of the whole call.
  const Rates& rates_for(std::uint64_t prompt_tokens) const;
};

class PriceCatalog {
 public:
  using Time = std::chrono::system_clock::time_point;

  PriceCatalog() = default;  // knows no price
  explicit PriceCatalog(const config::PriceCatalogConfig& config);
  PriceCatalog(PriceCatalog&&) = default;
  PriceCatalog& operator=(PriceCatalog&&) = default;

  // Entries that name the backend go before those for any; of either, the exact name before the
  // longest prefix with '*'. The best match alone counts: when it has no prices for that day, no
  // worse match stands in. The entry lives as long as the catalogue.
  std::expected<const Entry*, Unknown> find(std::string_view backend, std::string_view model,
                                            Time time) const;

  std::size_t size() const { return entries_; }  // names with their days
  // 16 hexadecimal digits of a SHA-256 over all that has an effect: not over layout, comments,
  // notes or the order of entries.
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
