#include "pricing/cost.h"

#include <algorithm>

#include "pricing/usage_fields.h"

namespace gvm::pricing {

namespace {

// A count is at most 2^53 and a rate at most 10^16, an image at most 10^21; therefore the sum fits
// 128 bits.
Usd at(std::uint64_t count, std::uint64_t rate) {
  return Usd::from_atto(Uint128{count} * rate);
}

Usd images(const Entry& entry, std::uint64_t count) {
  return Usd::from_atto(entry.image.atto() * count);
}

std::expected<Cost, Unknown> booked(Usd exact, CostSource source, Flags flags) {
  const auto nano = exact.nano_up();
  if (!nano) return std::unexpected(Unknown::absurd);
  return Cost{exact, *nano, source, flags};
}

bool cache_write_assumed(const Usage& usage, const Rates& rates) {
  return (usage.cache_write > 0 && !rates.cache_write_given) ||
         (usage.cache_write_1h > 0 && !rates.cache_write_1h_given);
}

// The highest cost of `prompt` and `output` tokens at these rates, however the tokens are
// distributed.
Usd dearest(const Rates& rates, std::uint64_t prompt, std::uint64_t output, CacheWrites writes) {
  auto in = std::max(rates.input, rates.cache_read);
  if (writes == CacheWrites::possible) in = std::max({in, rates.cache_write, rates.cache_write_1h});
  return at(prompt, in) + at(output, std::max(rates.output, rates.reasoning));
}

}  // namespace

std::string_view cost_source_name(CostSource source) {
  return source == CostSource::reported ? "reported" : "computed";
}

std::expected<Cost, Unknown> cost(const Usage& usage, const Entry& entry) {
  auto flags = usage.flags;
  if (entry.use_reported_cost) {
    if (usage.reported_cost) return booked(*usage.reported_cost, CostSource::reported, flags);
    flags.set(Flag::reported_cost_missing);
  }
  if (!entry.priced) return std::unexpected(Unknown::no_prices);
  if (!usage.known) return std::unexpected(Unknown::no_usage);
  const auto& rates = entry.rates_for(usage.prompt_tokens());
  if (cache_write_assumed(usage, rates)) flags.set(Flag::cache_write_assumed);
  const Usd exact = at(usage.input, rates.input) + at(usage.cache_read, rates.cache_read) +
                    at(usage.cache_write, rates.cache_write) +
                    at(usage.cache_write_1h, rates.cache_write_1h) +
                    at(usage.output, rates.output) + at(usage.reasoning, rates.reasoning) +
                    images(entry, usage.images) + entry.request;
  return booked(exact, CostSource::computed, flags);
}

std::expected<std::int64_t, Unknown> worst_case(const Entry& entry, const PlannedCall& plan) {
  if (!entry.priced) return std::unexpected(Unknown::no_prices);
  const auto output = plan.max_tokens.value_or(plan.default_max_tokens);
  if (std::max({plan.prompt_tokens, output, plan.images}) > kMaxCount)
    return std::unexpected(Unknown::absurd);
  // A shorter prompt may fall into a more expensive tier, so every tier that the prompt can reach
  // is tried.
  const auto in_tier = [&](std::size_t i) {
    const auto& rates = i == 0 ? entry.base : entry.tiers[i - 1].rates;
    const bool last = i == entry.tiers.size();
    const auto longest =
        last ? plan.prompt_tokens : std::min(plan.prompt_tokens, entry.tiers[i].above);
    return dearest(rates, longest, output, plan.cache_writes);
  };
  Usd most = in_tier(0);
  for (std::size_t i = 1; i <= entry.tiers.size(); ++i)
    if (plan.prompt_tokens > entry.tiers[i - 1].above) most = std::max(most, in_tier(i));
  const auto nano = (most + images(entry, plan.images) + entry.request).nano_up();
  if (!nano) return std::unexpected(Unknown::absurd);
  return *nano;
}

}  // namespace gvm::pricing
