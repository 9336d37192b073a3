#pragma once
// Which candidates a prompt may go to, best first, and why; which not, and why not. A pure function
// of candidates, policy, request and snapshot: the same four give the same ranking.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/candidate.h"
#include "routing/snapshot.h"

namespace gvm::routing {

enum class Strategy : std::uint8_t {
  priority,    // the order of the candidates
  weighted,    // by lot, in proportion to their weights
  least_busy,  // fewest calls in flight, divided by the weight
  latency,     // power of two choices over peak EWMA, among those about as fast as the fastest
  cheapest,    // lowest worst case of cost
  usage,       // furthest from its limits in requests and tokens per minute
};
std::string_view name_of(Strategy strategy);
std::optional<Strategy> parse_strategy(std::string_view name);

struct TierStrategy {
  unsigned tier = 0;
  Strategy strategy = Strategy::priority;
};

struct RankPolicy {
  Strategy strategy = Strategy::priority;  // within each tier
  std::vector<TierStrategy> tiers;         // tiers that have one of their own
  // `latency`: those within this factor of the fastest are equals, two of which are drawn.
  double equals = 1.25;
  // `latency`: one request of so many tries another than the fastest; 0: none. A seed decides.
  std::uint32_t explore_one_in = 256;
  // `latency`: calls at once at which a candidate without a limit is taken to be twice as slow.
  std::uint32_t parallel_calls = 32;
  microseconds assumed_latency{1'000'000};  // `latency`: of a candidate at its first call

  Strategy strategy_of(unsigned tier) const;
};

enum class Reason : std::uint8_t {  // the number that goes with it
  priority,                         // position
  weight,                           // its weight, in thousandths
  busy,                             // calls in flight
  latency,                          // microseconds
  explore,                          // microseconds; first although not the fastest
  cost,                             // nano-USD; -1: unknown
  usage,                            // of its tightest limit, in thousandths
  probe,                            // first call after a failure; 0
  ramping,                          // its share of traffic in thousandths; after all others
  full,                             // calls in flight, at its limit; after all others
};
std::string_view name_of(Reason reason);

enum class Rejection : std::uint8_t {  // the number that goes with it
  excluded,                            // 0
  no_json,                             // 0
  no_image,                            // 0
  context_too_short,                   // tokens it takes
  learned_no_json,                     // 0
  learned_no_image,                    // 0
  too_expensive,                       // nano-USD
  cooling,                             // milliseconds until it recovers
  open,                                // milliseconds until it may be probed
  key_open,                            // milliseconds
  endpoint_open,                       // milliseconds
  requests_full,                       // requests of the last minute
  tokens_full,                         // tokens of the last minute
};
std::string_view name_of(Rejection rejection);
// It passes with time alone, so waiting for it makes sense.
bool is_temporary(Rejection rejection);

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
