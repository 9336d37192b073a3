#pragma once
// Orders the candidates that a prompt may go to, best first, each with a reason; lists the others
// with the reason against them. A pure function of candidates, policy, request and snapshot: the
// same four give the same ranking.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/candidate.h"
#include "routing/snapshot.h"

namespace gvm::routing {

enum class Strategy : std::uint8_t {
  priority,    // the order of the candidates
  weighted,    // at random, in proportion to their weights
  least_busy,  // fewest calls in flight, divided by the weight
  latency,     // power of two choices over peak EWMA, among those about as fast as the fastest
  cheapest,    // lowest worst case of cost
  usage,       // the largest part of its limits per minute (requests and tokens) is unused
};
std::string_view name_of(Strategy strategy);
std::optional<Strategy> parse_strategy(std::string_view name);

struct TierStrategy {
  unsigned tier = 0;
  Strategy strategy = Strategy::priority;
};

struct RankPolicy {
  Strategy strategy = Strategy::priority;  // within each tier
  std::vector<TierStrategy> tiers;         // tiers with a strategy of their own
  // `latency`: candidates within this factor of the fastest count as equal; two of them are drawn.
  double equals = 1.25;
  // `latency`: one in so many requests tries a candidate other than the fastest; 0: none. The seed
  // decides.
  std::uint32_t explore_one_in = 256;
  // `latency`: the number of calls at once at which a candidate without a limit is assumed to be
  // twice as slow.
  std::uint32_t parallel_calls = 32;
  microseconds assumed_latency{1'000'000};  // `latency`: of a candidate without calls so far

  Strategy strategy_of(unsigned tier) const;
};

enum class Reason : std::uint8_t {  // the number that is recorded with the reason
  priority,                         // position
  weight,                           // its weight, in thousandths
  busy,                             // calls in flight
  latency,                          // microseconds
  explore,                          // microseconds; ranked first although it is not the fastest
  cost,                             // nano-USD; -1: unknown
  usage,                            // share of its tightest limit in use, in thousandths
  probe,                            // first call after a failure; 0
  ramping,                          // its share of traffic in thousandths; after all others
  full,                             // calls in flight, at its limit; after all others
};
std::string_view name_of(Reason reason);

enum class Rejection : std::uint8_t {  // the number that is recorded with the rejection
  excluded,                            // 0
  no_json,                             // 0
  no_image,                            // 0
  context_too_short,                   // tokens it takes
  learned_no_json,                     // 0
  learned_no_image,                    // 0
  too_expensive,                       // nano-USD
  data_no_images,                      // 0, as the next three: a data rule of the operator
  data_no_personal_data,
  data_regions,
  data_zero_retention,
  asked_regions,  // 0, as the next one: what the caller demands for this prompt
  asked_zero_retention,
  cooling,        // milliseconds until it recovers
  open,           // milliseconds until it may be probed
  key_open,       // milliseconds
  endpoint_open,  // milliseconds
  requests_full,  // requests of the last minute
  tokens_full,    // tokens of the last minute
};
std::string_view name_of(Rejection rejection);
// True when the reason disappears with time alone, so that waiting makes sense.
bool is_temporary(Rejection rejection);
// True when a data rule, or a demand of the caller's, speaks against the candidate, whoever chose
// it.
bool is_data_rule(Rejection rejection);

struct Ranked {
  CandidateId candidate;
  Reason reason;
  std::int64_t number;
  float score;  // lower is better; comparable within a tier only
};
struct Rejected {
  CandidateId candidate;
  Rejection reason;
  std::int64_t number;
};
struct Ranking {
  std::vector<Ranked> ranked;
  std::vector<Rejected> rejected;
};

std::string to_text(const Ranked& ranked);      // "latency 12034"
std::string to_text(const Rejected& rejected);  // "cooling 1500"

// `out` is overwritten; reusing it saves the allocations. `snapshot` must be of these candidates.
void rank(const CandidateSet& candidates, const RankPolicy& policy, const Request& request,
          const Snapshot& snapshot, Ranking& out);

}  // namespace gvm::routing
