#include "routing/rank.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "routing/random.h"

namespace gvm::routing {
namespace {

// Independent random sequences from one seed.
constexpr std::uint64_t kLot = 0x6C6F74;
constexpr std::uint64_t kTie = 0x746965;
constexpr std::uint64_t kRamp = 0x72616D70;
constexpr std::uint64_t kChoice = 0x63686F;

constexpr float kLast = std::numeric_limits<float>::infinity();

// An exponentially distributed number: -log2 of a uniform one. A cubic polynomial replaces the
// logarithm of the mantissa (error about 0.001), because the logarithms of C libraries differ.
double exponential(std::uint64_t random) {
  random |= 1;
  const auto zeros = std::countl_zero(random);
  const double x = static_cast<double>((random << zeros) >> 11) * 0x1p-52 - 1.0;  // 0..1
  const double log2 = x * (1.4209 + x * (-0.5773 + x * 0.1564));
  return static_cast<double>(zeros) + 1.0 - log2;
}

Rejection rejection_of(DataRule rule) {
  switch (rule) {
    case DataRule::no_images:
      return Rejection::data_no_images;
    case DataRule::no_personal_data:
      return Rejection::data_no_personal_data;
    case DataRule::regions:
      return Rejection::data_regions;
    case DataRule::zero_retention:
    case DataRule::none:
      return Rejection::data_zero_retention;
  }
  std::unreachable();
}

std::optional<Rejected> reject_for_data(const DataBars& bars, const Request& request,
                                        CandidateId id) {
  auto rule = bars.any;
  if (rule == DataRule::none && request.holds_images) rule = bars.images;
  if (rule == DataRule::none && request.holds_personal_data) rule = bars.personal_data;
  if (rule != DataRule::none) return Rejected{id, rejection_of(rule), 0};
  const auto asked = id < request.unfit.size() ? request.unfit[id] : DataRule::none;
  if (asked == DataRule::none) return std::nullopt;
  const bool regions = asked == DataRule::regions;
  return Rejected{id, regions ? Rejection::asked_regions : Rejection::asked_zero_retention, 0};
}

std::optional<Rejected> reject_for_needs(const CandidateFacts& facts, const CandidateState& state,
                                         const Request& request, CandidateId id) {
  if (std::ranges::find(request.excluded, id) != request.excluded.end())
    return Rejected{id, Rejection::excluded, 0};
  if (auto rejected = reject_for_data(facts.data, request, id)) return rejected;
  if (request.needs_json && !facts.json) return Rejected{id, Rejection::no_json, 0};
  if (request.needs_image && !facts.image) return Rejected{id, Rejection::no_image, 0};
  if (facts.context_length != 0 && request.tokens > facts.context_length)
    return Rejected{id, Rejection::context_too_short, facts.context_length};
  if (request.needs_json && state.no_json) return Rejected{id, Rejection::learned_no_json, 0};
  if (request.needs_image && state.no_image) return Rejected{id, Rejection::learned_no_image, 0};
  if (request.cost_limit && request.cost_of(id) > *request.cost_limit)
    return Rejected{id, Rejection::too_expensive, request.cost_of(id)};
  return std::nullopt;
}

Rejection rejection_of(Availability availability) {
  switch (availability) {
    case Availability::cooling:
      return Rejection::cooling;
    case Availability::key_open:
      return Rejection::key_open;
    case Availability::endpoint_open:
      return Rejection::endpoint_open;
    default:
      return Rejection::open;
  }
}

std::optional<Rejected> reject_for_state(const CandidateFacts& facts, const CandidateState& state,
                                         const Request& request, CandidateId id) {
  if (state.recovers_in > 0)
    return Rejected{id, rejection_of(state.availability),
                    static_cast<std::int64_t>((state.recovers_in + 999) / 1000)};
  const auto& limits = facts.limits;
  if (limits.requests_per_minute != 0 && state.requests >= limits.requests_per_minute)
    return Rejected{id, Rejection::requests_full, state.requests};
  const auto most = limits.tokens_per_minute;
  if (most != 0 && state.tokens + std::min<std::uint64_t>(request.tokens, most) > most)
    return Rejected{id, Rejection::tokens_full, static_cast<std::int64_t>(state.tokens)};
  return std::nullopt;
}

bool is_full(const CandidateLimits& limits, const CandidateState& state) {
  return (limits.concurrency != 0 && state.calls >= limits.concurrency) ||
         (limits.backend_concurrency != 0 && state.backend_calls >= limits.backend_concurrency);
}

bool held_back_by_ramp(const CandidateState& state, const Request& request, CandidateId id) {
  return state.availability == Availability::ramping &&
         draw_at(request.seed ^ kRamp, id) % 1000 >= state.share;
}

Ranked by_latency(const RankPolicy& policy, const CandidateFacts& facts,
                  const CandidateState& state, CandidateId id) {
  std::uint32_t latency = state.latency;
  if (latency == 0 && state.calls > 0)
    latency = static_cast<std::uint32_t>(policy.assumed_latency.count());
  const auto parallel = facts.limits.concurrency != 0 ? facts.limits.concurrency
                                                      : std::max(1U, policy.parallel_calls);
  const float load = 1.0F + static_cast<float>(state.calls) / static_cast<float>(parallel);
  return {id, Reason::latency, latency, static_cast<float>(latency) * load};
}

Ranked by_usage(const CandidateFacts& facts, const CandidateState& state, const Request& request,
                CandidateId id) {
  const auto& limits = facts.limits;
  float share = 0;
  if (limits.requests_per_minute != 0)
    share = static_cast<float>(state.requests + 1) / static_cast<float>(limits.requests_per_minute);
  if (limits.tokens_per_minute != 0)
    share = std::max(share, static_cast<float>(state.tokens + request.tokens) /
                                static_cast<float>(limits.tokens_per_minute));
  return {id, Reason::usage, static_cast<std::int64_t>(share * 1000), share};
}

Ranked score(Strategy strategy, const RankPolicy& policy, const CandidateFacts& facts,
             const CandidateState& state, const Request& request, CandidateId id) {
  switch (strategy) {
    case Strategy::priority:
      return {id, Reason::priority, id, static_cast<float>(id)};
    case Strategy::weighted: {
      const auto lot = static_cast<float>(exponential(draw_at(request.seed ^ kLot, id)));
      return {id, Reason::weight, static_cast<std::int64_t>(facts.weight * 1000),
              facts.weight > 0 ? lot / facts.weight : kLast};
    }
    case Strategy::least_busy:
      return {id, Reason::busy, state.calls,
              facts.weight > 0 ? static_cast<float>(state.calls) / facts.weight : kLast};
    case Strategy::latency:
      return by_latency(policy, facts, state, id);
    case Strategy::cheapest: {
      const auto cost = request.cost_of(id);
      return {id, Reason::cost, cost, cost < 0 ? kLast : static_cast<float>(cost)};
    }
    case Strategy::usage:
      return by_usage(facts, state, request, id);
  }
  std::unreachable();
}

// Sorts by one number: candidates of last resort after all others, then tier, score, random number,
// position. 1 + 8 + 28 + 15 + 12 bits. Non-negative floats have the same order as their bits; 28
// bits of them leave a precision of 2^-19.
constexpr unsigned kPositionBits = 12;
constexpr unsigned kTieBits = 15;
constexpr unsigned kScoreBits = 28;
static_assert(kMaxCandidates <= std::size_t{1} << kPositionBits);
static_assert(kMaxTier < 1U << 8 && 1 + 8 + kScoreBits + kTieBits + kPositionBits == 64);

std::uint64_t order_of(bool last, unsigned tier, float score, std::uint64_t lot,
                       std::size_t position) {
  // Without the sign and the three lowest bits of the mantissa.
  const std::uint64_t bits = std::bit_cast<std::uint32_t>(score + 0.0F) >> 3;
  return std::uint64_t{last} << 63 | std::uint64_t{tier} << 55 |
         (bits & ((std::uint64_t{1} << kScoreBits) - 1)) << (kTieBits + kPositionBits) |
         (lot >> (64 - kTieBits)) << kPositionBits | position;
}

class Ranker {
 public:
  Ranker(const CandidateSet& candidates, const RankPolicy& policy, const Request& request,
         const Snapshot& snapshot)
      : candidates_(candidates), policy_(policy), request_(request), snapshot_(snapshot) {}

  void run(Ranking& out) {
    out.ranked.clear();
    out.rejected.clear();
    count_ = 0;
    const auto facts = candidates_.facts();
    const auto size = std::min(facts.size(), snapshot_.size());
    for (CandidateId id = 0; id < size; ++id) consider(id, facts[id], snapshot_[id], out);
    std::sort(orders_.begin(), orders_.begin() + count_);
    scratch_.assign(out.ranked.begin(), out.ranked.end());
    for (std::size_t i = 0; i < count_; ++i)
      out.ranked[i] = scratch_[orders_[i] & (kMaxCandidates - 1)];
    if (!out.ranked.empty()) choose_among_equals(out.ranked);
  }

 private:
  void consider(CandidateId id, const CandidateFacts& facts, const CandidateState& state,
                Ranking& out) {
    auto rejected = reject_for_needs(facts, state, request_, id);
    if (!rejected) rejected = reject_for_state(facts, state, request_, id);
    if (rejected) {
      out.rejected.push_back(*rejected);
      return;
    }
    const auto tier = request_.tier_of(id, facts);
    const auto strategy = policy_.strategy_of(tier);
    auto ranked = score(strategy, policy_, facts, state, request_, id);
    bool last = false;
    if (state.availability == Availability::probe) {
      ranked.reason = Reason::probe;
      ranked.number = 0;
    } else if (held_back_by_ramp(state, request_, id)) {
      last = true;
      ranked.reason = Reason::ramping;
      ranked.number = state.share;
    } else if (is_full(facts.limits, state)) {
      last = true;
      ranked.reason = Reason::full;
      ranked.number = state.calls;
    }
    orders_[count_++] =
        order_of(last, tier, ranked.score, draw_at(request_.seed ^ kTie, id), out.ranked.size());
    out.ranked.push_back(ranked);
  }

  // `latency`: draws two candidates that are about as fast as the fastest, and takes the faster
  // one. Many lanes with the same knowledge therefore do not all choose the same candidate. From
  // time to time another one is tried, to learn its speed.
  void choose_among_equals(std::vector<Ranked>& ranked) const {
    const auto tier = tier_of(ranked.front());
    if (policy_.strategy_of(tier) != Strategy::latency || is_last(0)) return;
    std::uint32_t peers = 1;
    while (peers < count_ && !is_last(peers) && tier_of(ranked[peers]) == tier) ++peers;
    if (peers < 2) return;
    Random random(request_.seed ^ kChoice);
    if (policy_.explore_one_in > 0 && random.below(policy_.explore_one_in) == 0) {
      const auto other = 1 + random.below(peers - 1);
      if (ranked[other].reason == Reason::latency) ranked[other].reason = Reason::explore;
      return to_front(ranked, other);
    }
    const double limit = ranked.front().score * policy_.equals;
    const auto slower = std::find_if(ranked.begin(), ranked.begin() + peers,
                                     [&](const Ranked& r) { return r.score > limit; });
    const auto equals = static_cast<std::uint32_t>(slower - ranked.begin());
    if (equals < 2) return;
    const auto one = random.below(equals);
    const auto two = (one + 1 + random.below(equals - 1)) % equals;
    to_front(ranked, std::min(one, two));
  }

  static void to_front(std::vector<Ranked>& ranked, std::uint32_t position) {
    std::rotate(ranked.begin(), ranked.begin() + position, ranked.begin() + position + 1);
  }
  bool is_last(std::size_t position) const { return orders_[position] >> 63 != 0; }
  unsigned tier_of(const Ranked& r) const {
    return request_.tier_of(r.candidate, candidates_.facts(r.candidate));
  }

  const CandidateSet& candidates_;
  const RankPolicy& policy_;
  const Request& request_;
  const Snapshot& snapshot_;
  std::size_t count_ = 0;
  std::vector<std::uint64_t> orders_ = std::vector<std::uint64_t>(snapshot_.size());
  std::vector<Ranked> scratch_;
};

}  // namespace

Strategy RankPolicy::strategy_of(unsigned tier) const {
  for (const auto& own : tiers) {
    if (own.tier == tier) return own.strategy;
  }
  return strategy;
}

void rank(const CandidateSet& candidates, const RankPolicy& policy, const Request& request,
          const Snapshot& snapshot, Ranking& out) {
  Ranker(candidates, policy, request, snapshot).run(out);
}

}  // namespace gvm::routing
