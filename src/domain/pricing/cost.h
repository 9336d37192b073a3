#pragma once
// What a call cost, and the most that it can cost. Pure; well under a microsecond.
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "pricing/flags.h"
#include "pricing/price_catalog.h"
#include "pricing/usage.h"
#include "pricing/usd.h"

namespace gvm::pricing {

enum class CostSource : std::uint8_t { computed, reported };
std::string_view cost_source_name(CostSource source);

struct Cost {
  Usd exact;
  std::int64_t nano_usd = 0;  // `exact`, rounded up: the amount that a ledger books
  CostSource source = CostSource::computed;
  Flags flags;  // of the usage, and of the cost itself
};

// The reported cost when the entry says so, else the prices of everything that was used. An unknown
// cost has a reason and no amount.
std::expected<Cost, Unknown> cost(const Usage& usage, const Entry& entry);

enum class CacheWrites : std::uint8_t { possible, impossible };

// A call that has not been made yet.
struct PlannedCall {
  std::uint64_t prompt_tokens = 0;               // at most
  std::optional<std::uint64_t> max_tokens = {};  // what the request allows
  std::uint64_t default_max_tokens = 0;          // in its place when the request sets no limit
  std::uint64_t images = 0;
  // `impossible`: the request does not ask for caching, so a higher price of cache writes does not
  // count.
  CacheWrites cache_writes = CacheWrites::possible;
};

// Nano-USD, rounded up: at least the cost of any usage within the plan. For reservations.
std::expected<std::int64_t, Unknown> worst_case(const Entry& entry, const PlannedCall& plan);

}  // namespace gvm::pricing
